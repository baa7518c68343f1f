"""Seats of institutions: appointing a holder, handing over, ending; and what their days bring, when they come."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from consult.audit import record
from consult.audit.operations import Actor
from consult.core.days import day_of
from consult.core.db import lock, refusing
from consult.stakeholders import queries_seats, rules_seats
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.models_seats import HELD_BY_ONE, Seat, SeatRole, SeatState
from consult.stakeholders.operations_duty import settle_duty
from consult.stakeholders.queries_doubles import ids_as_one

TAKEN = {
    "uq_seat_one_holder": rules_seats.SeatTaken,
    "terms_of_a_seat_never_meet": rules_seats.SeatTaken,
    "uq_seat_held_once": rules_seats.HoldsAlready,
    "terms_of_a_holder_never_meet": rules_seats.HoldsAlready,
    "seat_held_by_a_person": rules_seats.HolderNoPerson,
    "seat_of_an_organisation": rules_seats.SeatOfAPerson,
    "ended_seat_never_changes": rules_seats.SeatOver,
}


@dataclass(frozen=True, slots=True)
class Appointment:
    """Who holds a seat from a day, until a day (None = without an end), and who appointed them."""

    holder: Stakeholder
    since: date
    appointed_by: str
    until: date | None = None


def appoint_seat(
    db: Session, institution: Stakeholder, role: SeatRole, made: Appointment, *, by: Actor, now: datetime
) -> Seat:
    """Let a person hold a seat of an institution from a day, which may lie ahead.

    The office is a reason to write to them while they hold it; a consent of theirs stays as it is.
    Returns the seat (number = 1, 2, ... within the institution).  Raises what check_appoint_seat raises.
    Records ``seat.appointed`` (stakeholder ref, number, role, holder ref).
    """
    before = queries_seats.last_holder(db, institution.id, role, made.since) if role in HELD_BY_ONE else None
    seat = _begin(db, institution, role, made, follows=before, by=by, now=now)
    record(
        db, "seat.appointed", by=by, stakeholder=institution.ref, number=seat.number, role=role.value,
        holder=made.holder.ref,
    )  # fmt: skip
    return seat


def hand_over(
    db: Session, institution: Stakeholder, seat: Seat, made: Appointment, *, by: Actor, now: datetime
) -> Seat:
    """End a seat for whoever holds it, and let a successor hold it from the same day: both or neither.

    Consent does not pass on: the successor is written to for the office, and for news only with a consent of their own.
    Returns the successor's seat.  Raises what end_seat and appoint_seat raise.
    Records ``seat.handed_over`` (stakeholder ref, number of the old one, number of the new one, role, holder ref).
    """
    lock(db, institution)
    until = made.since if seat.until is None else min(seat.until, made.since)
    _end(db, seat, until, by=by, now=now)
    successor = _begin(db, institution, seat.role, made, follows=seat, by=by, now=now)
    record(
        db, "seat.handed_over", by=by, stakeholder=institution.ref, number=seat.number, successor=successor.number,
        role=seat.role.value, holder=made.holder.ref,
    )  # fmt: skip
    return successor


def end_seat(db: Session, institution: Stakeholder, seat: Seat, until: date, *, by: Actor, now: datetime) -> None:
    """End a seat without a successor, on a day that may lie ahead.

    With the last seat ends the reason to write that an office was; a consent of theirs stays.
    Raises what check_end_seat raises, SeatTaken where a successor begins before, HoldsAlready where they do so themselves.
    Records ``seat.ended`` (stakeholder ref, number, role).
    """
    lock(db, institution)
    _end(db, seat, until, by=by, now=now)
    record(db, "seat.ended", by=by, stakeholder=institution.ref, number=seat.number, role=seat.role.value)


def _begin(
    db: Session,
    institution: Stakeholder,
    role: SeatRole,
    made: Appointment,
    *,
    follows: Seat | None,
    by: Actor,
    now: datetime,
) -> Seat:
    lock(db, institution)
    lock(db, made.holder)
    holders = None if role in HELD_BY_ONE else ids_as_one(db, made.holder)  # of one among several only their own terms
    meets = queries_seats.find_meeting(db, institution.id, role, made.since, made.until, holders=holders)
    rules_seats.check_appoint_seat(institution, made.holder, role, made.since, until=made.until, meets=meets)
    newest = db.scalar(select(func.max(Seat.number)).where(Seat.institution_id == institution.id)) or 0
    seat = Seat(
        institution_id=institution.id, number=newest + 1, role=role, holder_id=made.holder.id, since=made.since,
        until=made.until, state=SeatState.COMING, follows_id=follows.id if follows else None,
        appointed_by=made.appointed_by,
    )  # fmt: skip
    with refusing(db, TAKEN):
        db.add(seat)
    turn_seat(db, seat, by=by, now=now)
    return seat


def _end(db: Session, seat: Seat, until: date, *, by: Actor, now: datetime) -> None:
    lock(db, seat)
    rules_seats.check_end_seat(seat, until)
    seat.until = until
    with refusing(db, TAKEN):
        pass
    turn_seat(db, seat, by=by, now=now)


def turn_seat(db: Session, seat: Seat, *, by: Actor, now: datetime) -> bool:
    """Let a seat begin or end whose day has come where the mechanism works; duty follows. Returns whether its holder began now.

    Raises HoldsAlready, SeatTaken.  Records nothing: it was recorded when somebody wrote the day down.
    """
    today = day_of(now)
    before = seat.state
    if seat.until is not None and (seat.until <= today or seat.until == seat.since):  # the latter will never begin
        seat.state, seat.over_at = SeatState.OVER, now
    elif seat.state is SeatState.COMING and seat.since <= today:
        seat.state = SeatState.HELD
    if seat.state is before:
        return False
    with refusing(db, TAKEN):
        pass
    settle_duty(db, db.get_one(Stakeholder, seat.holder_id), by=by, now=now)
    return seat.state is SeatState.HELD


def find_due(db: Session, *, now: datetime) -> list[Seat]:
    """The seats whose day has come and of which nothing was done about it: those that end before those that begin."""
    today = day_of(now)
    ends, begins = Seat.until <= today, (Seat.state == SeatState.COMING) & (Seat.since <= today)
    query = select(Seat).where(Seat.state != SeatState.OVER, or_(ends, begins))
    return list(db.scalars(query.order_by(Seat.until.is_(None), Seat.until, Seat.id)))
