"""Reads of the acts of consent."""

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.stakeholders.models import Basis, Consent, Purpose

c = Consent


class LastAct(NamedTuple):
    """The newest act about a purpose."""

    basis: Basis
    how: str
    wording: str
    at: datetime
    by: str  # "staff:7" or "self"
    given_on: date | None  # where staff noted it: when they said so


def withdrawn(db: Session, ids: Collection[int] | None = None) -> dict[int, frozenset[Purpose]]:
    """What those of the registry (or some of them) withdrew, by id: their newest act about it says no.

    Of consultations only where they said so themselves: staff note "none" for whoever has not been asked yet.
    """
    newest = select(func.max(c.id)).where(c.purpose.in_([Purpose.CONSULTATIONS, Purpose.NEWS]))
    if ids is not None:
        newest = newest.where(c.stakeholder_id.in_(ids))
    rows = select(c.stakeholder_id, c.purpose).where(
        c.id.in_(newest.group_by(c.stakeholder_id, c.purpose)),
        c.basis == Basis.NONE,
        (c.purpose == Purpose.NEWS) | (c.by == "self"),
    )
    found: dict[int, frozenset[Purpose]] = {}
    for row_id, purpose in db.execute(rows):
        found[row_id] = found.get(row_id, frozenset()) | {purpose}
    return found


def last_acts(db: Session, *ids: int) -> dict[str, LastAct]:
    """The newest act of an entry about each purpose, by its code; of entries that were merged, given all their ids."""
    newest = select(func.max(c.id)).where(c.stakeholder_id.in_(ids)).group_by(c.purpose)
    rows = select(c.purpose, c.basis, c.how, c.wording, c.at, c.by, c.given_on).where(c.id.in_(newest))
    return {row[0].value: LastAct(*row[1:]) for row in db.execute(rows)}
