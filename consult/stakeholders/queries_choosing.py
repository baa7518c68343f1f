"""Whom somebody means who wrote a name, an address or a number: one entry, or several to choose from."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from consult.stakeholders.keys import is_number
from consult.stakeholders.models import Stakeholder, StakeholderKind
from consult.stakeholders.phones import phone_key
from consult.stakeholders.queries_finding import Filters, list_stakeholders

MOST = 20  # to choose from
s = Stakeholder


def list_meant(db: Session, words: str, kind: StakeholderKind | None = None) -> list[Stakeholder]:
    """The entries that have exactly this name, address or number; where there is none, those that a search finds. By name."""
    key = words.strip().casefold()
    if not key:
        return []
    exact = [s.email_key == key, s.name_key == key, *([s.phone_key == phone_key(words)] if is_number(words) else [])]
    query = select(s).where(s.merged_into.is_(None), or_(*exact))
    if kind is not None:
        query = query.where(s.kind == kind)
    found = list(db.scalars(query.order_by(s.name_key, s.id).limit(MOST)))
    return found or _found_by_words(db, words, kind)


def _found_by_words(db: Session, words: str, kind: StakeholderKind | None) -> list[Stakeholder]:
    refs = [one.ref for one in list_stakeholders(db, Filters(words=words)).entries if kind in (None, one.kind)]
    query = select(s).where(s.ref.in_(refs[:MOST]))
    return list(db.scalars(query.order_by(s.name_key, s.id)))


def meant_exactly(found: list[Stakeholder], words: str) -> Stakeholder | None:
    """The one of those found that can be meant without asking: the only one, and by its whole name, address or number."""
    key = words.strip().casefold()
    if len(found) != 1:
        return None
    (one,) = found
    return (
        one
        if key in (one.name_key, one.email_key) or (is_number(words) and one.phone_key == phone_key(words))
        else None
    )
