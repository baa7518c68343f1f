"""Background work of reports: preparing a long one in steps, and publishing it."""

from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.consultations.models import Consultation
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.refusals import Refused
from consult.jobs import operations as tasks
from consult.jobs.models import Task
from consult.reports import operations, operations_telling
from consult.reports import operations_freezing as freezing
from consult.reports.models import FrozenReport
from consult.rounds.models import Round


def publish_report(task_id: int) -> None:
    """Prepare a report with progress, then publish it; a refusal is kept for whoever pressed the button.

    A killed worker leaves what nobody reads; who comes after it begins anew.
    """
    with writing() as db:
        task = tasks.claim_task(db, task_id, now=clock.now())
        if task is None:
            return
    frozen_id = int(task.subject.removeprefix("frozen_report:"))
    _forget_items(frozen_id)
    try:
        frozen = _prepare(task_id, frozen_id)
        with writing() as db:
            consultation, round_ = _found(db, frozen)
            by = db.get_one(Staff, int(task.owner.removeprefix("staff:")))
            operations.publish_frozen(
                db, consultation, round_, db.get_one(FrozenReport, frozen_id), by=by, now=clock.now()
            )
            tasks.finish_task(db, db.get_one(Task, task_id), now=clock.now())
    except Refused as problem:
        with writing() as db:
            tasks.fail_task(db, db.get_one(Task, task_id), problem, now=clock.now())
        _forget_items(frozen_id)
        with writing() as db:
            freezing.forget_frozen(db, frozen_id)


def tell_authors(frozen_id: int) -> None:
    """Put the mails that answers are there into the outbox, a step a transaction."""
    is_left = True
    while is_left:
        with writing() as db:
            is_left = operations_telling.tell_authors(db, db.get_one(FrozenReport, frozen_id), now=clock.now())


def _prepare(task_id: int, frozen_id: int) -> FrozenReport:
    """Write document and items, each step a transaction."""
    with reading() as db:
        frozen = db.get_one(FrozenReport, frozen_id)
        composed = freezing.compose(db, *_found(db, frozen))
    steps = list(freezing.steps_of(composed))
    with writing() as db:
        freezing.keep_document(db, db.get_one(FrozenReport, frozen_id), composed)
    for done, step in enumerate(steps, start=1):
        with writing() as db:
            freezing.keep_step(db, frozen, step)
            tasks.report_progress(db, task_id, done, len(steps) + 1, now=clock.now())
    return frozen


def _found(db: Session, frozen: FrozenReport) -> tuple[Consultation, Round]:
    round_ = db.get_one(Round, frozen.round_id)
    return db.get_one(Consultation, round_.consultation_id), round_


def _forget_items(frozen_id: int) -> None:
    gone = freezing.STEP
    while gone == freezing.STEP:
        with writing() as db:
            gone = freezing.forget_step(db, frozen_id)
