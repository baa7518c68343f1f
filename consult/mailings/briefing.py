"""What the holder of a seat should know, for one page: what is open, what came with the seat, and what came before."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.audit.queries import list_about
from consult.consultations import doors
from consult.consultations.models import Consultation, Participant
from consult.core.texts import Texts
from consult.mailings.queries_succession import invited_for
from consult.mailings.timeline import list_open, read_timeline
from consult.stakeholders import queries, queries_seats
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.models_seats import Seat, SeatState
from consult.stakeholders.queries_doubles import ids_as_one, whole_of
from consult.stakeholders.queries_seats import Held

ENGAGED = ("invitation", "reminder", "outreach", "participation")  # outreach: by letter, call or visit
MOST = 20  # things that came before
LOOKED_AT = 1_000  # of the journal


class Taken(NamedTuple):
    """A consultation in which the successor takes the seat's place; whether they asked for no mail about it."""

    title: Texts
    says_no: bool


def read_briefing(db: Session, institution: Stakeholder, number: int, *, now: datetime) -> dict[str, Any] | None:
    """The values of the page; None where the institution has no such seat."""
    made, institution = institution, whole_of(db, institution)
    seats = queries_seats.list_seats(db, institution.id)
    seat = next((one for one in seats if (one.institution_ref, one.number) == (made.ref, number)), None)
    if seat is None:
        return None
    former = _former(seats, seat)
    person = queries.find_stakeholder(db, former.holder_ref) if former else None
    ids = [*ids_as_one(db, institution), *(ids_as_one(db, person) if person else [])]
    history = [one for one in read_timeline(db, ids) if one.what in ENGAGED]
    before = db.get(Seat, former.id) if former and seat.state is SeatState.COMING else None
    return {
        "institution": institution,
        "seat": seat,
        "former": former,
        "open": list_open(db, ids, now=now),
        "history": history[:MOST],
        "taken": _taken(db, made, seat),
        "coming": [one.title for one in invited_for(db, before)] if before else [],
        "others": [one for one in seats if one.state is SeatState.HELD and one.id != seat.id],
    }


def _former(seats: list[Held], seat: Held) -> Held | None:
    """Whom the holder followed; of seats that were filled before anybody wrote that down, who held the role last."""
    named = next((one for one in seats if one.id == seat.follows_id), None)
    before = [
        one for one in seats if one.role is seat.role and one.until and one.until <= seat.since and one.id != seat.id
    ]
    return named or max(before, key=lambda one: (one.until, one.number), default=None)


def _taken(db: Session, institution: Stakeholder, seat: Held) -> list[Taken]:
    """What the journal says came with the seat, as it stands now."""
    holder = queries.find_stakeholder(db, seat.holder_ref)
    told = list_about(db, "stakeholder", [institution.ref], limit=LOOKED_AT)
    slugs = [
        one.codes["consultation"]
        for one in told
        if one.event == "seat.taken_over" and one.codes["number"] == seat.number
    ]
    if holder is None or not slugs:
        return []
    query = select(Consultation, Participant).join(Participant, Participant.consultation_id == Consultation.id)
    query = query.where(Consultation.slug.in_(slugs), Participant.stakeholder_id.in_(ids_as_one(db, holder)))
    rows = db.execute(query.order_by(Consultation.id)).all()
    return [Taken(one.title, bool(holder.email) and doors.mail_address(db, who) is None) for one, who in rows]
