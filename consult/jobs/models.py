"""The table of Tasks."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of
from consult.core.texts import Texts

KEEP_DAYS = 7  # how long a finished Task and its result file are kept
TRIES_MAX = 3  # a Task that took the worker down this often is given up


class TaskState(StrEnum):
    """How far a Task is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Task(Base):
    """Anything that takes more than a second: an import, an export, the reading of a document. It has a status page."""

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint("done >= 0 AND total >= 0", name="progress_not_negative"),
        CheckConstraint("state <> 'failed' OR problem IS NOT NULL", name="failed_says_why"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)  # random; stands in the address of the status page
    kind: Mapped[str] = mapped_column(String(40))  # the name of its job in consult/worker.py
    state: Mapped[TaskState] = mapped_column(code_of(TaskState), index=True)
    owner: Mapped[str] = mapped_column(String(40))  # "staff:7": who may see it; no foreign key
    subject: Mapped[str] = mapped_column(String(80))  # "draft_upload:3": what it works on; no foreign key
    next_url: Mapped[str] = mapped_column(String(500))  # where the status page leads when done
    done: Mapped[int] = mapped_column(default=0)  # steps
    total: Mapped[int] = mapped_column(default=0)  # steps; 0 = not known yet
    tries: Mapped[int] = mapped_column(default=0)
    problem: Mapped[Texts | None]  # why it failed and what to do, in every language
    result_key: Mapped[str | None] = mapped_column(String(80))  # in the file store
    created_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]  # a worker has it until then; afterwards the sweep looks again
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None] = mapped_column(index=True)

    @property
    def percent(self) -> int:
        """How much is done, 0 to 100."""
        if self.state is TaskState.DONE:
            return 100
        return min(100, self.done * 100 // self.total) if self.total else 0
