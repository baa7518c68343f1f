"""Whom the focal point of an institution names, on the page of their own entry; and the decision, on the pages of requests."""

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.consultations import operations_proposals as operations
from consult.consultations import queries_proposals as queries
from consult.consultations import rules_proposals as rules
from consult.consultations.forms_proposals import ProposeForm
from consult.consultations.views_declared import bp
from consult.consultations.views_entry import entry_page, find_open
from consult.consultations.views_requests_staff import bp as staff_bp
from consult.core import clock
from consult.core.db import writing
from consult.core.http import see_other
from consult.core.refusals import Refused
from consult.stakeholders.queries import find_stakeholder

__all__ = ["bp", "staff_bp"]


@bp.post("/proposals/<ref>/")
def propose_colleague(ref: str, slug: str = "") -> ResponseReturnValue:
    """Name an alternate or colleague of an institution. 303 to the entry; 403, 404, 409, 422 with what was typed."""
    form = ProposeForm()
    with writing() as db:
        mine = find_open(db, slug)
        institution = find_stakeholder(db, ref) or abort(404)
        if institution.id not in {one.id for one in queries.institutions_of(db, mine.entry)}:
            raise rules.NotTheFocalPoint
        if not form.validate():
            return entry_page(db, mine, form), 422
        try:
            with db.begin_nested():
                operations.propose_colleague(db, mine.entry, institution, form.to_named(), now=clock.now())
        except Refused as problem:
            return entry_page(db, mine, form, problem), problem.status
    return see_other(mine.address("show_entry", said="kept"))


@staff_bp.post("/proposals/<int:number>/")
@needs(Act.MANAGE_STAKEHOLDERS)
def decide_proposal(number: int) -> ResponseReturnValue:
    """Take somebody who was named, or not. 303 to the institution; 409, 422."""
    decision = request.form.get("decision", "")
    if decision not in ("take", "keep"):
        abort(422)
    with writing() as db:
        found = queries.find_proposal(db, number)
        if found is None:
            raise rules.ProposalDecided
        takes = decision == "take"
        institution = operations.decide_proposal(db, found, takes=takes, by=current_staff(), now=clock.now())
    return see_other(url_for("registry_staff.show_stakeholder", ref=institution.ref))
