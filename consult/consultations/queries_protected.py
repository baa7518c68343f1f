"""Protected entries in lists for staff: never a line of their own, at most a number. Source: decision 0028."""

from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from consult.consultations.models import Participant
from consult.stakeholders.models import HIDDEN, Protection, Stakeholder

FROM = 5  # of fewer nothing is told: it would tell of each when they came


def may_be_listed(entry: Any = Stakeholder) -> ColumnElement[bool]:
    """Whether a list may name an entry, or the row has none."""
    return or_(entry.id.is_(None), entry.protection != Protection.PROTECTED)


def may_be_named() -> ColumnElement[bool]:
    """Whether a list of participants may name one."""
    one = aliased(Stakeholder)
    return ~exists().where(one.id == Participant.stakeholder_id, one.protection == Protection.PROTECTED)


def names_shown() -> tuple[ColumnElement[str], ColumnElement[str]]:
    """The name and organisation of a participant as staff read them beside a comment: "" for a protected one, whose code stands there."""
    is_named = may_be_named()
    return case((is_named, Participant.name), else_=""), case((is_named, Participant.organisation), else_="")


def told(number: int) -> int:
    """How many there are at least, as far as it is told: by fives, none where there are few.

    Whoever compares two looks before and after one known entry came or went would read off an exact number which of both it was.
    """
    return number - number % FROM


def count_taking_part(db: Session, consultation_id: int) -> int:
    """How many protected ones take part in a consultation at least, as far as it is told."""
    query = select(func.count()).where(Participant.consultation_id == consultation_id, ~may_be_named())
    return told(db.scalar(query) or 0)


def count_among(db: Session, ids: Select[int]) -> int:
    """How many of some entries are protected. Each of the protected ones is looked up among them: they are the fewer."""
    some = ids.subquery()
    is_one = exists().where(some.c[0] == Stakeholder.id)
    return db.scalar(select(func.count()).select_from(Stakeholder).where(HIDDEN, is_one)) or 0
