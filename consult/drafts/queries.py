"""Reads of drafts, as column rows."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.orm import Session

from consult.consultations.models import Consultation, ConsultationState, Window
from consult.drafts.document import Kind
from consult.drafts.models import DraftUpload, DraftVersion, LanguageVersion, Paragraph, ParagraphText, VersionState


class ParagraphRow(NamedTuple):
    """A paragraph of a version with its text in one language."""

    ref: str
    key: str
    kind: Kind
    level: int
    parent_ref: str | None
    language: str
    label: str
    text: str
    html: str
    notes: list[dict[str, str]]


class Published(NamedTuple):
    """What the reading page needs to know before it looks at any paragraph."""

    consultation_id: int
    slug: str
    title: dict[str, str]
    languages: list[str]
    revision: int
    version_id: int
    number: int
    digest: str
    time_zone: str
    comments_open_at: datetime | None  # of the newest window for comments, if there is one
    comments_close_at: datetime | None

    def takes_comments(self, now: datetime) -> bool:
        """Whether the window is open."""
        return (
            self.comments_open_at is not None
            and self.comments_close_at is not None
            and self.comments_open_at <= now < self.comments_close_at
        )


_c, _v, _w = Consultation.__table__.c, DraftVersion.__table__.c, Window.__table__.c
_any = (
    select(
        _c.id, _c.slug, _c.title, _c.languages, _c.revision, _v.id, _v.number, _v.digest,
        _c.time_zone, _w.opens_at, _w.closes_at,
    )
    .join_from(Consultation.__table__, DraftVersion.__table__, _v.consultation_id == _c.id)
    .outerjoin(Window.__table__, (_w.consultation_id == _c.id) & (_w.what == "comments"))
    .where(_c.slug == bindparam("slug"), _v.state == VersionState.PUBLISHED)
    .where(_c.state != ConsultationState.PREPARING)
    .order_by(_v.number.desc(), _w.number.desc())
    .limit(1)
)  # fmt: skip
_newest = _any.where(_v.is_public)
_numbered = _newest.where(_v.number == bindparam("number"))


def find_published(db: Session | Connection, slug: str, number: int | None = None) -> Published | None:
    """The newest public version of a consultation, or the one of a number; None where there is none to show. One query."""
    query = _newest if number is None else _numbered
    row = db.execute(query, {"slug": slug} if number is None else {"slug": slug, "number": number}).one_or_none()
    return Published(*row) if row else None


def public_numbers(db: Session | Connection, consultation_id: int) -> list[int]:
    """The numbers of the public versions, oldest first."""
    query = select(_v.number).where(
        _v.consultation_id == consultation_id, _v.state == VersionState.PUBLISHED, _v.is_public
    )
    return list(db.scalars(query.order_by(_v.number)))


def find_for_invited(db: Session | Connection, slug: str) -> Published | None:
    """The newest published version, also one that only the invited read; None where there is none. One query."""
    row = db.execute(_any, {"slug": slug}).one_or_none()
    return Published(*row) if row else None


def read_paragraphs(db: Session, version_id: int, languages: list[str]) -> list[ParagraphRow]:
    """All paragraphs of a version in order, each in the first of the languages that it has. One query."""
    p, t = Paragraph, ParagraphText
    query = (
        select(p.ref, p.key, p.kind, p.level, p.parent_ref, t.language, t.label, t.text, t.html, t.notes)
        .join(t, t.paragraph_id == p.id)
        .where(p.version_id == version_id, t.language.in_(languages))
        .order_by(p.position)
    )
    best: dict[str, ParagraphRow] = {}
    for found in db.execute(query):
        row = ParagraphRow(*found)
        held = best.get(row.ref)
        if held is None or languages.index(row.language) < languages.index(held.language):
            best[row.ref] = row
    return list(best.values())


def read_languages(db: Session, version_id: int) -> list[LanguageVersion]:
    """The languages in which a version has a text."""
    return list(db.scalars(select(LanguageVersion).where(LanguageVersion.version_id == version_id)))


def list_versions(db: Session, consultation_id: int) -> list[DraftVersion]:
    """All versions of a consultation's draft, newest first."""
    query = select(DraftVersion).where(DraftVersion.consultation_id == consultation_id)
    return list(db.scalars(query.order_by(DraftVersion.number.desc())))


def find_version(db: Session, consultation_id: int, number: int) -> DraftVersion | None:
    """The version of a number."""
    query = select(DraftVersion).where(DraftVersion.consultation_id == consultation_id, DraftVersion.number == number)
    return db.scalars(query).one_or_none()


def list_uploads(db: Session, version_id: int) -> list[DraftUpload]:
    """The files uploaded for a version."""
    return list(db.scalars(select(DraftUpload).where(DraftUpload.version_id == version_id).order_by(DraftUpload.id)))


def find_upload(db: Session, version_id: int, language: str) -> DraftUpload | None:
    """The file uploaded for a version and language."""
    query = select(DraftUpload).where(DraftUpload.version_id == version_id, DraftUpload.language == language)
    return db.scalars(query).one_or_none()
