"""The tables of the exchange with safe. Sealed batches are files that nobody here can open; rows hold numbers and digests."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base
from consult.core.ddl import refuse_change, refuse_when

RESULT_MAX = 200 * 1024 * 1024  # bytes of what an officer hands in: thousands of comments, and a cell for every receipt
STATE_MAX = 100 * 1024 * 1024  # characters of the sealed state among it
RELEASE_LEAST = 5  # comments released together, unless all are, at closing; reference safe.md 3.5


class Batch(Base):
    """A sealed batch from safe, as it came: a file of random name, its number and its digest."""

    __tablename__ = "batch"
    __table_args__ = (UniqueConstraint("consultation_id", "number"), CheckConstraint("number > 0", name="numbered"))

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    number: Mapped[int]  # as safe counts its releases
    digest: Mapped[str] = mapped_column(String(64))  # SHA-256 of the file, hex
    manifest: Mapped[int]  # number of the one that safe knew when it released: what it did not know yet is not in here
    file_key: Mapped[str | None] = mapped_column(String(80))  # None = destroyed
    taken_at: Mapped[datetime]  # to the minute


class SafeReport(Base):
    """A report of safe about itself, taken once; what it says stands in the journal."""

    __tablename__ = "safe_report"
    __table_args__ = (UniqueConstraint("consultation_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    number: Mapped[int]
    taken_at: Mapped[datetime]  # to the minute


class ExchangeFault(Base):
    """A file in safe's folder that we did not take: not signed by safe, not for us, or not whole. Each once."""

    __tablename__ = "exchange_fault"

    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20))
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    found_at: Mapped[datetime]  # to the minute


class ResultUpload(Base):
    """A result file that an officer handed in and that a worker reads."""

    __tablename__ = "result_upload"

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    file_key: Mapped[str] = mapped_column(String(80), unique=True)
    uploaded_at: Mapped[datetime]


class DeskResult(Base):
    """What an officer decided, taken once. Its sealed state waits here for whoever works on."""

    __tablename__ = "desk_result"
    __table_args__ = (UniqueConstraint("consultation_id", "number"), CheckConstraint("number > 0", name="numbered"))

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    number: Mapped[int]  # 1, 2, ... within the consultation
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    digest: Mapped[str] = mapped_column(String(64))
    batches: Mapped[int]  # all up to this number were opened
    closes: Mapped[bool]  # all that came is decided
    state_key: Mapped[str | None] = mapped_column(
        String(80)
    )  # file of the sealed state; None = a newer one, or destroyed
    taken_at: Mapped[datetime]  # to the minute


class NamelessRound(Base):
    """How far a round that takes comments without a name is on its way to the report.

    Source: docs/decisions/0015-custody.md, which names the states.
    """

    __tablename__ = "nameless_round"
    __table_args__ = (
        CheckConstraint("released_by_id IS NULL OR closed_manifest IS NOT NULL", name="released_after_closing"),
        CheckConstraint("withdraw_until IS NULL OR released_by_id IS NOT NULL", name="announced_after_release"),
        CheckConstraint(
            "withdrawn_manifest IS NULL OR withdraw_until IS NOT NULL", name="withdrawals_close_as_announced"
        ),
        CheckConstraint("settled_by_id IS NULL OR withdrawn_manifest IS NOT NULL", name="settled_after_withdrawals"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True, autoincrement=False)
    closed_manifest: Mapped[int | None]  # the first that told safe the round is closed
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("desk_result.id"))  # all that came by the closing
    withdraw_until: Mapped[datetime | None]  # announced: whoever withdraws by then leaves no trace in the report
    withdrawn_manifest: Mapped[int | None]  # the first that told safe that this hour is over
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("desk_result.id"))  # all that came by that hour
    final_root: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # of the tree of outcomes


refuse_change("batch", "batch_never_changes", allow=("file_key",))
refuse_change("batch", "destroyed_batch_stays_destroyed", when="old.file_key IS NULL", delete_too=False)
refuse_change("safe_report", "safe_report_never_changes")
refuse_change("desk_result", "desk_result_never_changes", allow=("state_key",))
refuse_change(
    "nameless_round",
    "settled_round_stays_settled",
    when="old.settled_by_id IS NOT NULL",
    allow=("final_root",),
)
_COVERED = (
    "SELECT 1 FROM desk_result AS d JOIN batch AS b ON b.consultation_id = d.consultation_id AND b.number <= d.batches"
    " WHERE d.id = new.{result} AND d.closes AND b.manifest >= new.{manifest}"
)
refuse_when(
    "nameless_round",
    "released_with_the_closing_batch",
    before="UPDATE",
    when="old.released_by_id IS NULL AND new.released_by_id IS NOT NULL"
    f" AND NOT EXISTS ({_COVERED.format(result='released_by_id', manifest='closed_manifest')})",
)
refuse_when(
    "nameless_round",
    "settled_with_the_last_batch",
    before="UPDATE",
    when="old.settled_by_id IS NULL AND new.settled_by_id IS NOT NULL"
    f" AND NOT EXISTS ({_COVERED.format(result='settled_by_id', manifest='withdrawn_manifest')})",
)
refuse_when(
    "nameless_round",
    "announced_hour_never_earlier",
    before="UPDATE",
    when="old.withdraw_until IS NOT NULL AND (new.withdraw_until IS NULL OR new.withdraw_until < old.withdraw_until)",
)
refuse_when(
    "nameless_round",
    "nameless_round_begins_open",
    before="INSERT",
    when="new.closed_manifest IS NOT NULL OR new.released_by_id IS NOT NULL OR new.settled_by_id IS NOT NULL",
)
