"""The tables of response reports."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of
from consult.core.ddl import keep_derived, refuse_change, refuse_when


class ReportKind(StrEnum):
    """A final report answers every comment; an interim one says how many are unanswered, and by when."""

    FINAL = "final"
    INTERIM = "interim"


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
    digest: Mapped[str] = mapped_column(String(64))  # SHA-256 of the document as canonical JSON, hex
    document: Mapped[dict[str, Any]]  # consult/reports/document.py


class ReportItem(Base):
    """What a participant said, as the report shows it: the one part of a report that can become a tombstone."""

    __tablename__ = "report_item"
    __table_args__ = (
        UniqueConstraint("report_id", "position"),
        # Every page made from a report asks how many tombstones it has: its name changes with each.
        Index(
            "ix_report_item_tombstoned",
            "report_id",
            sqlite_where=text("tombstoned_at IS NOT NULL"),
            postgresql_where=text("tombstoned_at IS NOT NULL"),
        ),
        CheckConstraint("(personal IS NULL) = (tombstoned_at IS NOT NULL)", name="tombstone_is_empty"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"))
    position: Mapped[int]  # as in the document
    comment_ref: Mapped[str] = mapped_column(String(20), index=True)
    personal: Mapped[dict[str, Any] | None]  # author, text, suggestion, evidence; None = tombstone
    tombstoned_at: Mapped[datetime | None]


refuse_change("report", "published_report_never_changes")
refuse_change("report_item", "report_item_only_tombstoned", allow=("personal", "tombstoned_at"))
refuse_change("report_item", "report_item_text_never_changes", when="new.tombstoned_at IS NULL", delete_too=False)
refuse_change("report_item", "tombstone_stays", when="old.tombstoned_at IS NOT NULL", delete_too=False)
# Whoever withdraws a comment, author or officer: what is published of it becomes a tombstone in the same transaction.
keep_derived(
    "comment",
    "tombstone_of_a_withdrawn_comment",
    after="UPDATE OF withdrawn_at",
    when="new.withdrawn_at IS NOT NULL",
    do=(
        "UPDATE report_item SET personal = NULL, tombstoned_at = new.withdrawn_at"
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
