"""Seats of institutions: appointing a holder, handing over, ending."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.audit import record
from consult.audit.operations import Actor
from consult.core.db import lock, refusing
from consult.stakeholders import rules
from consult.stakeholders.models import Basis, Consent, Purpose, Seat, SeatRole, Stakeholder
from consult.stakeholders.operations import Told, note_consent

TAKEN = {
    "uq_seat_one_holder": rules.SeatTaken,
    "uq_seat_held_once": rules.HoldsAlready,
    "seat_held_by_a_person": rules.HolderNoPerson,
    "seat_of_an_organisation": rules.SeatOfAPerson,
}
SEAT = Told("seat")


@dataclass(frozen=True, slots=True)
class Appointment:
    """Who holds a seat from a day, and who appointed them."""

    holder: Stakeholder
    since: date
    appointed_by: str


def appoint_seat(
    db: Session, institution: Stakeholder, role: SeatRole, made: Appointment, *, by: Actor, now: datetime
) -> Seat:
    """Let a person hold a seat of an institution from a day.

    The office is a reason to write to them; a consent of theirs stays as it is.
    Returns the seat (number = 1, 2, ... within the institution).  Raises what check_appoint_seat raises, SeatTaken, HoldsAlready.
    Records ``seat.appointed`` (stakeholder ref, number, role, holder ref).
    """
    seat = _begin(db, institution, role, made, by=by, now=now)
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
    _end(db, institution, seat, made.since, by=by, now=now)
    successor = _begin(db, institution, seat.role, made, by=by, now=now)
    record(
        db, "seat.handed_over", by=by, stakeholder=institution.ref, number=seat.number, successor=successor.number,
        role=seat.role.value, holder=made.holder.ref,
    )  # fmt: skip
    return successor


def end_seat(db: Session, institution: Stakeholder, seat: Seat, until: date, *, by: Actor, now: datetime) -> None:
    """End a seat without a successor.

    With the last seat ends the reason to write that an office was; a consent of theirs stays.
    Raises what check_end_seat raises.  Records ``seat.ended`` (stakeholder ref, number, role).
    """
    _end(db, institution, seat, until, by=by, now=now)
    record(db, "seat.ended", by=by, stakeholder=institution.ref, number=seat.number, role=seat.role.value)


def _begin(
    db: Session, institution: Stakeholder, role: SeatRole, made: Appointment, *, by: Actor, now: datetime
) -> Seat:
    lock(db, institution)
    lock(db, made.holder)
    last = db.scalar(select(func.max(Seat.until)).where(Seat.institution_id == institution.id, Seat.role == role))
    rules.check_appoint_seat(institution, made.holder, role, made.since, last_until=last, now=now)
    newest = db.scalar(select(func.max(Seat.number)).where(Seat.institution_id == institution.id)) or 0
    seat = Seat(
        institution_id=institution.id, number=newest + 1, role=role, holder_id=made.holder.id, since=made.since,
        until=None, appointed_by=made.appointed_by,
    )  # fmt: skip
    with refusing(db, TAKEN):
        db.add(seat)
    holder = made.holder
    is_reachable = holder.email or holder.postal_address or holder.phone
    if holder.basis is Basis.NONE and holder.left_at is None and not holder.has_left and is_reachable:
        holder.basis, holder.updated_at = Basis.DUTY, now
        note_consent(db, holder, SEAT, by=by, now=now)
        db.flush()
    return seat


def _end(db: Session, institution: Stakeholder, seat: Seat, until: date, *, by: Actor, now: datetime) -> None:
    lock(db, institution)
    lock(db, seat)
    rules.check_end_seat(seat, until, now=now)
    seat.until = until
    db.flush()
    holder = lock(db, db.get_one(Stakeholder, seat.holder_id))
    held = db.scalar(select(func.count()).where(Seat.holder_id == holder.id, Seat.until.is_(None)))
    official = Consent.purpose == Purpose.CONSULTATIONS
    newest = (
        select(Consent.how).where(Consent.stakeholder_id == holder.id, official).order_by(Consent.id.desc()).limit(1)
    )
    if not held and holder.basis is Basis.DUTY and db.scalar(newest) == SEAT.how:
        holder.basis, holder.updated_at = Basis.NONE, now
        note_consent(db, holder, SEAT, by=by, now=now)
        db.flush()
