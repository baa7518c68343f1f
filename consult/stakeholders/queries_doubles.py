"""Entries that may be one: the same name however it is written, the same address, the same telephone."""

from collections.abc import Collection
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import exists, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from consult.core.ranges import among
from consult.stakeholders.models import NotDouble, Stakeholder
from consult.stakeholders.queries import PAGE


class Likeness(StrEnum):
    """In what two entries are alike."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"


KEYS: dict[Likeness, InstrumentedAttribute[Any]] = {
    Likeness.NAME: Stakeholder.double_key,
    Likeness.EMAIL: Stakeholder.email_key,
    Likeness.PHONE: Stakeholder.phone_key,
}


class Pair(NamedTuple):
    """Two entries that may be one; `first` is the older."""

    first_id: int
    second_id: int
    first_ref: str
    first_name: str
    second_ref: str
    second_name: str
    alike: list[Likeness]


def list_doubles(db: Session, *, after: tuple[int, int] = (0, 0)) -> tuple[list[Pair], tuple[int, int] | None]:
    """A page of pairs by the age of the older entry, and where the next page begins. Keyset paging."""
    found: dict[tuple[int, int], Pair] = {}
    for likeness in Likeness:
        for row in _alike(db, likeness, after):
            found.setdefault((row[0], row[1]), Pair._make((*row, []))).alike.append(likeness)
    pairs = [found[key] for key in sorted(found)]
    page = pairs[:PAGE]
    return page, (page[-1].first_id, page[-1].second_id) if len(pairs) > PAGE else None


def _alike(db: Session, likeness: Likeness, after: tuple[int, int]) -> list[Any]:
    one, other = aliased(Stakeholder), aliased(Stakeholder)
    key = KEYS[likeness].key
    looked_at = exists().where(NotDouble.first_id == one.id, NotDouble.second_id == other.id)
    query = (
        select(one.id, other.id, one.ref, one.name, other.ref, other.name)
        .join(other, (getattr(other, key) == getattr(one, key)) & (other.id > one.id))
        .where(
            getattr(one, key) != "",
            one.kind == other.kind,
            one.merged_into.is_(None),
            other.merged_into.is_(None),
            tuple_(one.id, other.id) > tuple_(*after),
            one.id >= after[0],
            ~looked_at,
        )
        .order_by(one.id, other.id)
        .limit(PAGE + 1)
    )
    return [tuple(row) for row in db.execute(query)]


def list_merged(db: Session, kept_id: int) -> list[Stakeholder]:
    """The entries that are merged into one, those merged last at the top."""
    query = select(Stakeholder).where(Stakeholder.merged_into == kept_id)
    return list(db.scalars(query.order_by(Stakeholder.merged_at.desc(), Stakeholder.id)))


def whole_of(db: Session, entry: Stakeholder) -> Stakeholder:
    """The entry that holds for one: the one it was merged into, where it was."""
    return entry if entry.merged_into is None else db.get_one(Stakeholder, entry.merged_into)


def ids_as_one(db: Session, entry: Stakeholder) -> list[int]:
    """The ids under which an entry is found: its own, and those merged into it."""
    return [entry.id, *db.scalars(select(Stakeholder.id).where(Stakeholder.merged_into == entry.id))]


def entries_as_one(db: Session, ids: Collection[int]) -> dict[int, int]:
    """Some entries, and those merged into them: the id of the one that holds, by the id of each.

    Two statements, each by its index: joined by "or", the tables would be read whole.
    """
    s = Stakeholder
    own = db.execute(select(s.id, s.merged_into).where(among(s.id, ids)))
    found = {row.id: row.merged_into or row.id for row in own}
    into = db.execute(select(s.id, s.merged_into).where(among(s.merged_into, ids)))
    return found | {row.id: row.merged_into or row.id for row in into}
