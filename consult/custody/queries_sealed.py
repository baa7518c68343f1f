"""Reads of protected entries and of their sealed copies. Nobody but officers is shown a list of them."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from consult.audit.models import JournalEntry
from consult.custody.models import Appointed, Officer, SealedEntry
from consult.stakeholders.models import HIDDEN, Stakeholder

PAGE = 50  # entries a page


class Listed(NamedTuple):
    """A protected entry in the list of an officer."""

    entry: Stakeholder
    mine: bool  # there is a copy for this officer
    others_lack: bool  # for some officer who serves there is none
    erased: bool  # there is none for anybody


def sealed_for(db: Session, stakeholder_ids: Sequence[int], officer: Officer) -> dict[int, SealedEntry]:
    """The copies of entries that an officer can open, by the ids of the entries."""
    query = select(SealedEntry).where(SealedEntry.officer_id == officer.id)
    return {one.stakeholder_id: one for one in db.scalars(query.where(SealedEntry.stakeholder_id.in_(stakeholder_ids)))}


def list_protected(
    db: Session, officer: Officer, *, incomplete: bool = False, after: str = ""
) -> tuple[list[Listed], str | None]:
    """A page of protected entries that are not erased, by code, and after which code the next begins; None = no more.

    `incomplete`: only those of which an officer who serves has no copy.
    """
    lacks = _some_officer_lacks()
    query = (
        select(Stakeholder, _has_copy(SealedEntry.officer_id == officer.id), lacks, ~_has_copy())
        .where(HIDDEN, Stakeholder.ref > after)
        .where(or_(Stakeholder.left_at.is_(None), _has_copy()))
    )
    if incomplete:
        query = query.where(lacks)
    rows = db.execute(query.order_by(Stakeholder.ref).limit(PAGE + 1)).all()
    found = [Listed(*row) for row in rows[:PAGE]]
    return found, found[-1].entry.ref if len(rows) > PAGE else None


def find_protected(db: Session, refs: Sequence[str]) -> list[Stakeholder]:
    """The protected entries of these codes, by code; what is none is left out."""
    query = select(Stakeholder).where(Stakeholder.ref.in_(refs), HIDDEN)
    return list(db.scalars(query.order_by(Stakeholder.ref)))


def count_without(db: Session, officer: Officer) -> int:
    """Of how many entries there are copies, and none for this officer."""
    mine = _has_copy(SealedEntry.officer_id == officer.id)
    query = select(func.count()).where(HIDDEN, _has_copy(), ~mine)
    return db.scalar(query.select_from(Stakeholder)) or 0


def is_only_holder(db: Session, officer: Officer) -> bool:
    """Whether there is an entry that nobody but this officer can open."""
    other = aliased(SealedEntry)
    another = exists().where(other.stakeholder_id == SealedEntry.stakeholder_id, other.officer_id != officer.id)
    query: Select[int] = select(SealedEntry.stakeholder_id).where(SealedEntry.officer_id == officer.id, ~another)
    return db.scalar(query.limit(1)) is not None


def _has_copy(*about: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(SealedEntry.stakeholder_id == Stakeholder.id, *about).correlate(Stakeholder)


def _some_officer_lacks() -> ColumnElement[bool]:
    copy = exists().where(SealedEntry.stakeholder_id == Stakeholder.id, SealedEntry.officer_id == Officer.id)
    serves = Officer.appointed_at.is_not(None) & Officer.ended_at.is_(None)
    return exists().where(serves, ~copy.correlate(Stakeholder, Officer)).correlate(Stakeholder) & _has_copy()


FIRST = ("entry.protected", "entry.taken_in")  # events after which there was a protected entry


def _first_protected() -> Select[int]:
    return select(func.min(JournalEntry.number)).where(JournalEntry.event.in_(FIRST))


def appointed_alone(db: Session) -> set[str]:
    """The references of cards that the administrator alone appointed after the first protected entry, as earlier versions let them."""
    j = JournalEntry
    card, how = j.codes["card"].as_string(), j.codes["how"].as_string()
    later = j.number > _first_protected().scalar_subquery()
    return set(
        db.scalars(select(card).where(j.event == "officer.appointed", how == Appointed.ADMINISTRATOR.value, later))
    )
