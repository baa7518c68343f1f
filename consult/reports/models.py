"""The tables of response reports."""

import json
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.core.db import Base, code_of
from consult.core.ddl import keep_derived, refuse_change, refuse_change_of_part, refuse_when


class ReportKind(StrEnum):
    """A final report answers every comment; an interim one says how many are unanswered, and by when."""

    FINAL = "final"
    INTERIM = "interim"


class FrozenReport(Base):
    """The document of a report and, in `report_item`, what participants said: prepared in steps, then published by one row of `report`.

    Nobody but who prepares it reads one without a report. Source: docs/decisions/0016-publishing.md
    """

    __tablename__ = "frozen_report"
    __table_args__ = (CheckConstraint("(digest IS NULL) = (content IS NULL)", name="digest_of_its_content"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    release_id: Mapped[int] = mapped_column(ForeignKey("answer_release.id"), index=True)  # the answers it publishes
    kind: Mapped[ReportKind] = mapped_column(code_of(ReportKind))
    answers_by: Mapped[date | None]  # as asked for; likewise in the report
    begun_at: Mapped[datetime]
    made_from: Mapped[str] = mapped_column(String(80))  # revisions of what it was made of; "" = not made yet
    items: Mapped[int]  # how many comments it shows
    answers: Mapped[int]  # of them, those it publishes: an interim report has published others before
    told_until: Mapped[int] = mapped_column(
        default=0
    )  # the id of the last participant who was told that answers are there
    told_at: Mapped[datetime | None] = mapped_column(index=True)  # when the last mail was put into the outbox
    digest: Mapped[str | None] = mapped_column(String(64))  # SHA-256 of the content, hex
    content: Mapped[str | None] = mapped_column(
        deferred=True
    )  # the document of consult/reports/document.py as canonical JSON; None = not made yet


class Report(Base):
    """A published response report: ids, outcomes, reasons, numbers and digests, from which every format is rendered.

    Nothing of it ever changes. Names and texts of participants stand in `report_item`, which a withdrawal may empty once.
    Source: DESIGN invariant 1.
    """

    __tablename__ = "report"
    __table_args__ = (
        UniqueConstraint("consultation_id", "number"),
        CheckConstraint("(kind = 'interim') = (answers_by IS NOT NULL)", name="interim_says_by_when"),
        Index(
            "uq_report_final",
            "round_id",
            unique=True,
            sqlite_where=text("kind = 'final'"),
            postgresql_where=text("kind = 'final'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    number: Mapped[int]  # 1, 2, ... within the consultation
    kind: Mapped[ReportKind] = mapped_column(code_of(ReportKind))
    published_at: Mapped[datetime]
    answers_by: Mapped[date | None]  # of an interim report: when the missing answers will be there
    digest: Mapped[str] = mapped_column(String(64))  # of the frozen document
    frozen_id: Mapped[int] = mapped_column(ForeignKey("frozen_report.id"), unique=True)
    frozen: Mapped[FrozenReport] = relationship(lazy="joined", innerjoin=True)

    @property
    def document(self) -> dict[str, Any]:
        """The frozen document."""
        document: dict[str, Any] = json.loads(self.frozen.content or "null")
        return document


class ReportItem(Base):
    """What a participant said, as the report shows it: the one part of a report that can become a tombstone."""

    __tablename__ = "report_item"
    __table_args__ = (
        UniqueConstraint("frozen_id", "position"),
        # Every page made from a report asks how many tombstones it has: its name changes with each.
        Index(
            "ix_report_item_tombstoned",
            "frozen_id",
            sqlite_where=text("tombstoned_at IS NOT NULL"),
            postgresql_where=text("tombstoned_at IS NOT NULL"),
        ),
        CheckConstraint("(personal IS NULL) = (tombstoned_at IS NOT NULL)", name="tombstone_is_empty"),
        CheckConstraint("tombstoned_at IS NULL OR author_category IS NULL", name="tombstone_has_no_author"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    frozen_id: Mapped[int] = mapped_column(ForeignKey("frozen_report.id"))
    position: Mapped[int]  # as in the document
    comment_ref: Mapped[str] = mapped_column(String(20), index=True)
    personal: Mapped[dict[str, Any] | None]  # author, text, suggestion, evidence; None = tombstone
    author_category: Mapped[str | None] = mapped_column(
        String(40)
    )  # where the author is shown by it; taken away when fewer than five are left who are. Source: DESIGN invariant 4
    tombstoned_at: Mapped[datetime | None]


refuse_change("report", "published_report_never_changes")
PUBLISHED = "EXISTS (SELECT 1 FROM report WHERE report.frozen_id = {frozen})"
refuse_change(
    "frozen_report",
    "frozen_report_never_changes",
    when=PUBLISHED.format(frozen="old.id"),
    allow=("told_until", "told_at"),
)
refuse_change_of_part(
    "report_item",
    "no_item_joins_a_published_report",
    parent="frozen_report",
    via="frozen_id",
    when=PUBLISHED.format(frozen="frozen_report.id"),
    acts=("INSERT",),
)
ERASABLE = ("personal", "author_category", "tombstoned_at")
refuse_change("report_item", "report_item_only_tombstoned", allow=ERASABLE, delete_too=False)
refuse_change("report_item", "published_item_stays", when=PUBLISHED.format(frozen="old.frozen_id"), allow=ERASABLE)
refuse_change(
    "report_item",
    "report_item_text_never_changes",
    when="new.tombstoned_at IS NULL",
    allow=("author_category",),
    delete_too=False,
)
refuse_change(
    "report_item",
    "report_item_category_only_taken_away",
    when="new.author_category IS NOT NULL AND (old.author_category IS NULL OR old.author_category <> new.author_category)",
    delete_too=False,
)
refuse_change("report_item", "tombstone_stays", when="old.tombstoned_at IS NOT NULL", delete_too=False)
# Whoever withdraws a comment, author or officer: what is published of it becomes a tombstone in the same transaction.
keep_derived(
    "comment",
    "tombstone_of_a_withdrawn_comment",
    after="UPDATE OF withdrawn_at",
    when="new.withdrawn_at IS NOT NULL",
    do=(
        "UPDATE report_item SET personal = NULL, author_category = NULL, tombstoned_at = new.withdrawn_at"
        " WHERE comment_ref = new.ref AND tombstoned_at IS NULL",
    ),
)
# Source: reference safe.md 3.9; docs/decisions/0015-custody.md
refuse_when(
    "report",
    "report_waits_for_exchange",
    before="INSERT",
    when="EXISTS (SELECT 1 FROM round AS r WHERE r.id = new.round_id AND r.takes_nameless) AND NOT EXISTS"
    " (SELECT 1 FROM nameless_round AS n WHERE n.round_id = new.round_id AND n.settled_by_id IS NOT NULL)",
)
# A final report answers every comment: what comes by hand after it would never be answered. Source: docs/decisions/0029-letters.md
refuse_when(
    "entered_comment",
    "nothing_entered_after_the_final_report",
    before="INSERT",
    when="EXISTS (SELECT 1 FROM report AS r JOIN comment AS c ON c.round_id = r.round_id"
    " WHERE c.id = new.comment_id AND r.kind = 'final')",
)
