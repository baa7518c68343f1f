"""Reads of seats: who holds which, what is vacant since when, in one institution and in all.

Institutions and holders that were merged count as the entry that holds: their seats are its own.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from consult.stakeholders.models import Stakeholder, StakeholderKind
from consult.stakeholders.models_seats import HELD_BY_ONE, Seat, SeatRole, SeatState

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


class Unreached(StrEnum):
    """Why no official mail reaches the holder of a seat."""

    LEFT = "left"  # they asked for no mail at all
    NO_ADDRESS = "no_address"  # neither address nor number
    NO_EMAIL = "no_email"  # by letter or telephone only


class Held(NamedTuple):
    """A seat with its holder, who may have been merged into another entry: then that one. `institution_ref` is whose it was made."""

    id: int
    institution_ref: str
    number: int
    role: SeatRole
    holder_ref: str
    holder: str
    since: date
    until: date | None
    appointed_by: str
    state: SeatState
    follows_id: int | None
    unreached: Unreached | None  # why official mail cannot reach whoever holds it


class HeldElsewhere(NamedTuple):
    """A seat that a person holds or held."""

    role: SeatRole
    institution_ref: str
    institution: str
    since: date
    until: date | None
    state: SeatState


class Gap(NamedTuple):
    """A seat that nobody holds, or will hold: `ends` is when its holder goes without a successor, `since` when the last one went
    (None where nobody ever held it), `coming` when somebody begins who is named already."""

    role: SeatRole
    since: date | None
    ends: date | None = None
    coming: date | None = None


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


_IN_ORDER = case({SeatState.HELD: 0, SeatState.COMING: 1}, value=Seat.state, else_=2)


def _of_institution(institution_id: int) -> ColumnElement[bool]:
    """Whose seats they are: an institution's, and those of what was merged into it."""
    return Seat.institution_id.in_(
        select(Stakeholder.id).where(or_(Stakeholder.id == institution_id, Stakeholder.merged_into == institution_id))
    )


def list_seats(db: Session, institution_id: int) -> list[Held]:
    """All seats of an institution, those held now first, then those that come, then the newest of the others."""
    own, kept, made = aliased(Stakeholder), aliased(Stakeholder), aliased(Stakeholder)
    query = (
        select(Seat, made.ref, kept)
        .join(own, own.id == Seat.holder_id)
        .join(kept, kept.id == func.coalesce(own.merged_into, own.id))
        .join(made, made.id == Seat.institution_id)
        .where(_of_institution(institution_id))
        .order_by(_IN_ORDER, _RANK, Seat.since.desc(), Seat.number)
    )
    return [
        Held(seat.id, ref, seat.number, seat.role, holder.ref, holder.name, seat.since, seat.until, seat.appointed_by,
             seat.state, seat.follows_id, unreached(holder) if seat.state is not SeatState.OVER else None)
        for seat, ref, holder in db.execute(query)
    ]  # fmt: skip


def unreached(holder: Stakeholder) -> Unreached | None:
    """Why no mail reaches somebody; None where it does."""
    if holder.has_left:
        return Unreached.LEFT
    if not (holder.email or holder.postal_address or holder.phone):
        return Unreached.NO_ADDRESS
    return None if holder.email else Unreached.NO_EMAIL


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
    own, kept = aliased(Stakeholder), aliased(Stakeholder)
    query = (
        select(Seat.role, kept.ref, kept.name, Seat.since, Seat.until, Seat.state)
        .join(own, own.id == Seat.institution_id)
        .join(kept, kept.id == func.coalesce(own.merged_into, own.id))
        .where(Seat.holder_id.in_(ids))
        .order_by(_IN_ORDER, Seat.since.desc(), Seat.id)
    )
    return [HeldElsewhere._make(row) for row in db.execute(query)]


def find_seat(db: Session, institution_id: int, number: int) -> Seat | None:
    """A seat of an institution."""
    query = select(Seat).where(Seat.institution_id == institution_id, Seat.number == number)
    return db.scalars(query).one_or_none()


