"""Background work of the registry: reading an uploaded list, applying it."""

from consult.core import clock
from consult.core.db import reading, writing
from consult.core.files import store
from consult.core.refusals import Refused
from consult.jobs import operations as tasks
from consult.jobs.models import Task
from consult.stakeholders import operations_import
from consult.stakeholders.models import ImportState, RowState, StakeholderImport
from consult.stakeholders.queries import count_rows
from consult.stakeholders.sheets import read_sheet

PREVIEW_STEP = 1_000  # rows a transaction


class Importer:
    """Whoever uploaded the list, as the actor of what it changes: taken from the import's row, for no one is signed in here."""

    def __init__(self, actor: str) -> None:
        self.actor = actor


def read_list(task_id: int) -> None:
    """Read an uploaded list into a preview, in small steps, with progress."""
    with writing() as db:
        task = tasks.claim_task(db, task_id, now=clock.now())
        if task is None:
            return
        made = db.get_one(StakeholderImport, _import_id(task))
        operations_import.forget_preview(db, made.id)
    try:
        sheet = read_sheet(store().read(made.file_key))
    except Refused as problem:
        _fail(task, made.id, problem)
        return
    with reading() as db:
        registry = operations_import.read_registry(db)
    previewed = operations_import.preview_rows(sheet.rows, registry, made.basis)
    for begin in range(0, len(previewed), PREVIEW_STEP):
        with writing() as db:
            operations_import.keep_preview(db, made.id, previewed[begin : begin + PREVIEW_STEP])
            tasks.report_progress(db, task_id, begin, len(previewed), now=clock.now())
    with writing() as db:
        db.get_one(StakeholderImport, made.id).ignored = sheet.ignored
    _finish(task, made.id, ImportState.PREVIEW)


def apply_list(task_id: int) -> None:
    """Apply a preview to the registry, in small steps, with progress. A killed worker goes on where it was."""
    with writing() as db:
        task = tasks.claim_task(db, task_id, now=clock.now())
        if task is None:
            return
        made = db.get_one(StakeholderImport, _import_id(task))
        numbers = count_rows(db, made.id)
    total, done, after = numbers[RowState.NEW] + numbers[RowState.CHANGED], 0, 0
    while True:
        with writing() as db:
            lines = operations_import.apply_rows(db, made, after=after, by=Importer(made.owner), now=clock.now())
            done += len(lines)
            tasks.report_progress(db, task_id, done, total, now=clock.now())
        if not lines:
            break
        after = lines[-1]
    _finish(task, made.id, ImportState.APPLIED)


def _import_id(task: Task) -> int:
    return int(task.subject.removeprefix("stakeholder_import:"))


def _finish(task: Task, import_id: int, state: ImportState) -> None:
    with writing() as db:
        made = db.get_one(StakeholderImport, import_id)
        made.state = state
        if state is ImportState.APPLIED:
            made.applied_at = clock.now()
        tasks.finish_task(db, db.get_one(Task, task.id), now=clock.now())


def _fail(task: Task, import_id: int, problem: Refused) -> None:
    with writing() as db:
        db.get_one(StakeholderImport, import_id).state = ImportState.FAILED
        tasks.fail_task(db, db.get_one(Task, task.id), problem, now=clock.now())
