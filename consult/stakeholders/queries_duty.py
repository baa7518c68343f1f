"""Who is written to by duty: an office that takes part by law, or whoever holds a seat, whatever they agreed to before."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from consult.stakeholders.models import Basis, Stakeholder
from consult.stakeholders.models_seats import Seat, SeatState
from consult.stakeholders.queries_seats import holds_seat

_kept = aliased(Stakeholder)


def is_office(db: Session, entry: Stakeholder) -> bool:
    """Whether official mail to an entry is a duty. A yes of before the seat stays a yes, and makes no difference while it lasts."""
    return entry.basis is Basis.DUTY or holds_seat(db, entry.id)


def holders_now(db: Session) -> set[int]:
    """The ids of the entries that hold a seat now; of those that were merged the one that holds. A few hundred at most."""
    query = select(func.coalesce(Stakeholder.merged_into, Stakeholder.id)).join(Seat, Seat.holder_id == Stakeholder.id)
    return set(db.scalars(query.where(Seat.state == SeatState.HELD)))


def offices_of(db: Session, address: str) -> list[Stakeholder]:
    """The entries that hold for a mailbox and whose official mail there is a duty; none for no address."""
    if not address:
        return []
    return [entry for entry in entries_of(db, address) if is_office(db, entry)]


def entries_of(db: Session, address: str) -> list[Stakeholder]:
    """The entries that hold and whose mail goes to a mailbox."""
    s = Stakeholder
    query = select(s).where(s.email_key == address.casefold(), s.email != "", s.merged_into.is_(None))
    return list(db.scalars(query.order_by(s.id)))


def offices_among(db: Session, entries: Collection[Stakeholder]) -> set[int]:
    """The ids of those of some entries whose official mail is a duty: `is_office` for many."""
    holders = holders_now(db)
    return {one.id for one in entries if one.basis is Basis.DUTY or one.id in holders}
