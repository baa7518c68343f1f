"""What is held about an entry of the registry, gathered from the packages below in one visible list, for whom it is about."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from consult.consultations.models import Consultation, Participant
from consult.consultations.models_declared import OwnDeclaration
from consult.consultations.models_requests import ParticipationRequest
from consult.consultations.queries_entry import list_own_changes
from consult.mailings.models import CampaignRecipient
from consult.mailings.models_outreach import Outreach, OutreachStep
from consult.mailings.timeline import read_timeline
from consult.reports.models_letters import AnswerLetter, AnswerLetterStep
from consult.rounds.models import Comment
from consult.stakeholders.models import Consent, Stakeholder
from consult.stakeholders.models_seats import Seat
from consult.stakeholders.queries import list_contacts
from consult.stakeholders.queries_doubles import ids_as_one, whole_of

MOST = 10_000  # of each kind; more than anybody has
Rows = list[dict[str, Any]]
Read = Callable[[Session, list[int]], Rows]


def collect_own(db: Session, entry: Stakeholder) -> dict[str, Rows]:
    """All of it by part, as rows of plain values; what a part does not know is not in it. No unsent draft: those are behind the door."""
    return collect_parts(db, entry, PARTS)


def collect_parts(db: Session, entry: Stakeholder, parts: Mapping[str, Read]) -> dict[str, Rows]:
    """The same of some parts. Of an entry that was merged those of the one that holds."""
    ids = ids_as_one(db, whole_of(db, entry))
    return {part: [plain(row) for row in read(db, ids)] for part, read in parts.items()}


def count_own_comments(db: Session, stakeholder_id: int) -> int:
    """How many comments of an entry, or of the one that holds in its place, stand, withdrawn ones left out."""
    ids = ids_as_one(db, whole_of(db, db.get_one(Stakeholder, stakeholder_id)))
    theirs = select(Participant.id).where(Participant.stakeholder_id.in_(ids))
    stand = select(func.count()).where(Comment.participant_id.in_(theirs), Comment.withdrawn_at.is_(None))
    return db.scalar(stand) or 0


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row as a copy holds it: plain values, without what is empty."""
    return {name: _value(value) for name, value in row.items() if value not in (None, "", [])}


def _value(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def _columns(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _entries(db: Session, ids: list[int]) -> Rows:
    names = (
        "kind", "name", "category", "group_codes", "region", "language", "also_language_codes", "channel", "email",
        "postal_address", "phone", "access_needs", "basis", "news", "protection", "shows_contact",
        "note", "left_at", "merged_at", "created_at", "updated_at",
    )  # fmt: skip
    query = select(Stakeholder).where(Stakeholder.id.in_(ids)).order_by(Stakeholder.id)
    return [_columns(one, *names) for one in db.scalars(query)]


def _contacts(db: Session, ids: list[int]) -> Rows:
    return [_columns(one, "name", "role", "email", "language") for own in ids for one in list_contacts(db, own)]


def _seats(db: Session, ids: list[int]) -> Rows:
    own = Seat.institution_id.in_(ids) | Seat.holder_id.in_(ids)
    return [_columns(one, "role", "since", "until", "appointed_by") for one in db.scalars(select(Seat).where(own))]


def _consents(db: Session, ids: list[int]) -> Rows:
    query = select(Consent).where(Consent.stakeholder_id.in_(ids)).order_by(Consent.id)
    return [_columns(one, "purpose", "basis", "how", "wording", "at", "given_on") for one in db.scalars(query)]


def _changes(db: Session, ids: list[int]) -> Rows:
    return [_columns(one, "at", "fields") for one in list_own_changes(db, ids, limit=MOST)]


def _declared(db: Session, ids: list[int]) -> Rows:
    d, c = OwnDeclaration, Consultation
    query = select(d, c.slug).outerjoin(c, c.id == d.consultation_id).where(d.stakeholder_id.in_(ids)).order_by(d.id)
    return [{"consultation": slug, **_columns(one, "what", "code", "named", "at")} for one, slug in db.execute(query)]


def _requests(db: Session, ids: list[int]) -> Rows:
    return requests_of(db, ParticipationRequest.stakeholder_id.in_(ids))


def requests_of(db: Session, which: ColumnElement[bool]) -> Rows:
    """What was typed and decided of some requests to take part."""
    r = ParticipationRequest
    names = (
        "ref",
        "state",
        "name",
        "email",
        "why",
        "access_needs",
        "created_at",
        "confirmed_at",
        "due_on",
        "decided_at",
    )
    return [_columns(one, *names) for one in db.scalars(select(r).where(which).order_by(r.id))]


def _mailings(db: Session, ids: list[int]) -> Rows:
    wanted = ("invitation", "reminder", "news", "debriefing", "participation", "import")
    return [
        {"at": one.at, "what": one.what, "consultation": one.says.get("slug"), "list": one.says.get("file")}
        for one in read_timeline(db, ids)
        if one.what in wanted
    ]


def _letters(db: Session, ids: list[int]) -> Rows:
    o, t, r = Outreach, OutreachStep, CampaignRecipient
    query = select(t).join(o, o.recipient_id == t.recipient_id).join(r, r.id == o.recipient_id)
    query = query.where(r.stakeholder_id.in_(ids)).order_by(t.id)
    return [_columns(one, *STEP) for one in db.scalars(query)] + letters_of(db, Participant.stakeholder_id.in_(ids))


STEP = ("at", "way", "state", "on_day", "note")


def letters_of(db: Session, who: ColumnElement[bool]) -> Rows:
    """How letters and calls with answers to some participants stand, and what was noted."""
    answers = select(AnswerLetterStep).join(AnswerLetter, AnswerLetter.id == AnswerLetterStep.letter_id)
    answers = answers.join(Participant, Participant.id == AnswerLetter.participant_id)
    return [_columns(one, *STEP) for one in db.scalars(answers.where(who).order_by(AnswerLetterStep.id))]


def _participants(db: Session, ids: list[int]) -> Rows:
    return participants_of(db, Participant.stakeholder_id.in_(ids))


def participants_of(db: Session, who: ColumnElement[bool]) -> Rows:
    """In which consultations some participants take part, and under what name."""
    p, c = Participant, Consultation
    query = select(p, c.slug).join(c, c.id == p.consultation_id).where(who).order_by(p.id)
    names = (
        "name", "organisation", "category", "language", "email", "invited_at", "last_invited_at", "left_at", "created_at",
    )  # fmt: skip
    return [{"consultation": slug, **_columns(one, *names)} for one, slug in db.execute(query)]


def _comments(db: Session, ids: list[int]) -> Rows:
    return comments_of(db, Participant.stakeholder_id.in_(ids))


def comments_of(db: Session, who: ColumnElement[bool]) -> Rows:
    """What some participants sent."""
    names = (
        "ref", "paragraph_ref", "quoted_text", "text", "suggestion", "evidence", "consent", "channel", "received_at",
        "withdrawn_at",
    )  # fmt: skip
    query = select(Comment).join(Participant, Participant.id == Comment.participant_id)
    return [_columns(one, *names) for one in db.scalars(query.where(who).order_by(Comment.id))]


# Every package that holds something about a person has its line here.
PARTS: dict[str, Read] = {
    "entries": _entries,
    "contact_people": _contacts,
    "seats": _seats,
    "consents": _consents,
    "own_changes": _changes,
    "declared": _declared,
    "requests": _requests,
    "mailings": _mailings,
    "letters": _letters,
    "participants": _participants,
    "comments": _comments,
}
