"""Reads of rounds and comments."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, aliased

from consult.consultations.models import Consultation, ConsultationState, Participant
from consult.consultations.queries_protected import may_be_named, names_shown
from consult.drafts.models import DraftVersion, Paragraph, ParagraphText
from consult.rounds.models import Comment, CommentDraft, Consent, Round
from consult.stakeholders.models import Stakeholder

PAGE = 50  # comments a page
FIRST = -(2**31)  # before every id of a comment


class Quoted(NamedTuple):
    """A paragraph as a commenter sees it, with what belongs to it."""

    key: str
    ref: str
    text: str
    language: str


class Listed(NamedTuple):
    """A comment in the staff's list."""

    id: int
    ref: str
    paragraph_ref: str
    text: str
    suggestion: str
    quoted_text: str
    evidence: str
    consent: Consent
    language: str
    received_at: datetime | None  # None through safe
    withdrawn_at: datetime | None
    name: str | None
    organisation: str | None
    is_visitor: bool  # whoever typed these names came through no door of the registry


def latest_round(db: Session, consultation_id: int) -> Round | None:
    """The newest round of a consultation."""
    query = select(Round).where(Round.consultation_id == consultation_id).order_by(Round.number.desc()).limit(1)
    return db.scalars(query).one_or_none()


def find_commented(db: Session, slug: str) -> tuple[Consultation, Round, DraftVersion] | None:
    """A consultation that the public may see, its newest round, and the version that it is about; in one query."""
    row = db.execute(_COMMENTED, {"slug": slug}).one_or_none()
    return (row[0], row[1], row[2]) if row else None


# What every comment asks is built once, when this module is loaded.
_COMMENTED = (
    select(Consultation, Round, DraftVersion)
    .join(Round, Round.consultation_id == Consultation.id)
    .join(DraftVersion, DraftVersion.id == Round.version_id)
    .where(Consultation.slug == bindparam("slug"), Consultation.state != ConsultationState.PREPARING)
    .order_by(Round.number.desc())
    .limit(1)
)


def find_quoted(db: Session, version_id: int, ref: str, languages: list[str]) -> Quoted | None:
    """The paragraph of a ref in a version, in the first of the languages it has, with all that belongs to it."""
    rows = db.execute(_QUOTED, {"version": version_id, "ref": ref, "languages": languages}).all()
    own = [row for row in rows if row.ref == ref]
    if not own:
        return None
    best = min(own, key=lambda row: languages.index(row.language))
    inner = [f"{row.label} {row.text}".strip() for row in rows if row.ref != ref and row.language == best.language]
    return Quoted(best.key, best.ref, "\n".join([best.text, *inner]), best.language)


_QUOTED = (
    select(
        Paragraph.key,
        Paragraph.ref,
        Paragraph.position,
        ParagraphText.language,
        ParagraphText.label,
        ParagraphText.text,
    )
    .join(ParagraphText, ParagraphText.paragraph_id == Paragraph.id)
    .where(
        Paragraph.version_id == bindparam("version"),
        (Paragraph.ref == bindparam("ref")) | (Paragraph.parent_ref == bindparam("ref")),
        ParagraphText.language.in_(bindparam("languages", expanding=True)),
    )
    .order_by(Paragraph.position)
)


def find_by_once(db: Session, once: bytes) -> Comment | None:
    """The comment that a form with this key has made already."""
    return db.scalars(_BY_ONCE, {"once": once}).one_or_none()


_BY_ONCE = select(Comment).where(Comment.once == bindparam("once"))


def find_comment(db: Session, ref: str) -> Comment | None:
    """The comment of a reference."""
    return db.scalars(select(Comment).where(Comment.ref == ref)).one_or_none()


def list_comments(db: Session, round_id: int, *, after: int = FIRST) -> list[Listed]:
    """A page of a round's comments for its team: those without a name in an order of chance, then the others by arrival.

    Keyset paging by `after`, an id.
    """
    c, w = Comment, Participant
    query = (
        select(
            c.id, c.ref, c.paragraph_ref, c.text, c.suggestion, c.quoted_text, c.evidence, c.consent, c.language,
            c.received_at, c.withdrawn_at, *names_shown(), w.stakeholder_id.is_(None),
        )
        .outerjoin(w, w.id == c.participant_id)
        .where(c.round_id == round_id, c.id > after)
        .order_by(c.id)
        .limit(PAGE)
    )  # fmt: skip
    return [Listed._make(row) for row in db.execute(query)]


class Taking(NamedTuple):
    """Someone who takes part, as the team's list shows them."""

    id: int
    ref: str
    name: str
    organisation: str
    address: str  # "" = none
    invited_at: datetime | None  # None = came by themselves
    left_at: datetime | None  # asked for no more mail about this consultation
    is_visitor: bool  # in no registry
    is_erased: bool


PARTICIPANTS = 50  # a page


def list_participants(db: Session, consultation_id: int, *, after: int = 0) -> list[Taking]:
    """A page of a consultation's participants, those who came first at the top; none that is protected. Keyset paging by `after`."""
    p, own, s = Participant, aliased(Stakeholder), Stakeholder
    query = (
        select(
            p.id,
            p.ref,
            p.name,
            p.organisation,
            func.coalesce(s.email, p.email),
            p.invited_at,
            p.left_at,
            p.stakeholder_id.is_(None),
            p.erased_at.is_not(None),
        )
        .outerjoin(own, own.id == p.stakeholder_id)
        .outerjoin(s, s.id == func.coalesce(own.merged_into, own.id))
        .where(p.consultation_id == consultation_id, p.id > after, may_be_named())
        .order_by(p.id)
        .limit(PARTICIPANTS)
    )
    return [Taking._make(row) for row in db.execute(query)]


def find_participant(db: Session, consultation_id: int, ref: str) -> Participant | None:
    """A participant of a consultation by their code."""
    query = select(Participant).where(Participant.consultation_id == consultation_id, Participant.ref == ref)
    return db.scalars(query).one_or_none()


def count_comments(db: Session, round_id: int) -> int:
    """How many comments a round has, for its team only."""
    return db.scalar(select(func.count()).select_from(Comment).where(Comment.round_id == round_id)) or 0


def find_comment_draft(db: Session, round_id: int, participant_id: int, ref: str) -> CommentDraft | None:
    """What a participant has kept on a paragraph. For that participant's own pages only (invariant 14)."""
    d = CommentDraft
    query = select(d).where(d.round_id == round_id, d.participant_id == participant_id, d.paragraph_ref == ref)
    return db.scalars(query).one_or_none()


def list_comment_drafts(db: Session, round_id: int, participant_id: int) -> list[CommentDraft]:
    """All that a participant has kept, the oldest first. For that participant's own pages only (invariant 14)."""
    d = CommentDraft
    query = select(d).where(d.round_id == round_id, d.participant_id == participant_id)
    return list(db.scalars(query.order_by(d.id)))


def list_own_comments(db: Session, participant_id: int) -> list[Comment]:
    """What a participant has sent, newest first."""
    return list(db.scalars(select(Comment).where(Comment.participant_id == participant_id).order_by(Comment.id.desc())))


def find_own_comment(db: Session, participant_id: int, ref: str) -> Comment | None:
    """A comment of a reference, if this participant sent it."""
    query = select(Comment).where(Comment.ref == ref, Comment.participant_id == participant_id)
    return db.scalars(query).one_or_none()
