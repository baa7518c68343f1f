"""Reads of requests to take part."""

from datetime import date, datetime, timedelta
from statistics import median
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from consult.consultations.models import Consultation, ConsultationState, Participant
from consult.consultations.models_requests import ParticipationRequest, RequestState
from consult.consultations.rules_requests import UNCONFIRMED_MAILS
from consult.core.days import day_of
from consult.core.texts import Texts
from consult.stakeholders.keys import double_key
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.phones import phone_key
from consult.stakeholders.queries_doubles import Likeness

PAGE = 50  # requests a page
YEAR = timedelta(days=365)
r = ParticipationRequest


def find_request(db: Session, ref: str) -> ParticipationRequest | None:
    """The request of a reference, once its address is confirmed: before that nobody but its writer knows of it."""
    return db.scalars(select(r).where(r.ref == ref, r.state != RequestState.UNCONFIRMED)).one_or_none()


def find_by_link(db: Session, digest: bytes) -> ParticipationRequest | None:
    """The request whose address a link confirms."""
    return db.scalars(select(r).where(r.digest == digest)).one_or_none()


def find_by_key(db: Session, once: bytes) -> ParticipationRequest | None:
    """The request that a form made."""
    return db.scalars(select(r).where(r.once == once)).one_or_none()


def is_mail_due(db: Session, email_key: str, *, now: datetime) -> bool:
    """Whether one more link may go to an address that was just typed: anybody can type that of somebody else."""
    since = now - timedelta(hours=1)
    asked = select(func.count()).where(r.email_key == email_key, r.created_at > since, r.digest.is_not(None))
    return (db.scalar(asked) or 0) < UNCONFIRMED_MAILS


def list_waiting(db: Session) -> list[ParticipationRequest]:
    """What waits for a decision, what is due first at the top."""
    return list(db.scalars(select(r).where(r.state == RequestState.WAITING).order_by(r.due_on, r.id)))


def list_decided(db: Session, *, after: int = 0, refused_only: bool = False) -> tuple[list[ParticipationRequest], int]:
    """A page of decided requests, the newest first, and where the next page begins (0 at the end)."""
    states = [RequestState.REFUSED] if refused_only else [RequestState.ACCEPTED, RequestState.REFUSED]
    query = select(r).where(r.state.in_(states))
    if after:
        query = query.where(r.id < after)
    found = list(db.scalars(query.order_by(r.id.desc()).limit(PAGE + 1)))
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else 0


def list_to_tell(db: Session) -> list[ParticipationRequest]:
    """Those decided whose writers gave no e-mail address and know nothing yet, what was promised first at the top."""
    open_ = r.decided_at.is_not(None), r.erased_at.is_(None), r.told_at.is_(None), r.email == ""
    return list(db.scalars(select(r).where(*open_).order_by(r.due_on, r.id)))


class Waiting(NamedTuple):
    """How many requests wait, how many of these are due today, and how many should have been decided by now."""

    waiting: int
    due: int
    overdue: int


def count_waiting(db: Session, today: date) -> Waiting:
    """For the staff's first page."""
    days = list(db.scalars(select(r.due_on).where(r.state == RequestState.WAITING)))
    return Waiting(len(days), days.count(today), sum(day is not None and day < today for day in days))


class Account(NamedTuple):
    """What became of the requests of the last twelve months, for staff and observer."""

    asked: int
    accepted: int
    refused: int
    waiting: int
    late: int  # decided after the day that was promised, or still waiting after it
    days: float | None  # half of the decided ones took so many days or fewer; None where none is decided
    longest: int | None


def account_of(db: Session, *, now: datetime) -> Account:
    """Count what was asked in the twelve months before now. Only requests that reached us: addresses were confirmed."""
    query = select(r.state, r.confirmed_at, r.decided_at, r.due_on)
    rows = db.execute(query.where(r.confirmed_at > now - YEAR)).all()
    states = [row[0] for row in rows]
    took = [(row[2] - row[1]).days for row in rows if row[1] is not None and row[2] is not None]
    late = sum(row[3] is not None and day_of(row[2] or now) > row[3] for row in rows)
    return Account(
        asked=len(rows),
        accepted=states.count(RequestState.ACCEPTED),
        refused=states.count(RequestState.REFUSED),
        waiting=states.count(RequestState.WAITING),
        late=late,
        days=median(took) if took else None,
        longest=max(took, default=None),
    )


def find_accepted(db: Session, request: ParticipationRequest) -> Participant | None:
    """As whom an accepted one takes part in the consultation that they asked from, while it goes on."""
    p, c, s = Participant, Consultation, Stakeholder
    entry = db.get(s, request.stakeholder_id) if request.stakeholder_id is not None else None
    if entry is None:
        return None
    whole = entry.merged_into or entry.id
    ids = select(s.id).where((s.id == whole) | (s.merged_into == whole))
    query = select(p).join(c, c.id == p.consultation_id).where(c.id == request.consultation_id)
    query = query.where(c.state == ConsultationState.OPEN, p.stakeholder_id.in_(ids))
    return db.scalars(query.order_by(p.id).limit(1)).first()


class Alike(NamedTuple):
    """An entry of the registry that may be the one who asks, and in what."""

    entry: Stakeholder
    alike: list[Likeness]


def list_alike(db: Session, request: ParticipationRequest) -> list[Alike]:
    """The entries of the same kind with the same name, address or telephone, the oldest first; a page at most."""
    s = Stakeholder
    keys = {
        Likeness.NAME: (s.double_key, double_key(request.name)),
        Likeness.EMAIL: (s.email_key, request.email_key),
        Likeness.PHONE: (s.phone_key, phone_key(request.phone)),
    }
    given = {how: (column, key) for how, (column, key) in keys.items() if key}
    if not given:
        return []
    query = select(s).where(s.kind == request.kind, s.merged_into.is_(None))
    query = query.where(or_(*(column == key for column, key in given.values())))
    return [
        Alike(entry, [how for how, (column, key) in given.items() if getattr(entry, column.key) == key])
        for entry in db.scalars(query.order_by(s.id).limit(PAGE))
    ]


def titles_of(db: Session, requests: list[ParticipationRequest]) -> dict[int, Texts]:
    """The titles of the consultations from whose pages some requests came, by their ids."""
    c, ids = Consultation, {one.consultation_id for one in requests if one.consultation_id}
    return {row[0]: row[1] for row in db.execute(select(c.id, c.title).where(c.id.in_(ids)))} if ids else {}
