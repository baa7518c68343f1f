"""The table of retention runs."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base
from consult.core.ddl import refuse_change

KIND_MAX = 40  # characters


class RetentionRun(Base):
    """One run over all kinds, in steps: where it stands, and how much is gone. Numbers only, nobody's.

    The row is the truth: a worker that is killed loses the step in hand at most, and the next one goes on from here.
    """

    __tablename__ = "retention_run"
    __table_args__ = (CheckConstraint("(kind = '') = (finished_at IS NOT NULL)", name="finished_has_no_kind_left"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    night: Mapped[date | None] = mapped_column(unique=True)  # in the installation's zone; None = begun by hand
    begun_at: Mapped[datetime]  # what is over is over as of this instant, in every step
    stepped_at: Mapped[datetime]  # when the last step ended
    kind: Mapped[str] = mapped_column(String(KIND_MAX))  # whose turn it is
    position: Mapped[int]  # the last id of it that was looked at
    counts: Mapped[dict[str, Any]]  # {kind: how many}, of the kinds begun so far
    failed: Mapped[list[Any]]  # kinds that a fault stopped; the next night tries again
    finished_at: Mapped[datetime | None]


refuse_change("retention_run", "finished_retention_run_stays", when="old.finished_at IS NOT NULL", delete_too=False)
