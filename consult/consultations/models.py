"""The consultation, its team, and its terms in numbered versions."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    exists,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, column_property, mapped_column, validates

from consult.core.db import Base, code_of
from consult.core.ddl import refuse_change, refuse_row_when, refuse_when
from consult.core.texts import Texts
from consult.stakeholders.models import Protection, Stakeholder

SLUG_MAX = 60  # characters
TITLE_MAX = 200  # characters
SUMMARY_MAX = 2_000  # characters
PARTICIPANT_NAME_MAX = 200  # characters
INVITED_BY_MAX = 40  # characters
COMMENTS, NAMELESS = "comments", "nameless"  # windows of a round; the second where it takes comments without a name
FOR_REGISTERED, FOR_INVITED = "registered", "invited"  # for whom a window is
TERM_MAX = 4_000  # characters of one part of the terms


class ConsultationState(StrEnum):
    """How far a consultation is. Preparing ones are seen by their team only."""

    PREPARING = "preparing"
    OPEN = "open"
    CLOSED = "closed"
    ARCHIVED = "archived"


class Consultation(Base):
    """The dossier of one text to one mechanism in one cycle: it owns all that follows."""

    __tablename__ = "consultation"
    __table_args__ = (
        CheckConstraint("(state = 'archived') = (archived_at IS NOT NULL)", name="archived_has_instant"),
        CheckConstraint("slug <> ''", name="slug_not_empty"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(SLUG_MAX), unique=True)
    title: Mapped[Texts]
    kind: Mapped[str] = mapped_column(String(40))  # of text; code of the vocabulary
    cycle: Mapped[str] = mapped_column(String(80))  # as people say it: "fourth cycle", "2026"
    languages: Mapped[list[Any]]  # codes; the first is the one the draft is written in
    time_zone: Mapped[str] = mapped_column(String(60))  # IANA
    due_on: Mapped[date | None]  # when the mechanism expects the text
    submitted_on: Mapped[date | None]
    state: Mapped[ConsultationState] = mapped_column(code_of(ConsultationState), index=True)
    what_it_is: Mapped[Texts]
    what_we_ask: Mapped[Texts]
    other_ways: Mapped[Texts]  # letter, telephone, a meeting
    revision: Mapped[int] = mapped_column(default=1)  # up with every change: names the version of the public page
    # Since the public sees it: how often what its dates say in a calendar changed (title, address, time zone), and the due date
    # alone; and when last, beginning with the moment it was shown. None = not shown yet: when work began is nobody's business.
    calendar_changes: Mapped[int] = mapped_column(server_default="0", default=0)
    calendar_changed_at: Mapped[datetime | None]
    due_changes: Mapped[int] = mapped_column(server_default="0", default=0)
    due_changed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class TeamMember(Base):
    """Someone who works on a consultation, from a day until a day."""

    __tablename__ = "team_member"
    __table_args__ = (
        Index(
            "uq_team_member_now",
            "consultation_id",
            "staff_id",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class TermsPart(StrEnum):
    """What the terms of a consultation must say. Source: A/HRC/50/64, paragraph 54; DESIGN, terms."""

    WHAT_CAN_CHANGE = "what_can_change"
    WHO_WRITES = "who_writes"
    WHO_DECIDES = "who_decides"
    WHO_READS = "who_reads"
    WHAT_IS_PUBLISHED = "what_is_published"
    DATES = "dates"
    OTHER_WAYS = "other_ways"
    REQUESTS_FOR_DATA = "requests_for_data"
    HOW_TO_COMPLAIN = "complaints"


class TermsText(Base):
    """One part of one version of the terms in one language. Versions are kept: what people relied on stays readable."""

    __tablename__ = "terms_text"
    __table_args__ = (UniqueConstraint("consultation_id", "number", "part", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    number: Mapped[int]  # 1, 2, ...: the newest holds
    part: Mapped[TermsPart] = mapped_column(code_of(TermsPart))
    language: Mapped[str] = mapped_column(String(12))
    text: Mapped[str]  # plain
    saved_at: Mapped[datetime]


class Window(Base):
    """A fact that higher packages write down: when something of a consultation is open, and where. Pages and calendar read it."""

    __tablename__ = "window"
    __table_args__ = (
        UniqueConstraint("consultation_id", "what", "number"),
        CheckConstraint("closes_at > opens_at", name="closes_after_opening"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    what: Mapped[str] = mapped_column(String(40))  # COMMENTS, NAMELESS
    for_whom: Mapped[str | None] = mapped_column(String(40))  # FOR_REGISTERED, FOR_INVITED; None = anyone
    number: Mapped[int]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]


GONE = text("left_at IS NOT NULL")


class Participant(Base):
    """Someone who takes part in one consultation under a name of their own: from the registry, or a visitor who commented."""

    __tablename__ = "participant"
    __table_args__ = (
        UniqueConstraint("consultation_id", "stakeholder_id", name="takes_part_once"),
        Index("ix_participant_address", "email_key"),
        # who left, asked for every list of addresses: a few among tens of thousands
        Index("ix_participant_left", "consultation_id", "left_at", sqlite_where=GONE, postgresql_where=GONE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)  # random
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    stakeholder_id: Mapped[int | None] = mapped_column(
        ForeignKey("stakeholder.id"), index=True
    )  # None = not in the registry
    name: Mapped[str] = mapped_column(String(PARTICIPANT_NAME_MAX))
    organisation: Mapped[str] = mapped_column(String(PARTICIPANT_NAME_MAX))
    category: Mapped[str] = mapped_column(String(40))  # code of the vocabulary; "" = not said
    email: Mapped[str] = mapped_column(String(254))  # "" = none given; of a stakeholder it stands in the registry
    email_key: Mapped[str] = mapped_column(
        String(254), server_default=""
    )  # casefolded, as no database's own lower() does it: what SQLite has leaves "Ü" as it is
    email_confirmed_at: Mapped[datetime | None]  # entered by the link that was mailed there
    language: Mapped[str] = mapped_column(String(12))
    invited_at: Mapped[datetime | None]  # by an invitation, the first; None = came by themselves
    last_invited_at: Mapped[datetime | None]  # by the newest: who was invited to a round may be to the next
    invited_by: Mapped[str | None] = mapped_column(
        String(INVITED_BY_MAX)
    )  # the newest: "campaign:7", "request:5", "seat:3"; no foreign key; None = not invited, or it was not noted yet
    left_at: Mapped[datetime | None]  # asked for no more mail about this consultation
    created_at: Mapped[datetime]
    # The entry of the registry that holds: the one it was merged into, where it was. Read only where it is asked for.
    kept_id: Mapped[int | None] = column_property(
        select(func.coalesce(Stakeholder.merged_into, Stakeholder.id))
        .where(Stakeholder.id == stakeholder_id)
        .correlate_except(Stakeholder)
        .scalar_subquery(),
        deferred=True,
    )
    # Whether only an officer knows who this is: read only where it is asked for.
    is_protected: Mapped[bool] = column_property(
        exists()
        .where(Stakeholder.id == stakeholder_id, Stakeholder.protection == Protection.PROTECTED)
        .correlate_except(Stakeholder),
        deferred=True,
    )
    address_key: Mapped[bytes | None] = mapped_column(
        LargeBinary(32)
    )  # consult.mail.keys, of an address that was erased: whoever reads an old mail can still stop all that goes there
    erased_at: Mapped[datetime | None]  # name and address became a tombstone; what was published by consent stays

    @validates("email")
    def _keyed(self, _name: str, email: str) -> str:
        self.email_key = email.casefold()
        return email

    @property
    def person_ref(self) -> str:
        """The opaque reference that sessions and mails keep: "participant:5"."""
        return participant_ref(self.id)

    def invite(self, now: datetime, *, by: str) -> None:
        """They are invited: since the first time, and now once more, by a cause."""
        self.invited_at, self.last_invited_at, self.invited_by = self.invited_at or now, now, by

    def share_invitation(self, other: "Participant") -> None:
        """They are invited where the other is: since the first time, and last by whatever did it last."""
        self.invited_at = min(filter(None, (self.invited_at, other.invited_at)), default=None)
        last = other.last_invited_at
        if last is not None and (self.last_invited_at is None or self.last_invited_at <= last):
            self.last_invited_at, self.invited_by = last, other.invited_by


def participant_ref(participant_id: int) -> str:
    """The opaque reference of a participant's id."""
    return f"participant:{participant_id}"


