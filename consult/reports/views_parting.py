"""Undoing the merging of two entries, for staff. The address belongs to the registry; it stands here because answers are told then."""

from flask import abort, url_for
from flask.typing import ResponseReturnValue

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.core import clock
from consult.core.db import writing
from consult.core.http import see_other
from consult.reports import operations_parting as operations
from consult.stakeholders import queries
from consult.stakeholders.views_merging import bp as bp


@bp.post("/<ref>/undo-merge/")
@needs(Act.MANAGE_STAKEHOLDERS)
def undo_merge(ref: str) -> ResponseReturnValue:
    """Let a merged entry stand for itself again. 303 to it; 404, 409."""
    with writing() as db:
        gone = queries.find_stakeholder(db, ref) or abort(404)
        operations.undo_merge(db, gone, by=current_staff(), now=clock.now())
    return see_other(url_for("registry_staff.show_stakeholder", ref=ref))
