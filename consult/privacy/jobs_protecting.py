"""After an entry was protected: what no row holds goes too. Files that were made or uploaded before, captured mails, the disk."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.core import clock
from consult.core.db import bound, reading, writing
from consult.core.files import store
from consult.jobs import operations as tasks
from consult.jobs.models import Task, TaskState
from consult.mail.connection import mailbox
from consult.mail.delivery import post
from consult.mailings.operations_outreach import MAKE
from consult.reports.operations_letters import MAKE as MAKE_ANSWERS
from consult.stakeholders import operations_import
from consult.stakeholders.jobs import EXPORT
from consult.stakeholders.models_import import StakeholderImport

MADE = (EXPORT, MAKE, MAKE_ANSWERS)  # kinds of Tasks whose file holds names: exports of the registry, letters


def finish_protecting(task_id: int) -> None:
    """Remove what was made or uploaded before, then let the database write itself anew. Again from the start after a crash."""
    with writing() as db:
        task = tasks.claim_task(db, task_id, now=clock.now())
    if task is None:
        return
    is_rest = drop_files(before=task.created_at)
    drop_lists(before=task.created_at)
    if not is_rest:
        return  # a file is being made at this moment: the sweep wakes us again when our lease is over
    drop_captured(before=task.created_at)
    bound().forget_deleted()
    with writing() as db:
        tasks.finish_task(db, db.get_one(Task, task_id), now=clock.now())


def drop_files(*, before: datetime) -> bool:
    """Drop lists that were uploaded, and exports and letters that were asked for, before an instant. Returns whether none is left."""
    with reading() as db:
        lists = db.scalars(select(StakeholderImport.file_key).where(StakeholderImport.created_at <= before)).all()
    for key in lists:
        store().drop(key)
    with writing() as db:
        for key in _exports(db, before):
            store().drop(key)
        made = (Task.kind.in_(MADE), Task.created_at <= before)
        db.execute(update(Task).where(*made, Task.result_key.is_not(None)).values(result_key=None))
        return db.scalar(select(Task.id).where(*made, Task.state == TaskState.RUNNING).limit(1)) is None


def drop_lists(*, before: datetime) -> None:
    """Delete all lists that were uploaded before an instant, with their rows: some thousand rows a transaction."""
    is_left = True
    while is_left:
        with writing() as db:
            is_left = operations_import.drop_lists(db, before=before)


def _exports(db: Session, before: datetime) -> list[str]:
    query = select(Task.result_key).where(Task.kind.in_(MADE), Task.created_at <= before)
    return [key for key in db.scalars(query) if key]


def drop_captured(*, before: datetime) -> None:
    """Delete the mails that a demonstration wrote to files before an instant: they hold names and addresses."""
    folder = mailbox(post().settings)
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.stat().st_mtime <= before.timestamp():
            path.unlink(missing_ok=True)
