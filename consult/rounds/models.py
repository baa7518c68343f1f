"""The tables of rounds and comments."""

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consult.consultations.models import FOR_INVITED, FOR_REGISTERED
from consult.core.db import Base, code_of
from consult.core.ddl import keep_derived, refuse_change, refuse_when
from consult.core.texts import Texts

TEXT_MAX = 10_000  # characters
EVIDENCE_MAX = 2_000  # characters
QUESTIONS_MAX = 2_000  # characters
WHOLE = "0"  # the ref of the whole draft
REF_LENGTH = 12  # letters of a comment's number, whichever way it came
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)  # stands for an instant that nobody shall know


class Consent(StrEnum):
    """What its author lets us publish of a comment. Source: DESIGN invariant 4."""

    WITH_NAME = "with_name"
    ORGANISATION_ONLY = "organisation_only"
    CATEGORY_ONLY = "category_only"
    WITHOUT_NAME = "without_name"
    NOT_PUBLISHED = "not_published"


NAMED = (Consent.WITH_NAME, Consent.ORGANISATION_ONLY)


class Channel(StrEnum):
    """How a comment came."""

    SITE = "site"
    SAFE = "safe"  # without a name: released by a protection officer
    LETTER = "letter"  # this and the next: entered on their behalf, see models_entered
    PHONE = "phone"
    MEETING = "meeting"
    EMAIL = "email"


class Audience(StrEnum):
    """Who may comment in a round."""

    PUBLIC = "public"  # anyone, under a name
    REGISTERED = FOR_REGISTERED  # any stakeholder of the registry, by a personal link mailed on request
    INVITED = FOR_INVITED  # those who got an invitation; the draft is then read by them only


class Round(Base):
    """A window in which one draft version takes comments from a stated audience."""

    __tablename__ = "round"
    __table_args__ = (
        UniqueConstraint("consultation_id", "number"),
        CheckConstraint("closes_at > opens_at", name="closes_after_opening"),
        CheckConstraint("takes_nameless = (safe_host IS NOT NULL)", name="nameless_at_a_host"),
        CheckConstraint("NOT takes_nameless OR audience <> 'invited'", name="nameless_reads_what_is_public"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    number: Mapped[int]  # 1, 2, ... within the consultation
    version_id: Mapped[int] = mapped_column(ForeignKey("draft_version.id"))
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    audience: Mapped[Audience] = mapped_column(code_of(Audience))
    extensions: Mapped[int] = mapped_column(default=0)  # how often people were given more time
    questions: Mapped[Texts]  # what we ask people to look at
    takes_nameless: Mapped[bool] = mapped_column(default=False)  # fixed when it opens: nothing changes it afterwards
    safe_host: Mapped[str | None] = mapped_column(String(255))  # the safe that takes them


class Comment(Base):
    """One remark on one paragraph or on the whole draft, with the text as its author saw it, for ever.

    Source: DESIGN invariant 2. Only withdrawal or erasure may empty it, and nothing may fill it again.
    """

    __tablename__ = "comment"
    __table_args__ = (
        CheckConstraint("withdrawn_at IS NOT NULL OR text <> '' OR suggestion <> ''", name="says_something"),
        CheckConstraint(
            "withdrawn_at IS NULL OR (text = '' AND suggestion = '' AND evidence = '')", name="withdrawn_is_empty"
        ),
        CheckConstraint("(participant_id IS NULL) = (channel = 'safe')", name="only_safe_has_no_author"),
        CheckConstraint("(received_at IS NULL) = (channel = 'safe')", name="only_safe_is_undated"),
        CheckConstraint("channel <> 'safe' OR consent IN ('without_name', 'not_published')", name="safe_names_nobody"),
        CheckConstraint(
            "channel <> 'safe' OR withdrawn_at IS NULL OR withdrawn_at < '1970-01-02'", name="safe_withdrawal_undated"
        ),
    )

    # Never public: it betrays order. Of a comment that came through safe it is negative and drawn at random, so that no list
    # shows when it came.
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)  # random: the number its author gets; REF_LENGTH letters
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("draft_version.id"))
    paragraph_key: Mapped[str | None] = mapped_column(String(20))  # None = the whole draft
    paragraph_ref: Mapped[str] = mapped_column(String(40))  # as it was called in that version
    quoted_text: Mapped[str]  # the paragraph as its author saw it
    language: Mapped[str] = mapped_column(String(12))  # of its letters, else of the page it was written on
    text: Mapped[str]  # plain text, escaped on the page, never HTML
    suggestion: Mapped[str]  # the whole paragraph as its author would have it; "" = none
    evidence: Mapped[str]  # addresses or sources, plain text
    consent: Mapped[Consent] = mapped_column(code_of(Consent))
    channel: Mapped[Channel] = mapped_column(code_of(Channel))
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participant.id"), index=True)  # None through safe
    received_at: Mapped[datetime | None]  # likewise
    once: Mapped[bytes] = mapped_column(
        LargeBinary(32), unique=True
    )  # digest of the form's key and its words: a second press changes nothing
    withdrawn_at: Mapped[datetime | None]  # UNDATED of one that came through safe