def find_meeting(
    db: Session,
    institution_id: int,
    role: SeatRole,
    since: date,
    until: date | None,
    *,
    holders: Collection[int] | None = None,
) -> Seat | None:
    """A seat of an institution and role, held by one of `holders`, that shares a day with a term.

    None as `until` is a term without an end, none as `holders` is anybody.
    """
    query = select(Seat).where(_of_institution(institution_id), Seat.role == role)
    if holders is not None:
        query = query.where(Seat.holder_id.in_(holders))
    query = query.where(or_(Seat.until.is_(None), (Seat.until > since) & (Seat.until > Seat.since)))
    if until is not None:
        query = query.where(Seat.since < until)
    return db.scalars(query.order_by(Seat.since, Seat.id).limit(1)).first()


def last_holder(db: Session, institution_id: int, role: SeatRole, since: date) -> Seat | None:
    """The seat of an institution and role that ended last before a day; none that was called off before it began."""
    query = select(Seat).where(_of_institution(institution_id), Seat.role == role, Seat.until <= since)
    query = query.where(Seat.until > Seat.since)
    return db.scalars(query.order_by(Seat.until.desc(), Seat.id.desc()).limit(1)).first()


class Term(NamedTuple):
    """What gaps are counted from."""

    role: SeatRole
    since: date
    until: date | None
    state: SeatState


def gaps_of(seats: list[Held]) -> list[Gap]:
    """What an institution lacks now and since when, or will lack."""
    return _gaps([Term(one.role, one.since, one.until, one.state) for one in seats])


def _gaps(terms: list[Term]) -> list[Gap]:
    found = (_gap(role, [one for one in terms if one.role is role]) for role in EXPECTED)
    return [one for one in found if one is not None]


def _gap(role: SeatRole, terms: list[Term]) -> Gap | None:
    held = [one for one in terms if one.state is SeatState.HELD]
    coming = min((one.since for one in terms if one.state is SeatState.COMING), default=None)
    if not held:
        last = max((one.until for one in terms if one.state is SeatState.OVER and one.until), default=None)
        return Gap(role, last, coming=coming)
    if any(one.until is None for one in held):
        return None
    ends = max(one.until for one in held if one.until)
    return None if coming is not None and coming <= ends else Gap(role, None, ends=ends, coming=coming)


def doubly_held(seats: list[Held]) -> list[SeatRole]:
    """The roles that one person holds, and of which two are in office: two institutions were merged that each had somebody."""
    roles = [one.role for one in seats if one.state is SeatState.HELD]
    return [role for role in HELD_BY_ONE if roles.count(role) > 1]


def read_composition(db: Session) -> tuple[list[Composition], list[Vacant]]:
    """The network of institutions by category, and those with a gap, by category and name; a few hundred of these at most."""
    s = Stakeholder
    seated = select(func.coalesce(s.merged_into, s.id)).join(Seat, Seat.institution_id == s.id)
    query = select(s.id, s.ref, s.name, s.category).where(
        s.kind == StakeholderKind.ORGANISATION,
        s.merged_into.is_(None),
        or_(s.category.in_(INSTITUTIONS), s.id.in_(seated)),
    )
    institutions = db.execute(query.order_by(s.category, s.name_key, s.id)).all()
    held: dict[int, list[Term]] = defaultdict(list)
    terms = select(func.coalesce(s.merged_into, s.id), Seat.role, Seat.since, Seat.until, Seat.state)
    for institution_id, *term in db.execute(terms.join(Seat, Seat.institution_id == s.id)):
        held[institution_id].append(Term._make(term))
    counted: dict[str, Composition] = {}
    vacant = []
    for row in institutions:
        one = counted.setdefault(row.category, Composition(row.category, 0, dict.fromkeys(SeatRole, 0)))
        for role in {term.role for term in held[row.id] if term.state is SeatState.HELD}:
            one.filled[role] += 1
        counted[row.category] = one._replace(institutions=one.institutions + 1)
        if gaps := _gaps(held[row.id]):
            vacant.append(Vacant(row.ref, row.name, row.category, gaps))
    return list(counted.values()), vacant[:GAPS_SHOWN]


def holds_seat(db: Session, holder_id: int) -> bool:
    """Whether somebody holds a seat now, also under an entry that was merged into theirs."""
    own = select(Stakeholder.id).where(or_(Stakeholder.id == holder_id, Stakeholder.merged_into == holder_id))
    return bool(db.scalar(select(exists().where(Seat.holder_id.in_(own), Seat.state == SeatState.HELD))))
