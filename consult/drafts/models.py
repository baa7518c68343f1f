"""The draft: its versions, their paragraphs, the paragraphs' texts by language, and what was uploaded."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of
from consult.core.ddl import refuse_change, refuse_change_of_part
from consult.drafts.document import Kind

REF_MAX = 40  # characters of "annex1-3"
FILE_NAME_MAX = 200  # characters


class VersionState(StrEnum):
    """Whether people read it yet."""

    PREPARING = "preparing"
    PUBLISHED = "published"


class UploadState(StrEnum):
    """How far an uploaded file is."""

    READING = "reading"
    READ = "read"
    FAILED = "failed"


class DraftVersion(Base):
    """One version of the draft of a consultation. Once published it never changes (invariant 1).

    Source: docs/decisions/0005-drafts.md
    """

    __tablename__ = "draft_version"
    __table_args__ = (
        UniqueConstraint("consultation_id", "number"),
        # One at a time is being prepared.
        Index(
            "uq_draft_version_preparing",
            "consultation_id",
            unique=True,
            sqlite_where=text("state = 'preparing'"),
            postgresql_where=text("state = 'preparing'"),
        ),
        CheckConstraint("(state = 'published') = (published_at IS NOT NULL)", name="published_has_instant"),
        CheckConstraint("number >= 1", name="number_from_one"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    number: Mapped[int]  # 1, 2, ... within the consultation
    state: Mapped[VersionState] = mapped_column(code_of(VersionState))
    is_public: Mapped[bool] = mapped_column(default=False)  # False: only participants of its round may read it
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    digest: Mapped[str | None] = mapped_column(String(64))  # SHA-256 over refs, keys and texts, hex; set when published


class LanguageVersion(Base):
    """A version in one language: its title lines and measures. The first applied is the one the others follow."""

    __tablename__ = "language_version"
    __table_args__ = (UniqueConstraint("version_id", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("draft_version.id"))
    language: Mapped[str] = mapped_column(String(12))
    file_name: Mapped[str] = mapped_column(String(FILE_NAME_MAX))  # as uploaded, for staff
    words: Mapped[dict[str, Any]]  # {"body", "notes", "front_matter", "annexes"}: number of words
    front: Mapped[list[Any]]  # the lines before the first heading, cleaned HTML


class Paragraph(Base):
    """One block of a version in all its languages: its place, its number, and the key that stays through versions."""

    __tablename__ = "paragraph"
    __table_args__ = (
        UniqueConstraint("version_id", "ref"),
        UniqueConstraint("version_id", "key"),
        UniqueConstraint("version_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("draft_version.id"))
    key: Mapped[str] = mapped_column(String(20))  # random; the same in every version and language
    ref: Mapped[str] = mapped_column(String(REF_MAX))  # readable in this version: 47, 62a, annex1-3, h-iv, t2
    position: Mapped[int]
    kind: Mapped[Kind] = mapped_column(code_of(Kind))
    level: Mapped[int]  # of a heading 1, 2, ...; of a sub-item or bullet its depth; else 0
    parent_ref: Mapped[str | None] = mapped_column(String(REF_MAX))  # the numbered paragraph it belongs to


class ParagraphText(Base):
    """The text of a paragraph in one language: plain for comparing and counting, cleaned HTML for showing."""

    __tablename__ = "paragraph_text"
    __table_args__ = (UniqueConstraint("paragraph_id", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("draft_version.id"), index=True)
    paragraph_id: Mapped[int] = mapped_column(ForeignKey("paragraph.id"))
    language: Mapped[str] = mapped_column(String(12))
    label: Mapped[str] = mapped_column(String(80))  # as it stands before the text: "47.", "(a)", "III."
    text: Mapped[str]  # plain, blanks as one, without number and note marks
    html: Mapped[str]  # cleaned when written (core/richtext.py)
    notes: Mapped[list[Any]]  # [{"mark", "html"}] in order


class DraftUpload(Base):
    """A file uploaded for a version and language, and what we read in it, until the version is published."""

    __tablename__ = "draft_upload"
    __table_args__ = (
        UniqueConstraint("version_id", "language"),
        CheckConstraint("(state = 'read') = (document IS NOT NULL)", name="read_has_document"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("draft_version.id"))
    language: Mapped[str] = mapped_column(String(12))
    file_name: Mapped[str] = mapped_column(String(FILE_NAME_MAX))
    file_key: Mapped[str] = mapped_column(String(80), unique=True)
    file_size: Mapped[int]  # bytes
    state: Mapped[UploadState] = mapped_column(code_of(UploadState))
    task_ref: Mapped[str | None] = mapped_column(String(20))
    document: Mapped[dict[str, Any] | None]  # consult/drafts/document.py, as JSON, with the corrections made since
    edition: Mapped[int] = mapped_column(default=0)  # of the corrections; a form that shows an older one is stale
    uploaded_at: Mapped[datetime]


refuse_change("draft_version", "published_version_never_changes", when="old.state = 'published'")
for _table in ("language_version", "paragraph", "paragraph_text"):
    refuse_change_of_part(
        _table,
        f"published_{_table}_never_changes",
        parent="draft_version",
        via="version_id",
        when="state = 'published'",
    )
