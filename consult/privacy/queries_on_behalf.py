"""Reads of wishes to be forgotten that staff heard."""

from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.consultations.models import Participant
from consult.privacy.models_own import ForgetWish
from consult.stakeholders.models import Stakeholder


class Waiting(NamedTuple):
    """A wish with the name it is about, and who noted it."""

    wish: ForgetWish
    name: str
    noted_by: str


def list_wishes(db: Session) -> list[Waiting]:
    """The wishes to be forgotten that wait for a second person, the oldest first."""
    w, s, p = ForgetWish, Stakeholder, Participant
    name = func.coalesce(s.name, func.nullif(p.name, ""), p.organisation)
    query = select(w, name, Staff.name).join(Staff, Staff.id == w.by_id)
    query = query.outerjoin(s, s.id == w.stakeholder_id).outerjoin(p, p.id == w.participant_id)
    return [Waiting(*row) for row in db.execute(query.order_by(w.at, w.id))]


def count_wishes(db: Session, *, but_by: int) -> int:
    """How many wait for somebody, who noted none of them themselves."""
    return db.scalar(select(func.count(ForgetWish.id)).where(ForgetWish.by_id != but_by)) or 0


def find_wish(db: Session, ref: str, *, hold: bool = False) -> ForgetWish | None:
    """The wish of a reference, held until the transaction ends where asked for."""
    query = select(ForgetWish).where(ForgetWish.ref == ref)
    if hold:
        query = query.with_for_update().execution_options(populate_existing=True)
    return db.scalars(query).one_or_none()
