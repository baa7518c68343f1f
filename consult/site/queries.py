"""Reads about the whole installation, and what the home page says of each consultation."""

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.consultations.models import Consultation, ConsultationState, Window
from consult.core.days import day_in
from consult.core.texts import Texts
from consult.drafts.models import DraftVersion
from consult.reports.models import Report
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


class AtHome(NamedTuple):
    """A consultation as the home page needs it."""

    consultation: Consultation
    is_readable: bool  # everybody may read a version of the draft
    opens_at: datetime | None  # of the newest window for comments
    closes_at: datetime | None
    is_answered: bool  # a report is published

    def takes_comments(self, now: datetime) -> bool:
        """Whether one can comment."""
        return self.opens_at is not None and self.closes_at is not None and self.opens_at <= now < self.closes_at

    def closes_on(self) -> date | None:
        """The last day for comments, where the consultation is held."""
        return day_in(self.consultation.time_zone, self.closes_at) if self.closes_at else None


def list_at_home(db: Session) -> list[AtHome]:
    """All that the public may see, newest first. One query."""
    c, other = Consultation, Window.__table__.alias("other")
    newest = select(func.max(other.c.number)).where(other.c.consultation_id == c.id, other.c.what == "comments")
    is_newest = Window.number == newest.correlate(Consultation).scalar_subquery()
    query = (
        select(
            c,
            exists().where(DraftVersion.consultation_id == c.id, DraftVersion.is_public),
            Window.opens_at,
            Window.closes_at,
            exists().where(Report.consultation_id == c.id),
        )
        .outerjoin(Window, (Window.consultation_id == c.id) & (Window.what == "comments") & is_newest)
        .where(c.state != ConsultationState.PREPARING)
        .order_by(c.id.desc())
    )
    return [AtHome(*row) for row in db.execute(query)]