class Door(Base):
    """The personal link of a participant, and beside it the one that lets its holder do nothing but leave.

    Both tokens are computed when a mail is rendered; here stand their digests only. A new generation revokes the links before
    it: both at once, since whoever has one of them from a mail has the other. Source: DESIGN section 4.
    """

    __tablename__ = "door"

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), unique=True)
    generation: Mapped[int]  # 1, 2, ...
    digest: Mapped[bytes | None] = mapped_column(
        LargeBinary(32), unique=True
    )  # None for the moment before its id is known
    leave_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True, unique=True)  # likewise


class Participation(Base):
    """A fact that higher packages write down: that someone took part in a window. Invitations and statistics read it.

    What they said stands elsewhere. It stays where a comment is withdrawn: they took part, and are not asked again.
    """

    __tablename__ = "participation"

    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True)
    what: Mapped[str] = mapped_column(String(40), primary_key=True)  # "comments", as of the window
    number: Mapped[int] = mapped_column(primary_key=True)  # of the window
    at: Mapped[datetime]  # the first time


refuse_change("terms_text", "terms_never_change")
# What was erased of a participant never comes back; what is left of it may still go.
refuse_when(
    "participant",
    "erased_participant_stays_erased",
    before="UPDATE",
    when="old.erased_at IS NOT NULL AND (new.erased_at IS NULL OR new.email <> '' OR new.name NOT IN ('', old.name)"
    " OR new.organisation NOT IN ('', old.organisation))",
)
# Who is looked for by an address is found by its key alone: one without the other would be overlooked where it is erased.
refuse_row_when("participant", "participant_address_has_its_key", when="(new.email = '') <> (new.email_key = '')")
# Of a protected entry its code stands where a name would, and nothing else. Source: decision 0028.
_TELLS = "p.email <> '' OR p.address_key IS NOT NULL OR p.name NOT IN ('', {ref}) OR p.organisation NOT IN ('', {ref})"
_OF_A_PROTECTED = (
    "EXISTS (SELECT 1 FROM stakeholder AS s WHERE s.id = new.stakeholder_id AND s.protection = 'protected' AND ("  # noqa: S608  # a trigger's text, of constants
    + _TELLS.format(ref="s.ref").replace("p.", "new.")
    + "))"
)
refuse_row_when("participant", "protected_takes_part_by_code", when=_OF_A_PROTECTED)
refuse_when(
    "stakeholder",
    "protected_is_named_nowhere",
    before="UPDATE OF protection",
    when="new.protection = 'protected' AND EXISTS (SELECT 1 FROM participant AS p WHERE p.stakeholder_id = new.id AND ("  # noqa: S608
    + _TELLS.format(ref="new.ref")
    + "))",
)
