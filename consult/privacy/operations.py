"""A run over all kinds whose term is over, a few rows a transaction; its row says where it stands.

Each step is looked for outside of any writing transaction and asks again inside, under the lock of the run's row. So two workers
share a run, and a killed one leaves it to the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consult.audit import record
from consult.core.db import lock_id
from consult.jobs.queue import enqueue
from consult.privacy.erasing import ERASINGS
from consult.privacy.kinds import kind
from consult.privacy.models import RetentionRun
from consult.privacy.terms import terms

RETENTION = "privacy.keep_retention"  # the job's name in consult/worker.py
STEP = 500  # rows a transaction: well under 200 ms
STALE = timedelta(minutes=1)  # since the last step: whoever had it in hand is gone


@dataclass(frozen=True, slots=True)
class Step:
    """What a run does next: some rows of a kind, or none where the kind is done."""

    kind: str
    position: int  # where the run stood
    ids: Sequence[int]


def count_due(db: Session, *, now: datetime) -> dict[str, int]:
    """How many rows of each kind are over now: what a run would erase."""
    return {
        code: db.scalar(select(func.count()).select_from(one.due(_before(code, now)).subquery())) or 0
        for code, one in ERASINGS.items()
    }


def begin_run(db: Session, *, night: date | None, now: datetime) -> int | None:
    """Begin a run, that of a night or (None) one by hand. Returns its id, or None where that night has one."""
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    once = dialect.insert(RetentionRun).on_conflict_do_nothing(index_elements=["night"])
    row = {"begun_at": now, "stepped_at": now, "kind": next(iter(ERASINGS)), "position": 0, "counts": {}, "failed": []}
    begun: int | None = db.scalar(once.values(night=night, **row).returning(RetentionRun.id))
    return begun


def find_step(db: Session, run_id: int) -> Step | None:
    """What a run does next; None when it is over."""
    run = db.get_one(RetentionRun, run_id)
    if run.finished_at is not None:
        return None
    one = ERASINGS[run.kind]
    key = one.model.id  # type: ignore[attr-defined]
    due = one.due(_before(run.kind, run.begun_at)).where(key > run.position).order_by(key).limit(STEP)
    return Step(run.kind, run.position, db.scalars(due).all())


def take_step(db: Session, run_id: int, step: Step, *, now: datetime) -> int:
    """Do what a run does next, unless another worker has meanwhile. Returns how many rows went.

    Records ``retention.finished`` (run id, how many of each kind, the kinds that failed) with the last one.
    """
    run = lock_id(db, RetentionRun, run_id)
    if run.finished_at is not None or (run.kind, run.position) != (step.kind, step.position):
        return 0
    run.stepped_at = now
    if not step.ids:
        _go_on(db, run, now=now)
        return 0
    one = ERASINGS[step.kind]
    key = one.model.id  # type: ignore[attr-defined]
    still = one.due(_before(run.kind, run.begun_at)).where(key.in_(step.ids)).order_by(key)
    ids = db.scalars(still.with_for_update(of=one.model)).all()
    one.erase(db, ids, run.begun_at)
    run.position = step.ids[-1]
    run.counts = {**run.counts, run.kind: run.counts.get(run.kind, 0) + len(ids)}
    db.flush()
    return len(ids)


def skip_kind(db: Session, run_id: int, step: Step, *, now: datetime) -> None:
    """Leave a kind that a fault stopped to the next night; the others go on.

    Records what take_step records.
    """
    run = lock_id(db, RetentionRun, run_id)
    if run.finished_at is None and run.kind == step.kind:
        run.failed, run.stepped_at = [*run.failed, run.kind], now
        _go_on(db, run, now=now)


def sweep_retention(db: Session, *, now: datetime) -> int:
    """Begin the night's run when its hour has come, once; wake a worker for it, and for one that nobody works on. Returns how many."""
    here = terms().here(now)
    left = list(
        db.scalars(
            select(RetentionRun.id).where(RetentionRun.finished_at.is_(None), RetentionRun.stepped_at < now - STALE)
        )
    )
    if here.hour >= terms().hour:
        begun = begin_run(db, night=here.date(), now=now)
        left += [begun] if begun is not None else []
    for run_id in left:
        enqueue(db, RETENTION, run_id)
    return len(left)


def _before(code: str, now: datetime) -> datetime:
    term = kind(code).term
    assert term is not None, "what the nightly job takes has a term"
    return now - term


def _go_on(db: Session, run: RetentionRun, *, now: datetime) -> None:
    """To the next kind; after the last one the run is over."""
    order = list(ERASINGS)
    run.counts = {run.kind: 0, **run.counts}
    rest = order[order.index(run.kind) + 1 :]
    run.kind, run.position = (rest[0] if rest else ""), 0
    if not rest:
        run.finished_at = now
        codes: dict[str, Any] = {code: int(run.counts[code]) for code in order}
        record(db, "retention.finished", by=None, run=run.id, failed=".".join(run.failed), **codes)
    db.flush()
