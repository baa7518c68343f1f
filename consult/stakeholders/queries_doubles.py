"""Entries that may be one, the surest first: the same address, the same name however it is written, names alike, the same telephone."""

from collections.abc import Collection
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, exists, func, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from consult.core.ranges import among
from consult.stakeholders.models import NotDouble, Stakeholder
from consult.stakeholders.models_doubles import NamesAlike, NameToCompare
from consult.stakeholders.queries import PAGE


class Likeness(StrEnum):
    """In what two entries are alike."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    SPELLING = "spelling"  # names that may mean the same


KEYS: dict[Likeness, InstrumentedAttribute[Any]] = {
    Likeness.NAME: Stakeholder.double_key,
    Likeness.EMAIL: Stakeholder.email_key,
    Likeness.PHONE: Stakeholder.phone_key,
}
# How sure one likeness makes that two are one; what both are alike in adds up. An address alone says more than a name, a name more
# than another spelling of it, and a telephone alone may be that of a house.
SURE = {
    Likeness.EMAIL: 400,
    Likeness.NAME: 300,
    Likeness.SPELLING: 100,
    Likeness.PHONE: 150,
}  # a spelling: and its percent
SHOWN = tuple(SURE)
CROWD = 12  # entries with one key: of more each is a pair with the oldest only, so that a house's number is no thousand pairs


class Place(NamedTuple):
    """Where a page of pairs ends: how sure, and the ids of the last one."""

    sure: int
    first_id: int
    second_id: int


class Pair(NamedTuple):
    """Two entries that may be one; `first` is the older."""

    first_id: int
    second_id: int
    first_ref: str
    first_name: str
    second_ref: str
    second_name: str
    alike: list[Likeness]


def list_doubles(db: Session, *, after: Place | None = None) -> tuple[list[Pair], Place | None]:
    """A page of pairs, the surest first, and where the next page begins. Keyset paging."""
    every = union_all(*(_same(likeness) for likeness in KEYS), _spelled_alike()).subquery()
    e = every.c
    sure = func.sum(e.sure).label("sure")
    found = select(e.first_id, e.second_id, sure, func.sum(e.what).label("what"))
    pairs = found.group_by(e.first_id, e.second_id).subquery()
    one, other, p = aliased(Stakeholder), aliased(Stakeholder), pairs.c
    looked_at = exists().where(NotDouble.first_id == p.first_id, NotDouble.second_id == p.second_id)
    query = (
        select(p.sure, p.what, p.first_id, p.second_id, one.ref, one.name, other.ref, other.name)
        .join(one, one.id == p.first_id)
        .join(other, other.id == p.second_id)
        .where(one.merged_into.is_(None), other.merged_into.is_(None), ~looked_at)
    )
    if after is not None:
        query = query.where(
            tuple_(-p.sure, p.first_id, p.second_id) > tuple_(*(literal(at) for at in (-after.sure, *after[1:])))
        )
    rows = db.execute(query.order_by(p.sure.desc(), p.first_id, p.second_id).limit(PAGE + 1)).all()
    page = [Pair._make((*row[2:], _in(row.what))) for row in rows[:PAGE]]
    return page, Place(*rows[PAGE - 1][:1], *rows[PAGE - 1][2:4]) if len(rows) > PAGE else None


def _in(what: int) -> list[Likeness]:
    """What two are alike in. That two names are alike goes without saying where they are the same."""
    found = [how for place, how in enumerate(SHOWN) if what >> place & 1]
    return [how for how in found if how is not Likeness.SPELLING or Likeness.NAME not in found]


def _bit(likeness: Likeness) -> int:
    return 1 << SHOWN.index(likeness)


def _same(likeness: Likeness) -> Select[int, int, int, int]:
    """Pairs with the same key; of a crowd each with its oldest."""
    s, one, other = Stakeholder, aliased(Stakeholder), aliased(Stakeholder)
    name = KEYS[likeness].key
    key = getattr(s, name)
    several = select(s.kind, key.label("key"), func.min(s.id).label("oldest"), func.count().label("many"))
    shared = several.where(key != "", s.merged_into.is_(None)).group_by(key, s.kind).having(func.count() > 1).subquery()
    return (
        select(
            one.id.label("first_id"), other.id.label("second_id"),
            literal(SURE[likeness]).label("sure"), literal(_bit(likeness)).label("what"),
        )
        .select_from(shared)
        .join(one, and_(getattr(one, name) == shared.c.key, one.kind == shared.c.kind, one.merged_into.is_(None)))
        .join(other, and_(getattr(other, name) == shared.c.key, other.kind == shared.c.kind, other.merged_into.is_(None)))
        .where(other.id > one.id, or_(shared.c.many <= CROWD, one.id == shared.c.oldest))
    )  # fmt: skip


def _spelled_alike() -> Select[int, int, int, int]:
    """Pairs whose names may mean the same, unless one of them has another name since."""
    n = NamesAlike
    waits = exists().where(or_(NameToCompare.stakeholder_id == n.first_id, NameToCompare.stakeholder_id == n.second_id))
    what, sure = literal(_bit(Likeness.SPELLING)), literal(SURE[Likeness.SPELLING])
    return select(n.first_id, n.second_id, sure + n.likeness, what).where(~waits)


def is_comparing(db: Session) -> bool:
    """Whether names are still to be compared: there may be more pairs in a moment."""
    return bool(db.scalar(select(exists().where(NameToCompare.stakeholder_id > 0))))


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


class AsOne:
    """Which entries are one, for several questions of one transaction about nearly the same of them: looked up once.

    Of some it may be known already that they hold themselves (`holding`): they are not merged into another.
    """

    def __init__(self, db: Session, holding: Collection[int] = ()) -> None:
        self._db = db
        self._known = {one: one for one in holding} | _merged_into(db, holding)

    def of(self, ids: Collection[int]) -> dict[int, int]:
        """What `entries_as_one` gives."""
        asked = set(ids)
        if unknown := asked - self._known.keys():
            self._known |= entries_as_one(self._db, unknown)
        return {one: own for one, own in self._known.items() if one in asked or own in asked}


def entries_as_one(db: Session, ids: Collection[int]) -> dict[int, int]:
    """Some entries, and those merged into them: the id of the one that holds, by the id of each.

    Two statements, each by its index: joined by "or", the tables would be read whole.
    """
    s = Stakeholder
    own = db.execute(select(s.id, s.merged_into).where(among(s.id, ids)))
    return {id_: merged_into or id_ for id_, merged_into in own} | _merged_into(db, ids)


def _merged_into(db: Session, ids: Collection[int]) -> dict[int, int]:
    if not ids:
        return {}
    s = Stakeholder
    into = db.execute(select(s.id, s.merged_into).where(among(s.merged_into, ids)))
    return {id_: merged_into or id_ for id_, merged_into in into}
