"""The registry's tables."""

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    cast,
    exists,
    func,
    literal,
    or_,
    text,
)
from sqlalchemy.orm import Mapped, aliased, column_property, mapped_column

from consult.core.db import Base, code_of
from consult.stakeholders.keys import KEY_MAX, TERM_MAX

NAME_MAX = 200  # characters
EMAIL_MAX = 254  # characters, RFC 5321
NOTE_MAX = 2_000  # characters
POSTAL_MAX = 500  # characters of a postal address
PHONE_MAX = 60  # characters
NEEDS_MAX = 1_000  # characters of access needs
ROLE_MAX = 120  # characters of what a contact person does, or who appointed somebody
WORDING_MAX = 120  # characters that name the text somebody agreed to
CODE_SIGNS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"  # of a region's code
# Categories that say of a person what they believe or whom they organise with: organisations have them, persons never.
SENSITIVE_CATEGORIES = frozenset({"religious_group", "trade_union"})
# What a person believes or whom they organise with is nothing that a registry holds: the organisation has the category.
_BELIEFS = ", ".join(f"'{code}'" for code in sorted(SENSITIVE_CATEGORIES))
OF_BELIEF = f"new.kind = 'person' AND new.category IN ({_BELIEFS})"


class StakeholderKind(StrEnum):
    """Both are first class."""

    ORGANISATION = "organisation"
    PERSON = "person"


class Basis(StrEnum):
    """Why official mail of consultations may go to them: invitation, reminder, debriefing. Without one none does (invariant 6)."""

    CONSENT = "consent"  # they said yes
    DUTY = "duty"  # they hold an office that takes part by law or appointment
    NONE = "none"


class Purpose(StrEnum):
    """What an act of consent is about. Duty covers consultations only; for all else somebody said yes."""

    CONSULTATIONS = "consultations"  # invitation, reminder, debriefing
    NEWS = "news"
    DIRECTORY = "directory"  # standing in the public directory
    DIRECTORY_CONTACT = "directory_contact"  # with the address and number
    EVERYTHING = "everything"  # leaving, and coming back


class Channel(StrEnum):
    """How somebody wants to hear from us."""

    EMAIL = "email"
    POST = "post"
    PHONE = "phone"
    IN_PERSON = "in_person"


class Protection(StrEnum):
    """Who may know of an entry. Source: decision 0028."""

    PUBLIC = "public"  # stands in the public directory, because they said so
    STAFF = "staff"  # whoever reads the registry
    PROTECTED = "protected"  # the protection officers only: the row holds a code in place of everything


THERE = text("merged_into IS NULL")  # an entry that stands for itself
GONE = text("merged_into IS NOT NULL")
IS_PUBLIC = text("protection = 'public'")
HIDDEN = text(
    "protection = 'protected'"
)  # in these very words, which the index below has: SQLite uses it for no bound value


# Of a protected entry nothing stands here that tells who it is. Its code stands where the name would.
_SEALED_AWAY = " AND ".join(
    ["name = ref", "channel IS NULL", "merged_into IS NULL"]
    + [
        f"{column} = ''"
        for column in (
            "groups", "region", "also_languages", "email", "postal_address", "phone", "phone_key", "access_needs", "note",
        )
    ]
)  # fmt: skip


