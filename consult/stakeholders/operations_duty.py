"""Duty follows the seat: whoever holds one is written to officially, and no longer when the last one is over."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.audit.operations import Actor
from consult.core.db import lock
from consult.stakeholders.models import Basis, Consent, Purpose, Stakeholder
from consult.stakeholders.models_seats import Seat, SeatState
from consult.stakeholders.operations import Told, note_consent
from consult.stakeholders.queries_doubles import whole_of
from consult.stakeholders.queries_seats import holds_seat

SEAT = Told("seat")


class Calendar:
    """What the days bring by themselves, as the one who acts."""

    actor = "system"


CALENDAR = Calendar()


def settle_duty(db: Session, holder: Stakeholder, *, by: Actor, now: datetime) -> None:
    """Let an entry be written to for its seats, if it holds one, can be reached and has not left; a consent stays as it is.

    Of one that was merged the entry that holds. An office that was chosen in a form is none of ours. Records nothing.
    """
    entry = lock(db, whole_of(db, holder))
    holds, basis = holds_seat(db, entry.id), entry.basis
    is_reachable = bool(entry.email or entry.postal_address or entry.phone)
    if holds and basis is Basis.NONE and is_reachable and entry.left_at is None and not entry.has_left:
        basis = Basis.DUTY
    elif not holds and basis is Basis.DUTY and _newest_act(db, entry) == SEAT.how:
        basis = Basis.NONE
    if basis is entry.basis:
        return
    entry.basis, entry.updated_at = basis, now
    note_consent(db, entry, SEAT, by=by, now=now)
    db.flush()


def _newest_act(db: Session, entry: Stakeholder) -> str | None:
    official = Consent.purpose == Purpose.CONSULTATIONS
    query = select(Consent.how).where(Consent.stakeholder_id == entry.id, official)
    return db.scalar(query.order_by(Consent.id.desc()).limit(1))


def find_unsettled(db: Session) -> list[Stakeholder]:
    """Holders of seats to whom nobody writes though they could be reached now: an address came later, or they came back."""
    s = Stakeholder
    reachable = (s.email != "") | (s.postal_address != "") | (s.phone != "")
    held = select(Seat.holder_id).where(Seat.state == SeatState.HELD)
    whole = select(s.merged_into).where(s.id.in_(held), s.merged_into.is_not(None))
    is_holder = s.id.in_(held) | s.id.in_(whole)
    query = select(s).where(is_holder, s.basis == Basis.NONE, s.merged_into.is_(None), reachable, ~s.has_left)
    return list(db.scalars(query.order_by(s.id)))
