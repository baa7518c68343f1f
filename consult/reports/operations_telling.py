"""Telling authors that their answers are there: one mail, letter or call a person and report, in steps, however many they are.

Who they are follows from what was published and never changes, so no list is written: only how far we are.
"""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from consult.core.db import lock
from consult.jobs.queue import enqueue
from consult.mail.operations import queue_mails
from consult.reports import queries
from consult.reports.mails import answer_mails
from consult.reports.models import FrozenReport, Report
from consult.reports.operations_letters import begin_answer_letters
from consult.rounds.models import Round

TELL = "reports.tell_authors"  # the job's name in consult/worker.py
STEP = 500  # authors a transaction


def tell_authors(db: Session, frozen: FrozenReport, *, now: datetime) -> bool:
    """Queue the mails for the next of the authors whose answers a published report holds, and put letters and calls in line.

    Returns whether some are left.

    Whoever may not be written to gets nothing (invariant 6). May run again after a crash, or twice at once: the outbox takes one
    mail a person and cause (invariant 5).
    """
    lock(db, frozen)
    if frozen.told_at is not None:
        return False
    turn = queries.authors_after(db, frozen.release_id, frozen.told_until, limit=STEP)
    consultation_id = db.get_one(Round, frozen.round_id).consultation_id
    queue_mails(db, answer_mails(db, consultation_id, frozen.id, turn), now=now)
    begin_answer_letters(db, frozen, turn, now=now)
    frozen.told_until = turn[-1] if turn else frozen.told_until
    if len(turn) < STEP:
        frozen.told_at = now
    db.flush()
    return frozen.told_at is None


def sweep_telling(db: Session, *, now: datetime) -> int:  # every sweep has this shape
    """Wake the job for reports whose authors are not all told. Returns how many."""
    is_published = exists().where(Report.frozen_id == FrozenReport.id)
    left = db.scalars(select(FrozenReport.id).where(FrozenReport.told_at.is_(None), is_published)).all()
    for frozen_id in left:
        enqueue(db, TELL, frozen_id)
    return len(left)
