"""Reads of consultations."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.consultations.models import (
    NAMELESS,
    Consultation,
    ConsultationState,
    Participation,
    TeamMember,
    TermsPart,
    TermsText,
    Window,
)
from consult.core.texts import Texts


class Listed(NamedTuple):
    """A consultation in a list."""

    id: int
    slug: str
    title: Texts
    kind: str
    cycle: str
    state: ConsultationState
    time_zone: str


def find_consultation(db: Session, slug: str) -> Consultation | None:
    """The consultation of a slug."""
    return db.scalars(select(Consultation).where(Consultation.slug == slug)).one_or_none()


def find_public(db: Session, slug: str) -> Consultation | None:
    """The consultation of a slug, unless it is still being prepared."""
    found = find_consultation(db, slug)
    return found if found and found.state is not ConsultationState.PREPARING else None


def list_public(db: Session) -> list[Consultation]:
    """All that the public may see, newest first."""
    query = select(Consultation).where(Consultation.state != ConsultationState.PREPARING)
    return list(db.scalars(query.order_by(Consultation.id.desc())))


def list_of_team(db: Session, staff_id: int) -> list[Listed]:
    """The consultations on whose team someone is, newest first."""
    c = Consultation
    query = (
        select(c.id, c.slug, c.title, c.kind, c.cycle, c.state, c.time_zone)
        .join(
            TeamMember,
            (TeamMember.consultation_id == c.id) & (TeamMember.staff_id == staff_id) & TeamMember.until.is_(None),
        )
        .order_by(c.id.desc())
    )
    return [Listed(*row) for row in db.execute(query)]


def is_on_team(db: Session, consultation_id: int, staff_id: int) -> bool:
    """Whether someone is on the team now."""
    query = select(TeamMember.id).where(
        TeamMember.consultation_id == consultation_id, TeamMember.staff_id == staff_id, TeamMember.until.is_(None)
    )
    return db.scalar(query) is not None


def list_team(db: Session, consultation_id: int) -> list[Staff]:
    """Who is on the team now, by name."""
    query = select(Staff).join(TeamMember, TeamMember.staff_id == Staff.id)
    query = query.where(TeamMember.consultation_id == consultation_id, TeamMember.until.is_(None))
    return list(db.scalars(query.order_by(Staff.name)))


def newest_window(db: Session, consultation_id: int, what: str = "comments") -> Window | None:
    """The newest time in which something of a consultation is, was or will be open."""
    query = select(Window).where(Window.consultation_id == consultation_id, Window.what == what)
    return db.scalars(query.order_by(Window.number.desc()).limit(1)).one_or_none()


def took_part(db: Session, participant_id: int, window: Window) -> bool:
    """Whether someone took part in a window, as far as higher packages wrote it down."""
    p = Participation
    query = select(p.at).where(p.participant_id == participant_id, p.what == window.what, p.number == window.number)
    return db.scalar(query) is not None


def takes_nameless(db: Session, consultation_id: int, *, now: datetime) -> bool:
    """Whether comments without a name are taken now."""
    w = Window
    query = select(w.id).where(
        w.consultation_id == consultation_id, w.what == NAMELESS, w.opens_at <= now, w.closes_at > now
    )
    return db.scalar(query) is not None


def newest_terms_number(db: Session, consultation_id: int) -> int:
    """The number of the terms that hold now; 0 where there are none yet."""
    return db.scalar(select(func.max(TermsText.number)).where(TermsText.consultation_id == consultation_id)) or 0


def read_terms(db: Session, consultation_id: int, number: int) -> dict[TermsPart, Texts]:
    """A version of the terms: each part in its languages."""
    rows = db.execute(
        select(TermsText.part, TermsText.language, TermsText.text).where(
            TermsText.consultation_id == consultation_id, TermsText.number == number
        )
    )
    terms: dict[TermsPart, Texts] = {part: Texts() for part in TermsPart}
    for part, language, words in rows:
        terms[part][language] = words
    return terms
