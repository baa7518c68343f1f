"""Finding entries of the registry: a page by name, filtered; as quick among fifty thousand as among a thousand."""

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, exists, func, literal, select, tuple_
from sqlalchemy.orm import Session

from consult.stakeholders.keys import TERM_MAX, group_term, words_of
from consult.stakeholders.models import Stakeholder, StakeholderKind, StakeholderTerm
from consult.stakeholders.queries import PAGE

FEW = 1_000  # entries that are read and put in order; where more fit, the order is followed until a page is full
LAST_SIGN = "\U0010ffff"
# Categories that say of a person what they believe or whom they organise with: they find organisations only.
SENSITIVE_CATEGORIES = frozenset({"religious_group", "trade_union"})


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


def list_stakeholders(
    db: Session, filters: Filters, *, after: tuple[str, int] | None = None
) -> tuple[list[Listed], tuple[str, int] | None]:
    """A page of the registry by name, and where the next page begins (None at the end). Keyset paging."""
    ranges = _ranges(filters)
    query = _fitting(filters)
    sizes = [_count_up_to(db, found) for found in ranges]
    if sizes and min(sizes) <= FEW:
        rarest = ranges[sizes.index(min(sizes))]
        found = db.scalars(select(t.stakeholder_id).where(*_within(rarest))).all()
        query = query.where(s.id.in_(set(found)))
    for one in ranges:
        query = query.where(exists().where(t.stakeholder_id == s.id, *_within(one)))
    if after:
        query = query.where(tuple_(s.name_key, s.id) > tuple_(*after))
    rows = db.execute(query.order_by(s.name_key, s.id).limit(PAGE + 1)).all()
    more = (rows[PAGE - 1][-2], rows[PAGE - 1][-1]) if len(rows) > PAGE else None
    return [Listed(*row[:-2]) for row in rows[:PAGE]], more


def _fitting(filters: Filters) -> Select[Any]:
    columns: tuple[Any, ...] = (
        s.ref, s.name, s.kind, s.category, s.region, s.language, s.email, s.basis, s.has_left, s.name_key, s.id,
    )  # fmt: skip
    query = select(*columns).where(s.merged_into.is_(None))
    for column, wanted in ((s.category, filters.category), (s.region, filters.region)):
        if wanted:
            query = query.where(column == wanted)
    if filters.channel:
        query = query.where(s.channel == filters.channel)
    if filters.group or filters.category in SENSITIVE_CATEGORIES:
        query = query.where(s.kind == StakeholderKind.ORGANISATION)
    return query


def _ranges(filters: Filters) -> list[tuple[str, str]]:
    """From which term to which, for each thing that must be found: a word by its beginning, a group as it is."""
    words = list(dict.fromkeys(words_of(filters.words)))[:10]
    groups = [(group_term(filters.group[:TERM_MAX]), group_term(filters.group[:TERM_MAX]))] if filters.group else []
    return [*groups, *((word, word + LAST_SIGN) for word in words)]


def _within(found: tuple[str, str]) -> tuple[Any, Any]:
    return t.term >= found[0], t.term <= found[1]


def _count_up_to(db: Session, found: tuple[str, str]) -> int:
    few = select(literal(1)).select_from(t).where(*_within(found)).limit(FEW + 1).subquery()
    return db.scalar(select(func.count()).select_from(few)) or 0


def count_stakeholders(db: Session) -> int:
    """How many entries the registry holds, merged ones as one."""
    whole = db.scalar(select(func.count()).select_from(s)) or 0
    return whole - (db.scalar(select(func.count()).where(s.merged_into.is_not(None))) or 0)
