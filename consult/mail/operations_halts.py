"""The breaker: a campaign of which too many mails do not arrive halts by itself, and goes on when somebody says so.

Only the row of the halt is written at once. The mails that wait are held when their turn comes (`claim_mail`), so that it takes
effect at the next mail however many there are, in every process.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consult.audit import record
from consult.audit.operations import Actor
from consult.core.db import lock
from consult.jobs.queue import enqueue
from consult.mail import queries_halts as queries
from consult.mail import rules
from consult.mail.limits import Limits
from consult.mail.models import Halt
from consult.mail.operations_causes import release_mails, waits_for
from consult.mail.waking import HALTED, RELEASE


def check_breaker(db: Session, cause: str, limits: Limits, *, now: datetime) -> bool:
    """Halt what waits of a cause where too many of its last mails did not arrive. Returns whether it halted by this.

    Records ``mail.halted`` (cause, bad, of_last), as the system's act.
    """
    if not limits.window or queries.is_halted(db, cause):
        return False
    bad, of_last = queries.count_bad(db, cause, limits.window)
    if not rules.is_tripped(bad, of_last, limits) or not waits_for(db, [cause]):
        return False
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    once = dialect.insert(Halt).on_conflict_do_nothing(index_elements=["cause"], index_where=Halt.lifted_at.is_(None))
    halt_id = db.scalar(once.values(cause=cause, at=now, bad=bad, of_last=of_last).returning(Halt.id))
    if halt_id is None:
        return False
    record(db, "mail.halted", by=None, cause=cause, bad=bad, of_last=of_last)
    enqueue(db, HALTED)
    return True


def lift_halt(db: Session, halt: Halt, *, by: Actor | None, now: datetime) -> None:
    """Let the mails of a cause that halted go on.

    Raises NotHalted.  Records ``mail.halt_lifted`` (cause).
    """
    lock(db, halt)
    rules.check_lift_halt(halt)
    halt.lifted_at = now
    db.flush()
    record(db, "mail.halt_lifted", by=by, cause=halt.cause)
    enqueue(db, RELEASE, halt.id)


def end_halts(db: Session, causes: Collection[str], *, now: datetime) -> None:
    """Note that somebody went on with mails of these causes, or stopped them: whoever does so looks after the held ones."""
    for halt in queries.standing_halts(db, causes):
        halt.lifted_at = halt.released_at = now
    db.flush()


def release_halted(db: Session, halt_id: int, *, now: datetime) -> bool:
    """Give the next of the mails that a lifted halt held back their turn. Returns whether some are left."""
    halt = lock(db, db.get_one(Halt, halt_id))
    if halt.lifted_at is None or halt.released_at is not None:
        return False
    if release_mails(db, [halt.cause], now=now):
        return True
    halt.released_at = now
    db.flush()
    return False


def sweep_halts(db: Session, *, now: datetime) -> int:  # every sweep has this shape
    """Wake the job for lifted halts whose mails are held still. Returns how many."""
    unfinished = db.scalars(select(Halt.id).where(Halt.lifted_at.is_not(None), Halt.released_at.is_(None))).all()
    for halt_id in unfinished:
        enqueue(db, RELEASE, halt_id)
    return len(unfinished)
