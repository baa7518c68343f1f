"""Background work of choices: taking over tens of thousands whom the standing invitations propose."""

import time

from consult.consultations import operations_taking as operations
from consult.consultations.models import Consultation
from consult.consultations.queries_missing import proposed
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.refusals import Refused
from consult.jobs import operations as tasks
from consult.jobs.models import Task
from consult.jobs.steps import Steps, our_turn

STEP = 250  # entries a transaction, at most


class Chooser:
    """Whoever asked for it, as the actor: taken from the Task, for no one is signed in here."""

    def __init__(self, actor: str) -> None:
        self.actor = actor


def take_over(task_id: int) -> None:
    """Take over all who are proposed, in small steps, with progress. A killed worker goes on with those who are proposed still."""
    with writing() as db:
        task = tasks.claim_task(db, task_id, now=clock.now())
        if task is None:
            return
        about = int(task.subject.rpartition(":")[2])
    with reading() as db:
        waiting = list(db.scalars(proposed(db, db.get_one(Consultation, about)).order_by("id")))
    done, total, steps = task.done, task.done + len(waiting), Steps(STEP)
    while waiting:
        part, waiting = waiting[: steps.rows], waiting[steps.rows :]
        try:
            with writing() as db:
                began = our_turn(db)
                consultation = db.get_one(Consultation, about)
                done += operations.take_part_over(db, consultation, part, by=Chooser(task.owner), now=clock.now())
                tasks.report_progress(db, task_id, done, total, now=clock.now())
        except Refused as problem:
            with writing() as db:
                tasks.fail_task(db, db.get_one(Task, task_id), problem, now=clock.now())
            return
        steps.note(time.perf_counter() - began)
    with writing() as db:
        consultation, now = db.get_one(Consultation, about), clock.now()
        operations.end_take_over(db, consultation, count=done, by=Chooser(task.owner), now=now)
        tasks.finish_task(db, db.get_one(Task, task_id), now=now)
