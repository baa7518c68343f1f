"""Appointing somebody to a seat, and handing one over with the consultations that go on."""

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.consultations.views_composition import bp
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.http import see_other
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused
from consult.mailings import operations_succession as operations
from consult.mailings.queries_succession import invited_for
from consult.stakeholders import queries
from consult.stakeholders.forms import SeatForm
from consult.stakeholders.forms_seats import HandOverForm
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.models_seats import Seat, SeatRole
from consult.stakeholders.queries_doubles import whole_of
from consult.stakeholders.views_seats import appointment, held, seat_or_404
from consult.stakeholders.words_seats import SEAT_NAMES

__all__ = ["bp"]


@bp.route("/<ref>/seats/new/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
@keeps_words
def appoint_seat(ref: str) -> ResponseReturnValue:
    """Appoint somebody to a seat. 303 to the institution; 404, 409 or 422 with what was typed."""
    form = SeatForm()
    with writing() if request.method == "POST" else reading() as db:
        institution = queries.find_stakeholder(db, ref) or abort(404)
        shown = {"form": form, "institution": institution}
        if request.method == "GET":
            return render_template("stakeholders/appoint_seat.html", **shown, refused=None)
        if not form.validate():
            return render_template("stakeholders/appoint_seat.html", **shown, refused=None), 422
        try:
            with db.begin_nested():
                made = appointment(db, form)
                role = SeatRole(form.role.data)
                operations.appoint_seat(db, institution, role, made, by=current_staff(), now=clock.now())
        except Refused as problem:
            return render_template("stakeholders/appoint_seat.html", **shown, refused=problem), problem.status
    return see_other(url_for("registry_staff.show_stakeholder", ref=ref))


@bp.route("/<ref>/seats/<int:number>/hand-over/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
@keeps_words
def hand_over(ref: str, number: int) -> ResponseReturnValue:
    """Hand a seat over. 303 to the successor's briefing; 404, 409 or 422 with what was typed."""
    form = HandOverForm()
    with writing() if request.method == "POST" else reading() as db:
        institution, seat = seat_or_404(db, ref, number)
        to = whole_of(db, institution)
        shown = {"form": form, **_handed(db, to, seat)}
        if request.method == "GET":
            return render_template("stakeholders/hand_over.html", **shown, refused=None)
        if not form.validate():
            return render_template("stakeholders/hand_over.html", **shown, refused=None), 422
        try:
            with db.begin_nested():
                made = appointment(db, form)
                new = operations.hand_over(db, to, seat, made, by=current_staff(), now=clock.now())
        except Refused as problem:
            return render_template("stakeholders/hand_over.html", **shown, refused=problem), problem.status
    return see_other(url_for("registry_staff.brief_successor", ref=to.ref, number=new.number))


def _handed(db: Session, institution: Stakeholder, seat: Seat) -> dict[str, object]:
    """What the page shows: of an institution that was merged the one that holds gets the successor."""
    titles = [one.title for one in invited_for(db, seat)]
    return {"institution": institution, "seat": held(db, seat), "seat_names": SEAT_NAMES, "titles": titles}
