"""Background work of the exchange: the run, and the reading of what officers hand in."""

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.consultations.models import Consultation
from consult.core import clock, exchange
from consult.core.crypto import Unreadable
from consult.core.db import reading, writing
from consult.core.exchange import Found
from consult.core.files import store
from consult.core.refusals import Refused
from consult.custody import queries as custody
from consult.custody import sides
from consult.custody.models import Officer, SafeFile
from consult.custody.operations_files import KIND as FOR_SAFE
from consult.custody.operations_files import lay_files
from consult.custody.sides import Safe
from consult.custody.waking import wake_exchange
from consult.jobs import operations as tasks
from consult.jobs.models import Task
from consult.safe_desk import operations, operations_results, queries
from consult.safe_desk.models import Batch, DeskResult, ResultUpload
from consult.safe_desk.results import read_result

log = logging.getLogger("consult.exchange")


def use_address(base_url: str) -> None:
    """Let manifests name this address of the site. One a process."""
    global _base_url
    _base_url = base_url


_base_url = ""


def exchange_run() -> None:
    """Take what safe has for us, tell it what changed, lay the files. Each step is a transaction of its own, and can be done again."""
    safe = sides.safe()
    if safe is None:
        return
    with reading() as db:
        consultations = operations.in_use(db)
    for consultation in consultations:
        _take(safe, consultation, exchange.BATCH, queries.last_batch, _take_batch)
        _take(safe, consultation, exchange.REPORT, queries.last_report, _take_report)
        with writing() as db:
            found = db.get_one(Consultation, consultation.id)
            operations.destroy_sealed(db, safe, found, now=clock.now())
            operations.tell_safe(db, safe, _base_url, found, now=clock.now())
    with writing() as db:
        lay_files(db, safe, now=clock.now())


Taking = Callable[[Safe, Consultation, Found], None]


def _take(
    safe: Safe, consultation: Consultation, purpose: str, last: Callable[[Session, int], int], take: Taking
) -> None:
    """Take the files of a purpose in order; the first that is not what it should be stops the rest."""
    with reading() as db:
        begin = last(db, consultation.id)
    for found in operations.waiting_files(safe, consultation, purpose, begin):
        try:
            take(safe, consultation, found)
        except Unreadable:
            log.warning("a file of the exchange was not taken: %s", purpose)
            with writing() as db:
                here = db.get_one(Consultation, consultation.id)
                operations.note_fault(db, here, purpose, found.path, now=clock.now())
            return


def _take_batch(safe: Safe, consultation: Consultation, found: Found) -> None:
    text, told = operations.read_batch(safe, found)
    key = store().keep(text.encode(), kind=operations.KIND)
    digest = hashlib.sha256(text.encode()).hexdigest()
    with writing() as db:
        here = db.get_one(Consultation, consultation.id)
        operations.keep_batch(db, here, found.number, digest, told["manifest"], key, now=clock.now())


def _take_report(safe: Safe, consultation: Consultation, found: Found) -> None:
    events = operations.read_report(safe, found)
    with writing() as db:
        operations.keep_report(db, db.get_one(Consultation, consultation.id), found.number, events, now=clock.now())


def take_result(task_id: int) -> None:
    """Read what an officer handed in, and carry it out; a refusal is kept for the officer, and nothing else then."""
    safe = sides.safe()
    with writing() as db:
        task = tasks.claim_task(db, task_id, now=clock.now())
        if task is None or safe is None:
            return
        upload = db.get_one(ResultUpload, int(task.subject.removeprefix("result_upload:")))
        consultation, officer = db.get_one(Consultation, upload.consultation_id), db.get_one(Officer, upload.officer_id)
    try:
        result = read_result(store().read(upload.file_key), safe, consultation.slug, officer)
        with writing() as db:
            here, by = db.get_one(Consultation, consultation.id), db.get_one(Staff, officer.staff_id)
            giver = db.get_one(Officer, officer.id)
            operations_results.take_result(db, here, result, officer=giver, by=by, now=clock.now())
            _end(db, task_id, upload, None)
    except Refused as problem:
        with writing() as db:
            _end(db, task_id, upload, problem)


def _end(db: Session, task_id: int, upload: ResultUpload, problem: Refused | None) -> None:
    """The Task is over, and what was handed in is let go of: its file is swept."""
    task = db.get_one(Task, task_id)
    if problem is None:
        tasks.finish_task(db, task, now=clock.now())
    else:
        tasks.fail_task(db, task, problem, now=clock.now())
    db.delete(db.get_one(ResultUpload, upload.id))


def sweep_exchange(db: Session, *, now: datetime) -> int:
    """Wake the exchange: a round may have closed, a file have come, a worker have died with one half laid. Returns 0: that is no news."""
    if custody.list_in_use(db):
        wake_exchange(db)
    return 0


def sweep_sealed_files(db: Session, *, now: datetime) -> int:
    """Remove stored files of the exchange that no row names, after a day. Returns how many."""
    before, gone = now.timestamp() - 86_400, 0
    for kind, column in (
        (FOR_SAFE, SafeFile.file_key),
        (operations.KIND, Batch.file_key),
        (operations_results.STATES, DeskResult.state_key),
        (operations_results.UPLOADS, ResultUpload.file_key),
    ):
        wanted = {key for key in db.scalars(select(column).where(column.is_not(None))) if key}
        gone += store().sweep(kind, wanted, before=before)
    return gone
