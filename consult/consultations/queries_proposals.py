"""Reads of those whom focal points name."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session, aliased

from consult.consultations.models_proposals import SeatProposal
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.models_seats import Seat, SeatRole, SeatState
from consult.stakeholders.queries_doubles import entries_as_one, ids_as_one


class Proposed(NamedTuple):
    """A proposal with the institution that it is about, the one that holds where it was merged, and who made it."""

    proposal: SeatProposal
    institution_ref: str
    institution: str
    by: str


def list_proposals_by(db: Session, entry: Stakeholder) -> list[Proposed]:
    """What somebody named and waits, under whichever of the entries that are one; the oldest first."""
    return _list(db, SeatProposal.holder_id.in_(ids_as_one(db, entry)))


def list_proposals(db: Session, institution_ids: list[int] | None = None) -> list[Proposed]:
    """What waits for the secretariat, the oldest first: of all institutions, or of some, under whichever of those that are one."""
    of = true() if institution_ids is None else SeatProposal.institution_id.in_(entries_as_one(db, institution_ids))
    return _list(db, of)


def _list(db: Session, which: ColumnElement[bool]) -> list[Proposed]:
    x, own, kept, who = SeatProposal, aliased(Stakeholder), aliased(Stakeholder), aliased(Stakeholder)
    query = select(x, kept.ref, kept.name, who.name).join(own, own.id == x.institution_id)
    query = query.join(kept, kept.id == func.coalesce(own.merged_into, own.id)).join(who, who.id == x.holder_id)
    return [Proposed._make(row) for row in db.execute(query.where(which).order_by(x.at, x.id))]


def count_proposals(db: Session) -> int:
    """How many wait."""
    return db.scalar(select(func.count(SeatProposal.id))) or 0


def find_proposal(db: Session, number: int) -> SeatProposal | None:
    """A proposal that waits, held until the transaction ends; None where somebody else decided about it a moment ago."""
    return db.scalars(select(SeatProposal).where(SeatProposal.id == number).with_for_update()).one_or_none()


def institutions_of(db: Session, entry: Stakeholder) -> list[Stakeholder]:
    """The institutions of which somebody is the focal point now; of those that were merged the one that holds."""
    own, kept = aliased(Stakeholder), aliased(Stakeholder)
    query = (
        select(kept)
        .join(own, kept.id == func.coalesce(own.merged_into, own.id))
        .join(Seat, Seat.institution_id == own.id)
    )
    query = query.where(Seat.holder_id.in_(ids_as_one(db, entry)), Seat.role == SeatRole.FOCAL_POINT)
    return list(db.scalars(query.where(Seat.state == SeatState.HELD).order_by(kept.id)).unique())
