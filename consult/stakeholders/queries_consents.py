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

    @property
    def said_on(self) -> date:
        """On which day they said so."""
        return self.given_on or self.at.date()


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


def newest_noes(db: Session, *ids: int) -> dict[str, LastAct]:
    """The no about each purpose that was said last, whenever it was noted, by the purpose's code; given all ids of merged entries."""
    rows = select(c.purpose, c.basis, c.how, c.wording, c.at, c.by, c.given_on)
    found: dict[str, LastAct] = {}
    for row in db.execute(rows.where(c.stakeholder_id.in_(ids), c.basis == Basis.NONE).order_by(c.id)):
        code, act = row[0].value, LastAct(*row[1:])
        if code not in found or (act.said_on, act.by == "self") >= (found[code].said_on, found[code].by == "self"):
            found[code] = act
    return found
