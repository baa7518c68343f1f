"""The registry as a file, for staff: asked for, written by the worker, downloaded by whoever asked."""

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.files import store
from consult.core.http import see_other
from consult.jobs import operations as tasks
from consult.jobs.models import Task
from consult.jobs.queries import find_task
from consult.stakeholders.export import TYPES
from consult.stakeholders.forms import ExportForm
from consult.stakeholders.jobs import EXPORT

bp = Blueprint("export_staff", __name__, url_prefix="/staff/stakeholders/export")


@bp.route("/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
def export_registry() -> ResponseReturnValue:
    """Let the worker write the registry into a file. 303 to the status page; 422."""
    form = ExportForm()
    if request.method == "GET":
        return render_template("stakeholders/export_registry.html", form=form)
    if not form.validate():
        return render_template("stakeholders/export_registry.html", form=form), 422
    with writing() as db:
        task = tasks.start_task(
            db, EXPORT, owner=current_staff().actor, subject=f"export:{form.kind.data}", next_url="", now=clock.now()
        )
        task.next_url = url_for(".show_export", ref=task.ref)
    return see_other(url_for("jobs_staff.show_task", ref=task.ref))


@bp.get("/<ref>/")
@needs(Act.MANAGE_STAKEHOLDERS)
def show_export(ref: str) -> ResponseReturnValue:
    """A file that is ready. 404 for another's, and for one that is not written or has gone."""
    with reading() as db:
        return render_template("stakeholders/show_export.html", task=_task_or_404(db, ref))


@bp.get("/<ref>/file/")
@needs(Act.MANAGE_STAKEHOLDERS)
def download_export(ref: str) -> ResponseReturnValue:
    """The file. 404 like its page."""
    with reading() as db:
        task = _task_or_404(db, ref)
    kind = task.subject.removeprefix("export:")
    headers = {"Content-Disposition": f'attachment; filename="registry-{task.created_at:%Y-%m-%d}.{kind}"'}
    return Response(store().read(task.result_key or ""), mimetype=TYPES[kind], headers=headers)


def _task_or_404(db: Session, ref: str) -> Task:
    task = find_task(db, ref, current_staff().actor)
    return task if task is not None and task.kind == EXPORT and task.result_key else abort(404)