class CommentDraft(Base):
    """A comment that has not been sent: its writer's alone. No staff page, count, export, journal or mail reads this table.

    Deleted 14 days after the round closes. Source: DESIGN invariant 14.
    """

    __tablename__ = "comment_draft"
    __table_args__ = (UniqueConstraint("participant_id", "round_id", "paragraph_ref", name="one_draft_a_paragraph"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"))
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    paragraph_ref: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(12))
    text: Mapped[str]
    suggestion: Mapped[str]
    evidence: Mapped[str]
    consent: Mapped[Consent | None] = mapped_column(code_of(Consent))  # None = not chosen yet
    once: Mapped[str] = mapped_column(String(60))  # the key under which it will be sent
    saved_at: Mapped[datetime]


refuse_change("comment", "comment_only_withdrawn", allow=("text", "suggestion", "evidence", "withdrawn_at", "consent"))
refuse_change(
    "comment", "comment_text_never_changes", when="new.withdrawn_at IS NULL", allow=("consent",), delete_too=False
)
# Whose entry is protected later is named no more; nobody is ever named because somebody else changed it.
_NAMED = "('with_name', 'organisation_only')"
refuse_when(
    "comment",
    "consent_only_falls",
    before="UPDATE OF consent",
    when="new.consent <> old.consent AND NOT ("  # noqa: S608
    f"new.consent = 'without_name' AND old.consent IN {_NAMED} AND EXISTS (SELECT 1 FROM participant AS p"
    " LEFT JOIN stakeholder AS s ON s.id = p.stakeholder_id WHERE p.id = new.participant_id"
    " AND (s.protection = 'protected' OR p.erased_at IS NOT NULL)))",
)
refuse_when(
    "comment",
    "no_name_of_a_protected",
    before="INSERT",
    when=f"new.consent IN {_NAMED} AND EXISTS (SELECT 1 FROM participant AS p JOIN stakeholder AS s"  # noqa: S608
    " ON s.id = p.stakeholder_id WHERE p.id = new.participant_id AND s.protection = 'protected')",
)
refuse_change("comment", "withdrawal_is_final", when="old.withdrawn_at IS NOT NULL", delete_too=False)

# Whoever comments took part: kept by the database itself, so that no reminder reaches those who have commented.
keep_derived(
    "comment",
    "participation_of_a_new_comment",
    after="INSERT",
    when="new.participant_id IS NOT NULL",
    do=(
        "INSERT INTO participation (participant_id, what, number, at)"
        " SELECT new.participant_id, 'comments', round.number, new.received_at FROM round WHERE round.id = new.round_id"
        " ON CONFLICT DO NOTHING",
    ),
)
refuse_change("round", "round_is_fixed_at_its_opening", allow=("closes_at", "extensions", "questions"))
refuse_when(
    "round",
    "nameless_needs_a_key_in_use",
    before="INSERT",
    when="new.takes_nameless AND NOT EXISTS (SELECT 1 FROM consultation_key AS k"
    " WHERE k.consultation_id = new.consultation_id AND k.used_at IS NOT NULL AND k.stopped_at IS NULL)",
)
refuse_when(
    "comment",
    "nameless_only_where_taken",
    before="INSERT",
    when="new.channel = 'safe' AND NOT EXISTS (SELECT 1 FROM round AS r WHERE r.id = new.round_id AND r.takes_nameless)",
)
