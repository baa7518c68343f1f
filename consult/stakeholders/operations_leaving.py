"""Leaving all mail for good by an address, and coming back."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consult.core.db import lock
from consult.mail.keys import address_key
from consult.stakeholders.models import (
    Consent,
    LeftAddress,
    Purpose,
    Stakeholder,
)
from consult.stakeholders.operations import THEMSELVES, Told, leave_directory, note_consent
from consult.stakeholders.queries import left_addresses


def leave(db: Session, stakeholder: Stakeholder, *, now: datetime, how: str) -> None:
    """Never write to a stakeholder again, by their own wish. Nothing and nobody overrides it but they themselves.

    They leave the public directory too, and coming back does not publish them again: that takes a yes of its own.
    """
    lock(db, stakeholder)
    if stakeholder.left_at is None:
        stakeholder.left_at = now
        note_consent(db, stakeholder, Told(how), by=THEMSELVES, now=now, purpose=Purpose.EVERYTHING)
        db.flush()
    leave_directory(db, _as_one_with(db, [stakeholder]), Told(how), by=THEMSELVES, now=now)


def undo_leave(db: Session, stakeholder: Stakeholder, *, left_at: datetime, now: datetime, how: str) -> None:
    """Undo what was left at an instant by somebody who has no mailbox. For whoever left, and nobody else."""
    if lock(db, stakeholder).left_at == left_at:
        stakeholder.left_at = None
        db.add(Consent(stakeholder_id=stakeholder.id, basis=stakeholder.basis, how=how, by="self", at=now))
        db.flush()


def leave_everywhere(db: Session, address: str, *, now: datetime, how: str) -> None:
    """Never write to an address again, by the wish of whoever reads it: all entries that have it leave, and who brings it anew."""
    for entry in _entries_with(db, address):
        leave(db, entry, now=now, how=how)
    keep_left(db, address_key(address), at=now)


def keep_left(db: Session, key: bytes, *, at: datetime) -> None:
    """Never write to the address of a key again. What is kept of it already stays."""
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    kept = dialect.insert(LeftAddress).on_conflict_do_nothing(index_elements=["key"])
    db.execute(kept.values(key=key, at=at))


def come_back(db: Session, address: str, *, left_at: datetime | None = None, now: datetime, how: str) -> None:
    """Undo leaving everywhere, or only what was left at an instant. For whoever left, and nobody else.

    Of entries that were merged all come back: they are one, and one that stayed gone would keep the others away.
    """
    for entry in _as_one_with(db, _entries_with(db, address)):
        if lock(db, entry).left_at is not None and left_at in (None, entry.left_at):
            entry.left_at = None
            note_consent(db, entry, Told(how), by=THEMSELVES, now=now, purpose=Purpose.EVERYTHING)
    drop_left(db, address_key(address), left_at=left_at)


def drop_left(db: Session, key: bytes, *, left_at: datetime | None = None) -> None:
    """Let mail go to the address of a key again, or only if it left at an instant."""
    kept = db.get(LeftAddress, key)
    if kept is not None and left_at in (None, kept.at):
        db.delete(kept)
    db.flush()


def has_left_everywhere(db: Session, address: str) -> bool:
    """Whether nothing goes to an address: its reader said so, and no entry that has it is left out of that."""
    return bool(left_addresses(db, [address])) and all(one.left_at is not None for one in _entries_with(db, address))


def _as_one_with(db: Session, entries: list[Stakeholder]) -> list[Stakeholder]:
    whole = {entry.merged_into or entry.id for entry in entries}
    query = select(Stakeholder).where(or_(Stakeholder.id.in_(whole), Stakeholder.merged_into.in_(whole)))
    return list(db.scalars(query.order_by(Stakeholder.id)))


def _entries_with(db: Session, address: str) -> list[Stakeholder]:
    query = select(Stakeholder).where(Stakeholder.email_key == address.casefold(), Stakeholder.email != "")
    return list(db.scalars(query.order_by(Stakeholder.id)))
