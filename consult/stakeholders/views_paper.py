"""Noting what somebody said on paper of the public directory, for staff."""

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.http import see_other
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused
from consult.stakeholders import operations_directory as operations
from consult.stakeholders import queries
from consult.stakeholders.forms_directory import PaperForm
from consult.stakeholders.rules import check_change_stakeholder

bp = Blueprint("paper_staff", __name__, url_prefix="/staff/stakeholders/<ref>/directory")


@bp.route("/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
@keeps_words
def note_directory(ref: str) -> ResponseReturnValue:
    """Note a yes on paper, or a no. 303 to the entry; 404, 409, 422 with what was typed."""
    with writing() if request.method == "POST" else reading() as db:
        entry = queries.find_stakeholder(db, ref) or abort(404)
        check_change_stakeholder(entry)
        form = PaperForm()
        shown = {"form": form, "stakeholder": entry}
        if request.method == "GET":
            return render_template("stakeholders/note_directory.html", **shown, refused=None)
        if not form.validate():
            return render_template("stakeholders/note_directory.html", **shown, refused=None), 422
        try:
            with db.begin_nested():
                operations.note_directory(db, entry, form.to_answer(), by=current_staff(), now=clock.now())
        except Refused as problem:
            return render_template("stakeholders/note_directory.html", **shown, refused=problem), problem.status
    return see_other(url_for("registry_staff.show_stakeholder", ref=ref))
