"""The tables of answers and of screening."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, column_property, mapped_column

from consult.core.db import Base, code_of
from consult.core.ddl import refuse_change, refuse_change_of_part
from consult.responses.triage import keep_triage

REASON_MAX = 4_000  # characters
OBJECTION_MAX = 2_000  # characters, of an objection and of the reply to it


class Outcome(StrEnum):
    """What becomes of a comment. Source: DESIGN section 1, disposition."""

    ACCEPTED = "accepted"
    ACCEPTED_IN_PART = "accepted_in_part"
    NOTED = "noted"  # only where no change is asked for
    NOT_ACCEPTED = "not_accepted"
    OUT_OF_SCOPE = "out_of_scope"


class RedactedField(StrEnum):
    """The part of a comment in which a passage is blacked out. The value is the column's name in `comment`."""

    TEXT = "text"
    SUGGESTION = "suggestion"
    EVIDENCE = "evidence"


class RedactionCategory(StrEnum):
    """Why a passage is blacked out; shown in its place. Source: DESIGN invariant 15."""

    THIRD_PERSON_NAME = "third_person_name"
    CONTACT_DETAILS = "contact_details"
    HEALTH_OR_PRIVATE_LIFE = "health_or_private_life"
    ACCUSATION = "accusation_of_a_named_person"
    OTHER_PERSONAL = "other_personal"


