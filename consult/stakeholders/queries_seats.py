"""Reads of seats: who holds which, what is vacant since when, in one institution and in all."""

from collections import defaultdict
from datetime import date
from typing import NamedTuple

from sqlalchemy import case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from consult.stakeholders.models import Seat, SeatRole, Stakeholder, StakeholderKind

EXPECTED = (SeatRole.FOCAL_POINT, SeatRole.ALTERNATE)  # without one of them an institution has a gap
# The State's own, whose seats make up the network; any other organisation counts once it has a seat.
INSTITUTIONS = (
    "ministry", "parliament", "judiciary", "prosecutor", "statistics_office", "nhri", "national_preventive_mechanism",
    "ombudsman", "childrens_ombudsperson", "local_authority",
)  # fmt: skip
_RANK = case(
    {role: place for place, role in enumerate(SeatRole)}, value=Seat.role
)  # as the list names them, not by letter
GAPS_SHOWN = 200  # institutions in the list of gaps


class Held(NamedTuple):
    """A seat with its holder, who may have been merged into another entry: then that one."""

    number: int
    role: SeatRole
    holder_ref: str
    holder: str
    since: date
    until: date | None
    appointed_by: str


class HeldElsewhere(NamedTuple):
    """A seat that a person holds or held."""

    role: SeatRole
    institution_ref: str
    institution: str
    since: date
    until: date | None


class Gap(NamedTuple):
    """A seat that nobody holds; `since` is None where nobody ever did."""

    role: SeatRole
    since: date | None


class Vacant(NamedTuple):
    """An institution with its gaps."""

    ref: str
    name: str
    category: str
    gaps: list[Gap]


class Composition(NamedTuple):
    """A category of institutions: how many there are, and how many of them have each seat filled."""

    category: str
    institutions: int
    filled: dict[SeatRole, int]


def list_seats(db: Session, institution_id: int) -> list[Held]:
    """All seats of an institution, those held now first, then the newest."""
    own, kept = aliased(Stakeholder), aliased(Stakeholder)
    query = (
        select(Seat.number, Seat.role, kept.ref, kept.name, Seat.since, Seat.until, Seat.appointed_by)
        .join(own, own.id == Seat.holder_id)
        .join(kept, kept.id == func.coalesce(own.merged_into, own.id))
        .where(Seat.institution_id == institution_id)
        .order_by(Seat.until.is_not(None), _RANK, Seat.since.desc(), Seat.number)
    )
    return [Held._make(row) for row in db.execute(query)]


def name_holders(db: Session, ids: list[int]) -> dict[tuple[str, int], str]:
    """The name of who holds or held each seat of these institutions, by reference and number; of one who was protected none."""
    own, kept, institution = aliased(Stakeholder), aliased(Stakeholder), aliased(Stakeholder)
    query = (
        select(institution.ref, Seat.number, kept.name)
        .join(institution, institution.id == Seat.institution_id)
        .join(own, own.id == Seat.holder_id)
        .join(kept, kept.id == func.coalesce(own.merged_into, own.id))
        .where(Seat.institution_id.in_(ids))
    )
    return {(ref, number): name for ref, number, name in db.execute(query)}


def list_seats_of_holder(db: Session, ids: list[int]) -> list[HeldElsewhere]:
    """The seats that a person holds and held, under any of these ids, those held now first."""
    query = (
        select(Seat.role, Stakeholder.ref, Stakeholder.name, Seat.since, Seat.until)
        .join(Stakeholder, Stakeholder.id == Seat.institution_id)
        .where(Seat.holder_id.in_(ids))
        .order_by(Seat.until.is_not(None), Seat.since.desc(), Seat.id)
    )
    return [HeldElsewhere._make(row) for row in db.execute(query)]


def find_seat(db: Session, institution_id: int, number: int) -> Seat | None:
    """A seat of an institution."""
    query = select(Seat).where(Seat.institution_id == institution_id, Seat.number == number)
    return db.scalars(query).one_or_none()


def gaps_of(seats: list[Held]) -> list[Gap]:
    """What an institution lacks now, and since when."""
    return _gaps([(one.role, one.until) for one in seats])


def _gaps(held: list[tuple[SeatRole, date | None]]) -> list[Gap]:
    by_role: dict[SeatRole, list[date | None]] = defaultdict(list)
    for role, until in held:
        by_role[role].append(until)
    return [
        Gap(role, max((until for until in by_role[role] if until), default=None))
        for role in EXPECTED
        if None not in by_role[role]
    ]


def read_composition(db: Session) -> tuple[list[Composition], list[Vacant]]:
    """The network of institutions by category, and those with a gap, by category and name; a few hundred of these at most."""
    seated = select(Seat.institution_id)
    s = Stakeholder
    query = select(s.id, s.ref, s.name, s.category).where(
        s.kind == StakeholderKind.ORGANISATION,
        s.merged_into.is_(None),
        or_(s.category.in_(INSTITUTIONS), s.id.in_(seated)),
    )
    institutions = db.execute(query.order_by(s.category, s.name_key, s.id)).all()
    held: dict[int, list[tuple[SeatRole, date | None]]] = defaultdict(list)
    for institution_id, role, until in db.execute(select(Seat.institution_id, Seat.role, Seat.until)):
        held[institution_id].append((role, until))
    counted: dict[str, Composition] = {}
    vacant = []
    for row in institutions:
        one = counted.setdefault(row.category, Composition(row.category, 0, dict.fromkeys(SeatRole, 0)))
        for role in {role for role, until in held[row.id] if until is None}:
            one.filled[role] += 1
        counted[row.category] = one._replace(institutions=one.institutions + 1)
        if gaps := _gaps(held[row.id]):
            vacant.append(Vacant(row.ref, row.name, row.category, gaps))
    return list(counted.values()), vacant[:GAPS_SHOWN]


def holds_seat(db: Session, holder_id: int) -> bool:
    """Whether somebody holds a seat now."""
    return bool(db.scalar(select(exists().where(Seat.holder_id == holder_id, Seat.until.is_(None)))))
