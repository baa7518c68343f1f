"""The tables of officers and of consultation keys. Public halves and signed texts only: no secret key is ever here."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.crypto import PADDED, SEAL_OVERHEAD
from consult.core.db import Base, code_of
from consult.core.ddl import refuse_change, refuse_when
from consult.custody.guarding import guard

OFFICER_NAME_MAX = 200  # characters, of name and institution
CARD_MAX = 4_000  # bytes of a signed card
SIGNED_MAX = 20_000  # bytes of another signed text of an officer
OPENING_MAX = 200_000  # bytes of an opening file with all its halves
KEY = 32  # bytes of a public key
SEALED_ENTRY = PADDED[0] + SEAL_OVERHEAD  # bytes of a sealed entry: all alike, whatever they say
FINGERPRINT = 47  # characters: eight groups of five digits


class Appointed(StrEnum):
    """By whom an officer was appointed. Source: reference safe.md 3.3."""

    ADMINISTRATOR = "administrator"  # the first ones, before anything was sealed to officers
    OFFICERS = "officers"  # two officers
    PAPER = "paper"  # the only officer there was, with an enrolment on paper that everybody can read about
    REPLACEMENT = "replacement"  # after a roll call that no officer answered: decision 0036


class Officer(Base):
    """Someone's public card as they handed it in; an officer from the appointment until the end. Keys never change.

    One person has one card at a time; another card is another row.
    """

    __tablename__ = "officer"
    __table_args__ = (
        CheckConstraint("(appointed_at IS NULL) = (appointed_how IS NULL)", name="appointed_somehow"),
        CheckConstraint("(paper_on IS NOT NULL) = (COALESCE(appointed_how, '') = 'paper')", name="paper_has_its_day"),
        Index(
            "uq_officer_now",
            "staff_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)  # random
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    card: Mapped[str]  # the whole signed text
    name: Mapped[str] = mapped_column(String(OFFICER_NAME_MAX))
    institution: Mapped[str] = mapped_column(String(OFFICER_NAME_MAX))
    in_ministry: Mapped[bool]  # works in the ministry that drafts: said wherever the officer is named
    box: Mapped[bytes] = mapped_column(LargeBinary(KEY))
    sign: Mapped[bytes] = mapped_column(LargeBinary(KEY))
    fingerprint: Mapped[str] = mapped_column(String(FINGERPRINT), unique=True)
    handed_in_at: Mapped[datetime]
    appointed_at: Mapped[datetime | None]  # None = handed in the card, and may do nothing yet
    appointed_how: Mapped[Appointed | None] = mapped_column(code_of(Appointed))
    paper_on: Mapped[date | None]  # day of the enrolment on paper
    ended_at: Mapped[datetime | None]

    @property
    def serves(self) -> bool:
        """Whether they are an officer now."""
        return self.appointed_at is not None and self.ended_at is None


class Appointment(Base):
    """An officer's signed word that a newcomer's card is the one whose fingerprint they read on paper."""

    __tablename__ = "appointment"
    __table_args__ = (UniqueConstraint("officer_id", "by_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))  # the newcomer
    by_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    signed: Mapped[str]
    at: Mapped[datetime]


class Opening(Base):
    """One signed list of the public keys of a consultation. The list only grows; safe pins the first."""

    __tablename__ = "opening"
    __table_args__ = (UniqueConstraint("consultation_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    number: Mapped[int]  # 1, 2, ...
    signed: Mapped[str]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[datetime]


class ConsultationKey(Base):
    """A public key to which comments without a name are sealed."""

    __tablename__ = "consultation_key"
    __table_args__ = (
        UniqueConstraint("consultation_id", "number"),
        UniqueConstraint("public"),
        CheckConstraint("(stopped_at IS NULL) = (stop IS NULL)", name="stopped_with_a_signature"),
        CheckConstraint("(sheet_at IS NULL) = (sheet_by_id IS NULL)", name="sheet_confirmed_by_someone"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    number: Mapped[int]
    public: Mapped[bytes] = mapped_column(LargeBinary(KEY))
    last_release: Mapped[int | None]  # of safe, which it still serves; None = in use
    sheet_at: Mapped[datetime | None]  # an officer has put the recovery sheet away
    sheet_by_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    used_at: Mapped[datetime | None]  # a round that takes comments without a name opened with it
    stop: Mapped[str | None]  # an officer's signed word that it is used no more
    stopped_at: Mapped[datetime | None]


class HalfCopy(Base):
    """One officer's sealed half of a consultation key: that they have it, and in the end that they erased it.

    The half itself is a file outside of the database, until every officer has confirmed theirs.
    """

    __tablename__ = "half_copy"
    __table_args__ = (
        UniqueConstraint("key_id", "officer_id"),
        CheckConstraint("(erased_at IS NULL) = (erased IS NULL)", name="erased_with_a_signature"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[int] = mapped_column(ForeignKey("consultation_key.id"))
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    file_name: Mapped[str | None] = mapped_column(String(60))  # in the folder of halves; None = deleted here
    handed_out_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    erased: Mapped[str | None]  # the signed word
    erased_at: Mapped[datetime | None]


class SafeFile(Base):
    """A file for safe. Its content lies in the file store before this row is written, so a killed worker loses nothing."""

    __tablename__ = "safe_file"
    __table_args__ = (UniqueConstraint("consultation_id", "purpose", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    purpose: Mapped[str] = mapped_column(String(20))  # manifest, answers, cells
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(
        String(64)
    )  # of what it says, without its number: the same again is not written
    file_key: Mapped[str | None] = mapped_column(String(80))  # None = a newer one has taken its place
    laid_at: Mapped[datetime | None]  # in the folder; None = the sweep lays it there


class SealedEntry(Base):
    """Who a protected entry of the registry is, as one officer can open it, and nobody else.

    One row for each officer who serves; the content is the same. A correction puts a new edition in the place of the
    one before. Without any row nobody ever knows again who it was. Source: decisions 0028 and 0012.
    """

    __tablename__ = "sealed_entry"
    __table_args__ = (
        CheckConstraint(f"length(sealed) = {SEALED_ENTRY}", name="all_of_one_length"),
        CheckConstraint("edition > 0", name="edition_counts_from_one"),
    )

    stakeholder_id: Mapped[int] = mapped_column(ForeignKey("stakeholder.id"), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True, index=True)
    edition: Mapped[int]  # 1, 2, ... with every correction
    sealed: Mapped[bytes] = mapped_column(LargeBinary(SEALED_ENTRY))


refuse_when(
    "sealed_entry",
    "sealed_entry_of_a_protected",
    before="INSERT",
    when="NOT EXISTS (SELECT 1 FROM stakeholder AS s WHERE s.id = new.stakeholder_id AND s.protection = 'protected')",
)
refuse_when(
    "sealed_entry",
    "sealed_to_who_serves",
    before="INSERT",
    when="NOT EXISTS (SELECT 1 FROM officer AS o WHERE o.id = new.officer_id AND o.appointed_at IS NOT NULL AND o.ended_at IS NULL)",
)
refuse_change("officer", "officer_keys_never_change", allow=("appointed_at", "appointed_how", "paper_on", "ended_at"))
refuse_change(
    "officer",
    "appointment_is_final",
    when="old.appointed_at IS NOT NULL",
    allow=("ended_at",),
    delete_too=False,
)
refuse_change("officer", "ended_officer_stays_ended", when="old.ended_at IS NOT NULL", delete_too=False)
refuse_change("appointment", "appointment_never_changes")
refuse_change("opening", "opening_never_changes")
refuse_change(
    "consultation_key",
    "consultation_key_never_changes",
    allow=("last_release", "sheet_at", "sheet_by_id", "used_at", "stop", "stopped_at"),
)
refuse_change(
    "consultation_key", "use_of_a_key_is_kept", when="old.used_at IS NOT NULL AND new.used_at IS NULL", delete_too=False
)
refuse_change(
    "consultation_key",
    "stopped_key_stays_stopped",
    when="old.stopped_at IS NOT NULL AND new.stop IS NULL",
    delete_too=False,
)
refuse_change(
    "half_copy", "half_copy_only_confirmed", allow=("file_name", "handed_out_at", "confirmed_at", "erased", "erased_at")
)
refuse_change(
    "half_copy",
    "confirmation_is_final",
    when="(old.confirmed_at IS NOT NULL AND new.confirmed_at IS NULL) OR (old.erased_at IS NOT NULL AND new.erased_at IS NULL)",
    delete_too=False,
)
guard()