class Stakeholder(Base):
    """An organisation or a person in the registry.

    Groups represented belong to organisations, as they declare them: for a person they would make a target list, so the
    database refuses them there. Source: A/HRC/50/64, paragraphs 47 to 49.
    One that is merged into another keeps everything it had; whoever reads the registry takes the two as one.
    """

    __tablename__ = "stakeholder"
    __table_args__ = (
        Index("uq_stakeholder_entry", "kind", "name_key", "email_key", unique=True, sqlite_where=THERE,
              postgresql_where=THERE),
        Index("ix_stakeholder_order", "name_key", "id", sqlite_where=THERE, postgresql_where=THERE),
        # of those that are merged only: a whole one would tempt SQLite to find all that are not by it, and sort them
        Index("ix_stakeholder_merged_into", "merged_into", sqlite_where=GONE, postgresql_where=GONE),
        Index("ix_stakeholder_public", "name_key", "id", sqlite_where=IS_PUBLIC, postgresql_where=IS_PUBLIC),
        Index("ix_stakeholder_protected", "ref", sqlite_where=HIDDEN, postgresql_where=HIDDEN),
        Index("ix_stakeholder_category", "category", "name_key", "id"),
        Index("ix_stakeholder_region", "region", "name_key", "id"),
        Index("ix_stakeholder_channel", "channel", "name_key", "id"),
        CheckConstraint("kind = 'organisation' OR groups = ''", name="groups_of_organisations_only"),
        CheckConstraint(
            "basis = 'none' OR email <> '' OR postal_address <> '' OR phone <> '' OR protection = 'protected'",
            name="basis_needs_contact",
        ),
        CheckConstraint(
            "NOT news OR email <> '' OR postal_address <> '' OR phone <> '' OR protection = 'protected'",
            name="news_needs_contact",
        ),
        CheckConstraint("NOT shows_contact OR protection = 'public'", name="contact_of_the_public_only"),
        CheckConstraint(f"protection <> 'protected' OR ({_SEALED_AWAY})", name="protected_holds_a_code_only"),
        CheckConstraint(f"ltrim(region, '{CODE_SIGNS}') = ''", name="region_is_a_code"),
        CheckConstraint(
            "channel IS NULL OR channel = 'in_person' OR (channel = 'email' AND email <> '')"
            " OR (channel = 'post' AND postal_address <> '') OR (channel = 'phone' AND phone <> '')",
            name="channel_has_contact",
        ),
        CheckConstraint("merged_into IS NULL OR merged_into <> id", name="not_merged_into_itself"),
        CheckConstraint("(merged_into IS NULL) = (merged_at IS NULL)", name="merged_has_instant"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)  # random, for addresses of staff pages
    kind: Mapped[StakeholderKind] = mapped_column(code_of(StakeholderKind))
    name: Mapped[str] = mapped_column(String(NAME_MAX))
    name_key: Mapped[str] = mapped_column(String(NAME_MAX))  # casefolded, for finding doubles
    double_key: Mapped[str] = mapped_column(String(KEY_MAX), index=True)  # likewise, further from how it is written
    category: Mapped[str] = mapped_column(String(40))  # code of the vocabulary
    groups: Mapped[str] = mapped_column(String(400), default="")  # codes with commas around each: ",women,youth,"
    region: Mapped[str] = mapped_column(String(40), default="")  # code of the operator's own list; "" = not said
    language: Mapped[str] = mapped_column(String(12))  # the one we write in
    also_languages: Mapped[str] = mapped_column(String(200), default="")  # others they read, as groups are kept
    channel: Mapped[Channel | None] = mapped_column(code_of(Channel))  # None = not said
    email: Mapped[str] = mapped_column(String(EMAIL_MAX), default="")
    email_key: Mapped[str] = mapped_column(String(EMAIL_MAX), default="", index=True)
    postal_address: Mapped[str] = mapped_column(String(POSTAL_MAX), default="")  # several lines
    phone: Mapped[str] = mapped_column(String(PHONE_MAX), default="")
    phone_key: Mapped[str] = mapped_column(String(30), default="", index=True)  # its digits
    access_needs: Mapped[str] = mapped_column(String(NEEDS_MAX), default="")  # as they say it; never a filter
    basis: Mapped[Basis] = mapped_column(code_of(Basis))
    news: Mapped[bool] = mapped_column(default=False)  # said yes to news; an office says nothing of it
    shows_contact: Mapped[bool] = mapped_column(
        default=False
    )  # in the public directory; said apart from standing there
    protection: Mapped[Protection] = mapped_column(code_of(Protection), default=Protection.STAFF)
    left_at: Mapped[datetime | None]  # asked not to be written to at all; nothing overrides it
    note: Mapped[str] = mapped_column(String(NOTE_MAX), default="")
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("stakeholder.id"))
    merged_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    if TYPE_CHECKING:
        has_left: Mapped[bool]  # they, or one that is merged with them: below, for it speaks of this very table

    @property
    def is_protected(self) -> bool:
        """Whether only a protection officer knows who this is."""
        return self.protection is Protection.PROTECTED

    @property
    def is_forgotten(self) -> bool:
        """Whether all that it said was erased because they asked: its code stands where the key of its name did."""
        return self.name_key == self.ref and not self.is_protected

    @property
    def person_ref(self) -> str:
        """The opaque reference that mails and facts keep: "stakeholder:5"."""
        return stakeholder_ref(self.id)

    @property
    def group_codes(self) -> list[str]:
        """The groups represented, as codes."""
        return codes_of(self.groups)

    @property
    def also_language_codes(self) -> list[str]:
        """The other languages they read, as codes."""
        return codes_of(self.also_languages)