class Grounds(StrEnum):
    """Why a whole comment is not published. It is answered and counted all the same."""

    THREATS = "threats"
    HATRED = "hatred"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a form says: the outcome, and why."""

    outcome: Outcome
    reason: str  # plain text; may be empty only where accepted
    language: str  # of the page it was written on


class AnswerRelease(Base):
    """Answers of one round that are published together. While it is being prepared they join it; one row then publishes all.

    Source: docs/decisions/0016-publishing.md
    """

    __tablename__ = "answer_release"
    __table_args__ = (
        Index(
            "uq_answer_release_prepared",
            "round_id",
            unique=True,
            sqlite_where=text("published_at IS NULL"),
            postgresql_where=text("published_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    published_at: Mapped[datetime | None]  # set by a response report; None = being prepared


class Response(Base):
    """The desk's side of one comment: which answer holds, what of the comment may be shown, and when both were published.

    Made by the first act on a comment, so a comment without one is unanswered and unscreened. Once published it never changes.
    """

    __tablename__ = "response"
    __table_args__ = (
        CheckConstraint("release_id IS NULL OR holds IS NOT NULL", name="released_is_answered"),
        CheckConstraint("(screened_at IS NULL) = (screened_by_id IS NULL)", name="screened_by_someone"),
        CheckConstraint("(withheld IS NULL) = (withheld_by_id IS NULL)", name="withheld_by_someone"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), unique=True)
    holds: Mapped[int | None]  # number of the disposition that holds; None = unanswered
    screened_at: Mapped[datetime | None]  # "nothing else to black out"; emptied when a black-out comes or goes
    screened_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    withheld: Mapped[Grounds | None] = mapped_column(
        code_of(Grounds)
    )  # None = may be shown, as far as its author agrees
    withheld_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    release_id: Mapped[int | None] = mapped_column(
        ForeignKey("answer_release.id"), index=True
    )  # of which publication it is, or will be; any act on the comment takes it out again before that
    published_at: Mapped[datetime | None] = column_property(
        select(AnswerRelease.published_at)
        .where(AnswerRelease.id == release_id)
        .correlate_except(AnswerRelease)
        .scalar_subquery()
    )  # read through the release


class Disposition(Base):
    """One answer in the history of answers to a comment. Kept as written; it can only be marked as taken back."""

    __tablename__ = "disposition"
    __table_args__ = (
        UniqueConstraint("response_id", "number"),
        CheckConstraint("number > 0", name="numbered_from_one"),
        CheckConstraint("outcome = 'accepted' OR reason <> ''", name="reason_unless_accepted"),
        CheckConstraint("(undone_at IS NULL) = (undone_by_id IS NULL)", name="undone_by_someone"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"))
    number: Mapped[int]  # 1, 2, ... within the comment; a number taken back is not used again
    outcome: Mapped[Outcome] = mapped_column(code_of(Outcome))
    reason: Mapped[str]  # plain text, escaped on the page
    language: Mapped[str] = mapped_column(String(12))  # of the page it was written on
    by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class AnswerTranslation(Base):
    """The reason of one answer in another language than it was written in. Until it is published it may be written anew."""

    __tablename__ = "answer_translation"
    __table_args__ = (
        UniqueConstraint("disposition_id", "language"),
        CheckConstraint("reason <> ''", name="says_something"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    disposition_id: Mapped[int] = mapped_column(ForeignKey("disposition.id"))
    language: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str]  # plain text
    by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]


class Redaction(Base):
    """A passage of a comment that is blacked out where it is shown. The comment itself stays as written.

    No two of one field overlap: checked under the lock of the comment. A published one stays.
    """

    __tablename__ = "redaction"
    __table_args__ = (
        UniqueConstraint("response_id", "field", "start"),
        CheckConstraint("start >= 0 AND stop > start", name="range_not_empty"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"))
    field: Mapped[RedactedField] = mapped_column(code_of(RedactedField))
    start: Mapped[int]  # characters (code points) from the beginning of the field
    stop: Mapped[int]  # the first character that is shown again
    category: Mapped[RedactionCategory] = mapped_column(code_of(RedactionCategory))
    by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]


class Objection(Base):
    """An author's word against what is blacked out in their comment, or against its being withheld; once, before publication.

    Source: DESIGN invariant 15.
    """

    __tablename__ = "objection"
    __table_args__ = (
        CheckConstraint("(settled_at IS NULL) = (settled_by_id IS NULL)", name="settled_by_someone"),
        CheckConstraint("settled_at IS NULL OR reply <> ''", name="settled_with_a_reply"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"), unique=True)  # once
    text: Mapped[str]  # plain text; emptied when the author withdraws the comment
    made_at: Mapped[datetime]
    reply: Mapped[str]  # plain text: what was decided, and why; "" = not settled
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


UNANSWERED = "unanswered"  # what `Triage.answer` says where no answer holds


class Triage(Base):
    """Where one comment stands on the desk: one row for each that is not withdrawn, for the lists of the team.

    Derived from comment, response and disposition by triggers, so that a list of 100,000 is as quick as one of 1,000; nobody
    else writes it. Source: docs/decisions/0009-triage.md
    """

    __tablename__ = "triage"
    __table_args__ = (
        Index("ix_triage_answer", "round_id", "answer", "comment_id"),
        Index("ix_triage_round", "round_id", "comment_id"),
        Index(
            "ix_triage_unscreened",
            "round_id",
            "comment_id",
            sqlite_where=text("is_unscreened = 1"),
            postgresql_where=text("is_unscreened"),
        ),
    )

    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    answer: Mapped[str] = mapped_column(String(40))  # the outcome that holds, or "unanswered"
    is_unscreened: Mapped[bool]  # would be published, and nobody has looked for passages to black out
    is_withheld: Mapped[bool]


class TriageTally(Base):
    """How many comments of a round stand where: the sums of `triage`, derived from it by triggers. No row = no comment yet."""

    __tablename__ = "triage_tally"

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    revision: Mapped[int]  # up with every change of what a report would say of the round's comments
    comments: Mapped[int]  # withdrawn ones are not counted anywhere here
    unscreened: Mapped[int]
    withheld: Mapped[int]
    unanswered: Mapped[int]
    # one for each outcome, named like it
    accepted: Mapped[int]
    accepted_in_part: Mapped[int]
    noted: Mapped[int]
    not_accepted: Mapped[int]
    out_of_scope: Mapped[int]


RELEASED = "EXISTS (SELECT 1 FROM answer_release WHERE answer_release.id = {release} AND answer_release.published_at IS NOT NULL)"
refuse_change("answer_release", "published_release_stays", when="old.published_at IS NOT NULL")
refuse_change("response", "published_response_never_changes", when=RELEASED.format(release="old.release_id"))
refuse_change(
    "response",
    "nothing_joins_a_published_release",
    when="(old.release_id IS NULL OR old.release_id <> new.release_id) AND "
    + RELEASED.format(release="new.release_id"),
    delete_too=False,
)
refuse_change_of_part(
    "response",
    "nothing_new_in_a_published_release",
    parent="answer_release",
    via="release_id",
    when="published_at IS NOT NULL",
    acts=("INSERT",),
)
refuse_change(
    "response",
    "response_keeps_its_comment",
    allow=("holds", "screened_at", "screened_by_id", "withheld", "withheld_by_id", "release_id"),
)
refuse_change("disposition", "disposition_only_taken_back", allow=("undone_at", "undone_by_id"))
refuse_change("disposition", "taken_back_is_final", when="old.undone_at IS NOT NULL", delete_too=False)
refuse_change("redaction", "redaction_only_removed", delete_too=False)

keep_triage(UNANSWERED, tuple(Outcome))
for _table in ("disposition", "redaction"):
    refuse_change_of_part(
        _table,
        f"published_{_table}_never_changes",
        parent="response",
        via="response_id",
        when=RELEASED.format(release="response.release_id"),
    )
refuse_change_of_part(
    "answer_translation",
    "published_translation_never_changes",
    parent="disposition",
    via="disposition_id",
    when="EXISTS (SELECT 1 FROM response JOIN answer_release ON answer_release.id = response.release_id"
    " WHERE response.id = disposition.response_id AND answer_release.published_at IS NOT NULL)",
)
refuse_change("objection", "objection_only_settled", allow=("text", "reply", "settled_at", "settled_by_id"))
refuse_change("objection", "objection_only_emptied", when="new.text <> old.text AND new.text <> ''", delete_too=False)
refuse_change(
    "objection",
    "settled_objection_stays",
    when="old.settled_at IS NOT NULL AND (new.reply <> old.reply OR new.settled_at IS NULL)",
    delete_too=False,
)
