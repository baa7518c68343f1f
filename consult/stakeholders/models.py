"""The registry's tables."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of
from consult.core.ddl import refuse_change

NAME_MAX = 200  # characters
EMAIL_MAX = 254  # characters, RFC 5321
NOTE_MAX = 2_000  # characters
IMPORT_ROWS_MAX = 50_000
IMPORT_MAX_MB = 20


class StakeholderKind(StrEnum):
    """Both are first class."""

    ORGANISATION = "organisation"
    PERSON = "person"


class Basis(StrEnum):
    """Why we may write to them. Without one we do not (invariant 6)."""

    CONSENT = "consent"  # they said yes
    DUTY = "duty"  # they hold an office that takes part by law or appointment
    NONE = "none"


class Stakeholder(Base):
    """An organisation or a person in the registry.

    Groups represented belong to organisations, as they declare them: for a person they would make a target list, so the
    database refuses them there. Source: A/HRC/50/64, paragraphs 47 to 49.
    """

    __tablename__ = "stakeholder"
    __table_args__ = (
        UniqueConstraint("kind", "name_key", "email_key"),
        CheckConstraint("kind = 'organisation' OR groups = ''", name="groups_of_organisations_only"),
        CheckConstraint("basis = 'none' OR email <> ''", name="basis_needs_address"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)  # random, for addresses of staff pages
    kind: Mapped[StakeholderKind] = mapped_column(code_of(StakeholderKind))
    name: Mapped[str] = mapped_column(String(NAME_MAX))
    name_key: Mapped[str] = mapped_column(String(NAME_MAX))  # casefolded, for finding doubles
    category: Mapped[str] = mapped_column(String(40), index=True)  # code of the vocabulary
    groups: Mapped[str] = mapped_column(String(400), default="")  # codes with commas around each: ",women,youth,"
    language: Mapped[str] = mapped_column(String(12))
    email: Mapped[str] = mapped_column(String(EMAIL_MAX), default="")
    email_key: Mapped[str] = mapped_column(String(EMAIL_MAX), default="", index=True)
    basis: Mapped[Basis] = mapped_column(code_of(Basis))
    left_at: Mapped[datetime | None]  # asked not to be written to at all; nothing overrides it
    note: Mapped[str] = mapped_column(String(NOTE_MAX), default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def person_ref(self) -> str:
        """The opaque reference that mails and facts keep: "stakeholder:5"."""
        return f"stakeholder:{self.id}"

    @property
    def group_codes(self) -> list[str]:
        """The groups represented, as codes."""
        return [code for code in self.groups.split(",") if code]


class Consent(Base):
    """One act of consenting, refusing or leaving: when, how, by which words. Never changed, only added to."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    stakeholder_id: Mapped[int] = mapped_column(ForeignKey("stakeholder.id"), index=True)
    basis: Mapped[Basis] = mapped_column(code_of(Basis))
    how: Mapped[str] = mapped_column(String(40))  # form, import, link, letter, phone
    by: Mapped[str] = mapped_column(String(40))  # "staff:7" or "self"; no foreign key
    at: Mapped[datetime]


class LeftAddress(Base):
    """An address whose reader asked that nothing be sent there any more, whoever has it. Known by its key only.

    It outlives the entries and participants that had the address, and meets those who bring it anew.
    """

    __tablename__ = "left_address"

    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)  # consult.mail.keys.address_key
    at: Mapped[datetime]


class ImportState(StrEnum):
    """How far an import is."""

    READING = "reading"
    PREVIEW = "preview"
    APPLYING = "applying"
    APPLIED = "applied"
    FAILED = "failed"


class StakeholderImport(Base):
    """An uploaded list, from file to preview to registry."""

    __tablename__ = "stakeholder_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)
    file_name: Mapped[str] = mapped_column(String(200))
    file_key: Mapped[str] = mapped_column(String(80), unique=True)
    state: Mapped[ImportState] = mapped_column(code_of(ImportState))
    basis: Mapped[Basis] = mapped_column(code_of(Basis))  # what the one who uploads says of the whole list
    owner: Mapped[str] = mapped_column(String(40))  # "staff:7"
    created_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    ignored: Mapped[list[Any] | None]  # names of columns that we do not know; None = not read yet


class RowState(StrEnum):
    """What applying a row of a list would do."""

    NEW = "new"
    SAME = "same"
    CHANGED = "changed"
    WRONG = "wrong"


class ImportRow(Base):
    """One row of an uploaded list, with what it would do."""

    __tablename__ = "stakeholder_import_row"
    __table_args__ = (UniqueConstraint("import_id", "line"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("stakeholder_import.id", ondelete="CASCADE"))
    line: Mapped[int]  # as the file counts, the header being 1
    state: Mapped[RowState] = mapped_column(code_of(RowState))
    values: Mapped[dict[str, Any]]  # by column of ours
    problems: Mapped[list[Any]]  # [{"column", "code", "value"}]
    changes: Mapped[list[Any]]  # of a changed one: [{"column", "old", "new"}]
    stakeholder_id: Mapped[int | None] = mapped_column(ForeignKey("stakeholder.id"))
    applied: Mapped[bool] = mapped_column(default=False)


refuse_change("consent", "consent_only_added_to")
