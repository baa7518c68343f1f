"""Background work: the letters with answers as one file."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy.orm import Session

from consult.consultations import codes
from consult.consultations.models import Consultation
from consult.consultations.rules import check_enter
from consult.core import clock
from consult.core.db import writing
from consult.jobs import operations as tasks
from consult.jobs.models import Task
from consult.mail.delivery import post
from consult.mailings.jobs_letters import Asker, write_letters
from consult.mailings.letters import Letter
from consult.reports import operations_letters as operations
from consult.reports.letters import compose_answer_letters
from consult.reports.queries_letters import Answered, read_said
from consult.stakeholders.queries_duty import offices_among

Written = tuple[int, Letter]  # the row, and what its letter says


def make_answer_letters(task_id: int) -> None:
    """Write the letters into a file, then mark them as printed; a refusal is kept for whoever pressed the button."""
    with writing() as db:
        task = tasks.claim_task(db, task_id, now=clock.now())
    if task is None:
        return
    found, kind = task.subject.removeprefix("answer_letters:").split(":")
    write_letters(task_id, kind, partial(_compose, int(found)), partial(_keep, task_id, int(found)))


def _compose(consultation_id: int) -> tuple[str, list[Letter], list[Written]]:
    """Title, letters, and each with its row; from now on each code leads to its door."""
    with writing() as db:
        consultation = db.get_one(Consultation, consultation_id)
        check_enter(consultation)
        wanted = operations.take_printable(db, consultation, now=clock.now())
        codes.keep_codes(db, [one.door for one in wanted if one.door is not None])
        written = _write(db, consultation, wanted)
        return consultation.title.shown().text, [letter for _row, letter in written], written


def _write(db: Session, consultation: Consultation, wanted: Sequence[Answered]) -> list[Written]:
    said = read_said(db, wanted)
    rows = [(one, said[one.letter.id]) for one in wanted]
    offices = offices_among(db, [one.entry for one in wanted if one.entry])
    letters = compose_answer_letters(consultation, rows, offices, base_url=post().renderer.base_url, now=clock.now())
    return [(one.letter.id, letter) for one, letter in zip(wanted, letters, strict=True)]


def _keep(task_id: int, consultation_id: int, written: list[Written], key: str) -> bool:
    """Mark them as printed and hand the file over, unless a letter in it would be another by now. Returns whether that was done.

    Somebody may have left meanwhile, or withdrawn one comment of several, or moved.
    """
    ids = [row for row, _letter in written]
    with writing() as db:
        task, consultation = db.get_one(Task, task_id), db.get_one(Consultation, consultation_id)
        check_enter(consultation)
        wanted = operations.take_printable(db, consultation, now=clock.now())
        still = [one for one in wanted if one.letter.id in set(ids)]
        if _write(db, consultation, still) != written:
            return False
        operations.mark_answers_printed(db, consultation, ids, by=Asker(task.owner), now=clock.now())
        tasks.finish_task(db, task, now=clock.now(), result_key=key)
        return True
