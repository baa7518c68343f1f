"""Reads about the whole installation."""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.consultations.models import Consultation
from consult.core.texts import Texts
from consult.site.models import Installation


def find_installation(db: Session) -> Installation | None:
    """What an administrator decided, or None where nobody has yet."""
    return db.get(Installation, 1)


def has_staff(db: Session) -> bool:
    """Whether anybody works here."""
    return bool(db.scalar(select(exists(select(Staff.id)))))


def languages_in_use(db: Session) -> set[str]:
    """The languages in which consultations are held, over ones included."""
    return {code for codes in db.scalars(select(Consultation.languages)) for code in codes}


def read_privacy(db: Session) -> tuple[Texts, int]:
    """The installation's own privacy notice, empty where there is none, and its revision."""
    row = db.execute(select(Installation.privacy, Installation.revision).where(Installation.id == 1)).one_or_none()
    return (row[0], row[1]) if row else (Texts(), 0)
