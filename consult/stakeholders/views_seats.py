"""Seats of institutions, for staff: ending one, and what the pages of appointing and handing over share."""

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.http import see_other
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused
from consult.stakeholders import operations_seats as operations
from consult.stakeholders import queries, queries_seats, rules_seats
from consult.stakeholders.forms import EndSeatForm, HolderForm
from consult.stakeholders.models import Stakeholder, StakeholderKind
from consult.stakeholders.models_seats import Seat
from consult.stakeholders.operations_seats import Appointment
from consult.stakeholders.views_choosing import entry_meant
from consult.stakeholders.words_seats import SEAT_NAMES

bp = Blueprint("seats_staff", __name__, url_prefix="/staff/stakeholders")


@bp.route("/<ref>/seats/<int:number>/end/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
@keeps_words
def end_seat(ref: str, number: int) -> ResponseReturnValue:
    """End a seat without a successor. 303 to the institution; 404, 409 or 422 with what was typed."""
    form = EndSeatForm()
    with writing() if request.method == "POST" else reading() as db:
        institution, seat = seat_or_404(db, ref, number)
        shown = {"form": form, "institution": institution, "seat": held(db, seat), "seat_names": SEAT_NAMES}
        if request.method == "GET":
            return render_template("stakeholders/end_seat.html", **shown, refused=None)
        if not form.validate():
            return render_template("stakeholders/end_seat.html", **shown, refused=None), 422
        try:
            operations.end_seat(db, institution, seat, form.until.day, by=current_staff(), now=clock.now())
        except Refused as problem:
            return render_template("stakeholders/end_seat.html", **shown, refused=problem), problem.status
    return see_other(url_for("registry_staff.show_stakeholder", ref=ref))


def appointment(db: Session, form: HolderForm) -> Appointment:
    """What was typed or chosen, of a person of the registry. Raises HolderUnknown, and what entry_meant raises."""
    holder = entry_meant(db, form, form.person.data, unknown=rules_seats.HolderUnknown, kind=StakeholderKind.PERSON)
    return Appointment(holder, form.since.day, form.appointed_by.data, form.ends)


def seat_or_404(db: Session, ref: str, number: int) -> tuple[Stakeholder, Seat]:
    """An institution and one of its seats."""
    institution = queries.find_stakeholder(db, ref) or abort(404)
    return institution, queries_seats.find_seat(db, institution.id, number) or abort(404)


def held(db: Session, seat: Seat) -> queries_seats.Held:
    """A seat with its holder, as the pages name them."""
    return next(one for one in queries_seats.list_seats(db, seat.institution_id) if one.id == seat.id)
