"""Protecting an entry of the registry, for the secretariat and for officers: what it does, what it cannot reach, and doing it."""

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, is_allowed, needs
from consult.accounts.rules import Act
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.http import see_other
from consult.core.refusals import Refused
from consult.custody.queries import list_serving
from consult.privacy import operations_protecting as operations
from consult.privacy.forms_protecting import ProtectForm
from consult.privacy.sought import entries_alike
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.queries import find_stakeholder

bp = Blueprint("protecting_staff", __name__, url_prefix="/staff/stakeholders")


@bp.route("/<ref>/protect/", methods=["GET", "POST"])
@needs(Act.PROTECT_ENTRIES)
def protect_entry(ref: str) -> ResponseReturnValue:
    """What protecting does, and doing it. 303 to the work that clears the disk; 404, 409, 422."""
    form = ProtectForm()
    with writing() if request.method == "POST" else reading() as db:
        entry = find_stakeholder(db, ref) or abort(404)
        officers = len(list_serving(db))
        if request.method == "GET":
            return _page(db, entry, form, officers, None)
        try:
            with db.begin_nested():
                _entry, task = operations.protect_entry(
                    db, entry, is_sure=form.is_sure.data, next_url=_after(), by=current_staff(), now=clock.now()
                )
        except Refused as problem:
            return _page(db, entry, form, officers, problem), problem.status
    return see_other(url_for("jobs_staff.show_task", ref=task.ref))


def _after() -> str:
    """Where it goes on: not to the entry, whose new code nobody need see beside its old name."""
    registry = is_allowed(Act.MANAGE_STAKEHOLDERS)
    return url_for("stakeholders_staff.list_stakeholders" if registry else "site_staff.today")


def _page(db: Session, entry: Stakeholder, form: ProtectForm, officers: int, refused: Refused | None) -> str:
    others = [] if entry.is_protected else entries_alike(db, entry)
    return render_template(
        "privacy/protect_entry.html", entry=entry, form=form, officers=officers, others=others, refused=refused
    )
