"""Background work of saved groups: the list of one, where the registry is large."""

from sqlalchemy import func, select

from consult.consultations import operations_groups as operations
from consult.consultations.models_groups import SmartGroup
from consult.core import clock
from consult.core.db import writing
from consult.jobs import operations as tasks
from consult.jobs.models import Task
from consult.stakeholders.models import Stakeholder

STEP = 2_000  # ids of the registry a transaction


def list_group(task_id: int) -> None:
    """Write a list of a group beside the one that is shown, in small steps, then show it and remove the other.

    The edition is the Task's number: one that was begun before never replaces one that was begun later.
    """
    with writing() as db:
        task = tasks.claim_task(db, task_id, now=clock.now())
        if task is None:
            return
        group = db.get_one(SmartGroup, int(task.subject.rpartition(":")[2]))
        last = db.scalar(select(func.max(Stakeholder.id))) or 0
    for begin in range(0, last, STEP):
        with writing() as db:
            operations.drop_listed(db, group, edition=task.id, after=begin, until=begin + STEP)  # of a worker that died
            operations.write_listed(db, group, task.id, after=begin, until=begin + STEP)
            tasks.report_progress(db, task_id, begin, last, now=clock.now())
    with writing() as db:
        shown = db.get_one(SmartGroup, group.id)
        operations.show_listed(db, shown, task.id, now=clock.now())
    for begin in range(0, last, STEP):
        with writing() as db:
            operations.drop_listed(db, shown, after=begin, until=begin + STEP)
    with writing() as db:
        tasks.finish_task(db, db.get_one(Task, task_id), now=clock.now())