PERSON = "stakeholder:"  # how the references of entries begin


def codes_of(column: str) -> list[str]:
    """The codes in a column that holds several, with commas around each."""
    return [code for code in column.split(",") if code]


def stakeholder_ref(stakeholder_id: int) -> str:
    """The opaque reference of an entry's id."""
    return f"{PERSON}{stakeholder_id}"


def stakeholder_ref_in_sql() -> ColumnElement[str]:
    """The same of each row of entries."""
    return literal(PERSON) + cast(Stakeholder.id, String)


# Whoever left stays gone, also as one of several that were merged: asked of all of them, whichever stands in the address.
_one = aliased(Stakeholder)
_whole = func.coalesce(Stakeholder.merged_into, Stakeholder.id)
Stakeholder.has_left = column_property(
    exists().where(or_(_one.id == _whole, _one.merged_into == _whole), _one.left_at.is_not(None)).correlate_except(_one)
)


class StakeholderTerm(Base):
    """A word by whose beginning an entry is found, or a group. Kept by the operations that write the entry."""

    __tablename__ = "stakeholder_term"

    stakeholder_id: Mapped[int] = mapped_column(ForeignKey("stakeholder.id", ondelete="CASCADE"), primary_key=True)
    term: Mapped[str] = mapped_column(
        # in the order of its signs, which a search by beginnings needs
        String(TERM_MAX).with_variant(String(TERM_MAX, collation="C"), "postgresql"),
        primary_key=True,
    )
    name_key: Mapped[str] = mapped_column(
        String(NAME_MAX)
    )  # the entry's own: what has a term is read in the order of names
    __table_args__ = (Index("ix_stakeholder_term_order", "term", "name_key", "stakeholder_id"),)


class ContactPerson(Base):
    """Somebody to speak to in an organisation."""

    __tablename__ = "contact_person"
    __table_args__ = (UniqueConstraint("stakeholder_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    stakeholder_id: Mapped[int] = mapped_column(ForeignKey("stakeholder.id", ondelete="CASCADE"))
    number: Mapped[int]  # 1, 2, ... within the organisation
    name: Mapped[str] = mapped_column(String(NAME_MAX))
    role: Mapped[str] = mapped_column(String(ROLE_MAX), default="")  # as they call it
    email: Mapped[str] = mapped_column(String(EMAIL_MAX), default="")
    language: Mapped[str] = mapped_column(String(12))


class NotDouble(Base):
    """Two entries that look like one and are not: somebody looked."""

    __tablename__ = "not_double"
    __table_args__ = (CheckConstraint("first_id < second_id", name="first_is_older"),)

    first_id: Mapped[int] = mapped_column(ForeignKey("stakeholder.id", ondelete="CASCADE"), primary_key=True)
    second_id: Mapped[int] = mapped_column(
        ForeignKey("stakeholder.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Consent(Base):
    """One act of consenting, refusing or leaving: to what, when, how, by which words. Only added to; the words may be emptied."""

    __tablename__ = "consent"
    __table_args__ = (
        CheckConstraint(
            "basis <> 'duty' OR purpose IN ('consultations', 'everything')", name="duty_covers_official_mail"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stakeholder_id: Mapped[int] = mapped_column(ForeignKey("stakeholder.id"), index=True)
    purpose: Mapped[Purpose] = mapped_column(code_of(Purpose), default=Purpose.CONSULTATIONS)
    basis: Mapped[Basis] = mapped_column(code_of(Basis))  # "none" = withdrawn, or never given
    how: Mapped[str] = mapped_column(String(40))  # form, import, link, letter, phone, email, meeting, seat, own_entry
    wording: Mapped[str] = mapped_column(
        String(WORDING_MAX), default=""
    )  # title, version or code of the text; "" = not said
    by: Mapped[str] = mapped_column(String(40))  # "staff:7" or "self"; no foreign key
    at: Mapped[datetime]  # when it was kept
    given_on: Mapped[date | None]  # when they said it to staff who noted it later; None = then


class LeftAddress(Base):
    """An address whose reader asked that nothing be sent there any more, whoever has it. Known by its key only.

    It outlives the entries and participants that had the address, and meets those who bring it anew.
    """

    __tablename__ = "left_address"

    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)  # consult.mail.keys.address_key
    at: Mapped[datetime]
