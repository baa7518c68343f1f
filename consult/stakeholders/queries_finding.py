"""Finding entries of the registry: a page by name, filtered; as quick among fifty thousand as among a thousand."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, String, Subquery, exists, func, literal, select, tuple_, type_coerce
from sqlalchemy.orm import Session

from consult.stakeholders.keys import TERM_MAX, group_term, words_of
from consult.stakeholders.models import SENSITIVE_CATEGORIES, Stakeholder, StakeholderKind, StakeholderTerm
from consult.stakeholders.queries import PAGE

FEW = 1_000  # entries that are read and put in order
LOOKED = 300  # entries that are looked through for a page, where more have each of what is asked for
COUNTED = 10_000  # entries that are counted for the head of the list: a number of many more helps nobody find one
FURTHER = 20_000  # entries that are looked through for somebody who asks to look further
LAST_SIGN = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a page of the registry is filtered by; "" = by all. A group finds organisations only, as does what is sensitive."""

    category: str = ""
    group: str = ""
    region: str = ""
    channel: str = ""
    words: str = ""

    def columns(self) -> dict[str, str]:
        """By name, for the address of the next page."""
        return asdict(self)


class Listed(NamedTuple):
    """An entry in a list."""

    ref: str
    name: str
    kind: StakeholderKind
    category: str
    region: str
    language: str
    email: str
    basis: str
    left: bool


s, t = Stakeholder, StakeholderTerm
COLUMNS: tuple[Any, ...] = (
    s.ref, s.name, s.kind, s.category, s.region, s.language, s.email, s.basis, s.has_left, s.name_key, s.id,
)  # fmt: skip


class Found(NamedTuple):
    """A page of entries, and where the next begins (None at the end). Less than a page with more to come: look further."""

    entries: list[Listed]
    more: tuple[str, int] | None


def list_stakeholders(
    db: Session, filters: Filters, *, after: tuple[str, int] | None = None, most: int = LOOKED
) -> Found:
    """A page of the registry by name. Keyset paging; never more than `most` entries are looked through for it."""
    ranges = _ranges(filters)
    ways = [_having(*_within(one)) for one in ranges] + [_holding(*one) for one in _indexed(filters)]
    sizes = [_count_up_to(db, way) for way in ways]
    if sizes and min(sizes) <= FEW:
        few = ways[sizes.index(min(sizes))].distinct().limit(FEW).subquery()
        return _page(db.execute(_of(few, filters, ranges, after)).all())
    window = _in_order(db, filters, ranges, after)
    rows = db.execute(_of(window.limit(most).subquery(), filters, ranges)).all()
    last = db.execute(window.offset(most - 1).limit(2)).all()  # the last that was looked at, and whether more come
    if len(rows) > PAGE or len(last) < 2:
        return _page(rows)
    return Found(_page(rows).entries, (last[0].name_key, last[0].id))


def _of(
    seen: Subquery, filters: Filters, ranges: list[tuple[str, str]], after: tuple[str, int] | None = None
) -> Select[Any]:
    """A page, and one more, of those seen that fit. No index may find them but that of their ids."""
    terms = (exists().where(t.stakeholder_id == s.id, *_within(one)) for one in ranges)
    fits = (func.coalesce(column, "") == wanted for column, wanted in _fitting(filters))
    query = select(*COLUMNS).join(seen, seen.c.id == s.id).where(func.coalesce(s.merged_into, 0) == 0, *fits, *terms)
    if after:
        query = query.where(tuple_(seen.c.name_key, seen.c.id) > tuple_(*after))
    return query.order_by(seen.c.name_key, seen.c.id).limit(PAGE + 1)


def _page(rows: Sequence[Any]) -> Found:
    more = (rows[PAGE - 1][-2], rows[PAGE - 1][-1]) if len(rows) > PAGE else None
    return Found([Listed(*row[:-2]) for row in rows[:PAGE]], more)


def _in_order(
    db: Session, filters: Filters, ranges: list[tuple[str, str]], after: tuple[str, int] | None
) -> Select[str, int]:
    """(name_key, id) of all that may fit, by name from one index: of those who have a term where one says it, else what a column does.

    Of one column only: which of two indexes it takes, SQLite would leave to chance, and look through all of the larger.
    """
    term = next((found for one in ranges if (found := _only_term(db, one))), None)
    if term is not None:
        query = _having(t.term == term)  # of one term, or they stand in no order
        key: tuple[Any, Any] = (t.name_key, t.stakeholder_id)
    else:
        column, value = next(iter(_indexed(filters)), (None, ""))
        query = (select(s.name_key, s.id) if column is None else _holding(column, value)).where(s.merged_into.is_(None))
        key = (s.name_key, s.id)
    return (query.where(tuple_(*key) > tuple_(*after)) if after else query).order_by(*key)


def _having(*terms: ColumnElement[bool]) -> Select[str, int]:
    """(name_key, id) of the entries that have such terms."""
    return select(t.name_key, t.stakeholder_id.label("id")).where(*terms)


def _holding(column: Any, value: str) -> Select[str, int]:
    """(name_key, id) of the entries that say something in a column, merged ones too."""
    return select(s.name_key, s.id).where(column == value)


def _only_term(db: Session, found: tuple[str, str]) -> str | None:
    """The term of a range that has only one: the entries that have it stand in order. Two looks into the index."""
    first, last = (
        db.scalar(select(t.term).where(*_within(found)).order_by(way).limit(1)) for way in (t.term, t.term.desc())
    )
    return first if first == last else None


def _fitting(filters: Filters) -> list[tuple[Any, str]]:
    """Which columns must hold what."""
    wanted = _indexed(filters)
    if filters.group or filters.category in SENSITIVE_CATEGORIES:
        wanted.append((type_coerce(s.kind, String), StakeholderKind.ORGANISATION.value))
    return wanted


def _indexed(filters: Filters) -> list[tuple[Any, str]]:
    """Those of them that have an index each, by name."""
    wanted = [(s.category, filters.category), (s.region, filters.region), (s.channel, filters.channel)]
    return [(type_coerce(column, String), value) for column, value in wanted if value]


def _ranges(filters: Filters) -> list[tuple[str, str]]:
    """From which term to which, for each thing that must be found: a word by its beginning, a group as it is."""
    words = list(dict.fromkeys(words_of(filters.words)))[:10]
    groups = [(group_term(filters.group[:TERM_MAX]), group_term(filters.group[:TERM_MAX]))] if filters.group else []
    return [*groups, *((word, word + LAST_SIGN) for word in words)]


def _within(found: tuple[str, str]) -> tuple[Any, Any]:
    return t.term >= found[0], t.term <= found[1]


def _count_up_to(db: Session, way: Select[str, int]) -> int:
    few = way.with_only_columns(literal(1)).limit(FEW + 1).subquery()
    return db.scalar(select(func.count()).select_from(few)) or 0


def count_stakeholders(db: Session) -> int:
    """How many entries the registry holds, merged ones as one; COUNTED + 1 where it holds more than COUNTED."""
    counted = select(s.id).where(s.merged_into.is_(None)).limit(COUNTED + 1).subquery()
    return db.scalar(select(func.count()).select_from(counted)) or 0
