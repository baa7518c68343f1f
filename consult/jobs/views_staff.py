"""The status page of a Task. It stands below accounts in the order of imports, so it asks Flask-Login alone who is there."""

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from consult.core.db import reading
from consult.jobs.queries import find_task

bp = Blueprint("jobs_staff", __name__, url_prefix="/staff/tasks")


@bp.get("/<ref>/")
@login_required
def show_task(ref: str) -> ResponseReturnValue:
    """How far a Task of one's own is, with a Refresh link. 404 for another's."""
    with reading() as db:
        task = find_task(db, ref, current_user.actor) or abort(404)
        return render_template("jobs/show_task.html", task=task)
