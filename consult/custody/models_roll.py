"""The roll call: the way out where officers cannot act any more. It takes thirty days that everybody can see."""

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base
from consult.core.ddl import ddl, refuse_change, refuse_when

WAIT = timedelta(days=30)  # in which every officer can say that they are there
OPEN = "called_off_at IS NULL AND done_at IS NULL"  # one at a time


class RollCall(Base):
    """The administrator asks the officers whether they are there; whoever says nothing is none any more after the wait.

    The newcomer takes their place only where nobody answered. Nothing that was sealed before is ever sealed to the newcomer
    by it. Source: decision 0036.
    """

    __tablename__ = "roll_call"
    __table_args__ = (
        CheckConstraint("called_off_at IS NULL OR done_at IS NULL", name="one_end"),
        Index("uq_roll_call_open", text("(1)"), unique=True, sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)  # random
    newcomer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    called_at: Mapped[datetime]
    due_at: Mapped[datetime]
    called_off_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]

    @property
    def is_open(self) -> bool:
        """Whether officers are being waited for, or the end of it has not been drawn yet."""
        return self.called_off_at is None and self.done_at is None


class RollAnswer(Base):
    """An officer said in time that they are there, or did something that only an officer does."""

    __tablename__ = "roll_answer"

    roll_call_id: Mapped[int] = mapped_column(ForeignKey("roll_call.id"), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True)
    at: Mapped[datetime]


_SHORT = f"roll_call_waits_{WAIT.days}_days"
ddl(
    "roll_call",
    _SHORT,
    sqlite=(
        f'CREATE TRIGGER {_SHORT} BEFORE INSERT ON "roll_call"'
        f" WHEN julianday(new.due_at) - julianday(new.called_at) < {WAIT.days} BEGIN SELECT RAISE(ABORT, '{_SHORT}'); END",
    ),
    postgresql=(
        f"CREATE OR REPLACE FUNCTION {_SHORT}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF new.due_at < new.called_at + interval '{WAIT.days} days' THEN"
        f" RAISE EXCEPTION '{_SHORT}' USING ERRCODE = 'check_violation', CONSTRAINT = '{_SHORT}'; END IF;"
        " RETURN new; END $$",
        f'CREATE TRIGGER {_SHORT} BEFORE INSERT ON "roll_call" FOR EACH ROW EXECUTE FUNCTION {_SHORT}()',
    ),
)
refuse_change("roll_call", "roll_call_never_changes", allow=("called_off_at", "done_at"))
refuse_change(
    "roll_call",
    "roll_call_stays_over",
    when="old.called_off_at IS NOT NULL OR old.done_at IS NOT NULL",
    delete_too=False,
)
refuse_change("roll_answer", "roll_answer_never_changes")
refuse_when(
    "roll_answer",
    "roll_answer_of_who_serves",
    before="INSERT",
    when="NOT EXISTS (SELECT 1 FROM officer AS o WHERE o.id = new.officer_id AND o.appointed_at IS NOT NULL AND o.ended_at IS NULL)"
    " OR EXISTS (SELECT 1 FROM roll_call AS r WHERE r.id = new.roll_call_id"
    " AND (r.called_off_at IS NOT NULL OR r.done_at IS NOT NULL))",
)
