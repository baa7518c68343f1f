"""Tasks: starting, claiming, reporting progress, ending; and the sweep that finds those a dead worker left."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from consult.core import ids
from consult.core.db import rows_touched
from consult.core.files import store
from consult.core.i18n import _l, languages, use_language
from consult.core.refusals import Refused
from consult.core.texts import Texts
from consult.jobs.models import KEEP_DAYS, TRIES_MAX, Task, TaskState
from consult.jobs.queue import enqueue

LEASE = timedelta(minutes=5)

GIVEN_UP = _l("We tried this three times and it stopped each time. Check the file, then start again.")
WENT_WRONG = _l("Something went wrong on our side. Start again; if it happens again, tell your administrator.")


def start_task(db: Session, kind: str, *, owner: str, subject: str, next_url: str, now: datetime) -> Task:
    """Put a Task in line, and wake a worker for it once the transaction is kept. Returns the Task."""
    task = Task(
        ref=ids.random_code(16),
        kind=kind,
        state=TaskState.WAITING,
        owner=owner,
        subject=subject,
        next_url=next_url,
        created_at=now,
    )
    db.add(task)
    db.flush()
    enqueue(db, kind, task.id)
    return task


def claim_task(db: Session, task_id: int, *, now: datetime) -> Task | None:
    """Take a Task to work on it. None where another worker has it, it is over, or it was given up here and now."""
    claimed = db.execute(
        update(Task)
        .where(
            Task.id == task_id,
            or_(Task.state == TaskState.WAITING, (Task.state == TaskState.RUNNING) & (Task.lease_until < now)),
        )
        .values(state=TaskState.RUNNING, lease_until=now + LEASE, tries=Task.tries + 1)
    )
    if rows_touched(claimed) == 0:
        return None
    task = db.get_one(Task, task_id, populate_existing=True)
    if task.tries > TRIES_MAX:
        _end(task, TaskState.FAILED, now=now, problem=in_every_language(GIVEN_UP))
        return None
    return task


def report_progress(db: Session, task_id: int, done: int, total: int, *, now: datetime) -> None:
    """Note how far a Task is, and hold it for another while."""
    db.execute(update(Task).where(Task.id == task_id).values(done=done, total=total, lease_until=now + LEASE))


def finish_task(db: Session, task: Task, *, now: datetime, result_key: str | None = None) -> None:
    """Mark a Task done."""
    task.result_key = result_key
    _end(task, TaskState.DONE, now=now, problem=None)


def fail_task(db: Session, task: Task, problem: Refused | None, *, now: datetime) -> None:
    """Mark a Task failed, with the refusal's message in every language (or a general one for a fault of ours)."""
    _end(task, TaskState.FAILED, now=now, problem=in_every_language(problem or WENT_WRONG))


def _end(task: Task, state: TaskState, *, now: datetime, problem: Texts | None) -> None:
    task.state, task.problem = state, problem
    task.finished_at, task.lease_until = now, None
    task.expires_at = now + timedelta(days=KEEP_DAYS)


def in_every_language(message: object) -> Texts:
    """A message in each installed language, for a row that people of any language may look at later."""
    texts = Texts()
    for record in languages():
        with use_language(record.code):
            texts[record.code] = str(message)
    return texts


def sweep_tasks(db: Session, *, now: datetime) -> int:
    """Wake the worker again for Tasks that wait or whose worker is gone. Returns how many."""
    left = db.execute(
        select(Task.id, Task.kind).where(
            or_(
                (Task.state == TaskState.WAITING) & (Task.created_at < now - timedelta(seconds=30)),
                (Task.state == TaskState.RUNNING) & (Task.lease_until < now),
            )
        )
    ).all()
    for task_id, kind in left:
        enqueue(db, kind, task_id)
    return len(left)


def expire_tasks(db: Session, *, now: datetime) -> int:
    """Remove Tasks that are long over, with their result files. Returns how many."""
    gone = db.execute(delete(Task).where(Task.expires_at < now).returning(Task.result_key)).scalars().all()
    for key in gone:
        if key:
            store().drop(key)
    return len(gone)
