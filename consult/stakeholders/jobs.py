"""Background work of the registry: reading an uploaded list, applying it."""

import time

from sqlalchemy.orm import Session

from consult.audit import record
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.files import store
from consult.core.refusals import Refused
from consult.jobs import operations as tasks
from consult.jobs.models import Task
from consult.jobs.steps import Steps, our_turn
from consult.stakeholders import export, known, operations_applying, operations_import
from consult.stakeholders.models_import import ImportState, RowState, StakeholderImport
from consult.stakeholders.queries import count_rows, remembered_columns
from consult.stakeholders.sheets import read_sheet
from consult.stakeholders.sheets_refusals import ListDropped

EXPORT = "stakeholders.export_registry"  # the job's name in consult/worker.py
PREVIEW_STEP = 700  # rows a transaction
AIM = 0.09  # seconds of a transaction that applies rows
FIRST = 50  # rows of the first of these


class Importer:
    """Whoever uploaded the list or asked for the file, as the actor: taken from its row, for no one is signed in here."""

    def __init__(self, actor: str) -> None:
        self.actor = actor


def read_list(task_id: int) -> None:
    """Read an uploaded list into a preview, in small steps, with progress."""
    with writing() as db:
        task = tasks.claim_task(db, task_id, now=clock.now())
        if task is None:
            return
        if not operations_import.goes_on(db, _import_id(task), ImportState.READING):
            return _stop(db, task)
        made = db.get_one(StakeholderImport, _import_id(task))
        operations_import.forget_preview(db, made.id)
        remembered = remembered_columns(db)
    try:
        sheet = read_sheet(store().read(made.file_key), remembered)
    except Refused as problem:
        _fail(task, made.id, problem)
        return
    with reading() as db:
        registry = known.read_registry(db)
    previewed = operations_import.preview_rows(
        sheet.rows, registry, made.basis, made.category, news=made.news, told=bool(made.wording)
    )
    previewed.sort(key=operations_import.by_name)
    for begin in range(0, len(previewed), PREVIEW_STEP):
        with writing() as db:
            if not operations_import.goes_on(db, made.id, ImportState.READING):
                return _stop(db, task)
            operations_import.keep_preview(db, made.id, previewed[begin : begin + PREVIEW_STEP])
            tasks.report_progress(db, task_id, begin, len(previewed), now=clock.now())
    with writing() as db:
        if not operations_import.goes_on(db, made.id, ImportState.READING):
            return _stop(db, task)
        read = db.get_one(StakeholderImport, made.id)
        read.ignored, read.are_cards = sheet.ignored, sheet.are_cards
        _finish(db, task, read, ImportState.PREVIEW)


def apply_list(task_id: int) -> None:
    """Apply a preview to the registry, in small steps, with progress. A killed worker goes on where it was."""
    with writing() as db:
        task = tasks.claim_task(db, task_id, now=clock.now())
        if task is None:
            return
        if not operations_import.goes_on(db, _import_id(task), ImportState.APPLYING):
            return _stop(db, task)
        made = db.get_one(StakeholderImport, _import_id(task))
        numbers = count_rows(db, made.id)
    with reading() as db:
        lines = operations_applying.lines_to_apply(db, made)
    total, begin = numbers[RowState.NEW] + numbers[RowState.CHANGED], 0
    steps = Steps(operations_applying.STEP, aim=AIM, first=FIRST)
    while True:
        with writing() as db:
            if not operations_import.goes_on(db, made.id, ImportState.APPLYING):
                return _stop(db, task)
            began = our_turn(db)
            next_ones = lines[begin : begin + steps.rows]
            begin += len(
                operations_applying.apply_rows(
                    db, made, lines=next_ones, most=steps.rows, by=Importer(made.owner), now=clock.now()
                )
            )
            tasks.report_progress(db, task_id, total - len(lines) + begin, total, now=clock.now())
            if not next_ones:
                _finish(db, task, db.get_one(StakeholderImport, made.id), ImportState.APPLIED)
                return
        steps.note(time.perf_counter() - began)


def export_registry(task_id: int) -> None:
    """Write the registry into a file. Records ``stakeholders.exported`` (format, how many entries)."""
    with writing() as db:
        task = tasks.claim_task(db, task_id, now=clock.now())
        if task is None:
            return
    kind = task.subject.removeprefix("export:")
    with reading() as db:
        content = {"csv": export.as_csv, "xlsx": export.as_xlsx}[kind](export.rows_of(db))
        count = export.count_rows(db)
    key = store().keep(content, kind="exports")
    with writing() as db:
        tasks.finish_task(db, db.get_one(Task, task.id), now=clock.now(), result_key=key)
        record(db, "stakeholders.exported", by=Importer(task.owner), format=kind, count=count)


def _import_id(task: Task) -> int:
    return int(task.subject.removeprefix("stakeholder_import:"))


def _finish(db: Session, task: Task, made: StakeholderImport, state: ImportState) -> None:
    made.state = state
    if state is ImportState.APPLIED:
        made.applied_at = clock.now()
    tasks.finish_task(db, db.get_one(Task, task.id), now=clock.now())


def _stop(db: Session, task: Task) -> None:
    """An entry was protected meanwhile, and the list goes: with what it would have brought of that entry."""
    tasks.fail_task(db, db.get_one(Task, task.id), ListDropped(), now=clock.now())


def _fail(task: Task, import_id: int, problem: Refused) -> None:
    with writing() as db:
        db.get_one(StakeholderImport, import_id).state = ImportState.FAILED
        tasks.fail_task(db, db.get_one(Task, task.id), problem, now=clock.now())
