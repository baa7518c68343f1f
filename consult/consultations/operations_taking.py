"""Taking over whom the standing invitations propose: at once where they are few, by the worker in steps where they are many."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consult.audit import record
from consult.audit.operations import Actor
from consult.consultations import queries_missing
from consult.consultations import rules_groups as rules
from consult.consultations.models import Consultation
from consult.consultations.models_groups import ByHand, SmartGroupEntry
from consult.consultations.operations_groups import STANDING, open_choice
from consult.core.db import lock
from consult.jobs.models import Task, TaskState
from consult.jobs.operations import start_task

TAKE_OVER = "consultations.take_over"  # the job's name in consult/worker.py
AT_ONCE = 500  # entries that are taken over while somebody waits


def begin_take_over(db: Session, consultation: Consultation, *, by: Actor, next_url: str, now: datetime) -> Task:
    """Let the worker take over all who are proposed. Begun already, it is begun no second time. Mails nobody.

    Returns the Task.  Raises what check_take_over raises.  The worker records ``choice.taken_over`` (slug, count).
    """
    lock(db, open_choice(db, consultation, now=now))
    subject = subject_of(consultation)
    under_way = select(Task).where(Task.kind == TAKE_OVER, Task.subject == subject, Task.owner == by.actor)
    found = db.scalars(under_way.where(Task.state.in_([TaskState.WAITING, TaskState.RUNNING]))).first()
    if found is not None:
        return found
    rules.check_take_over(consultation, standing=len(queries_missing.standing_for(db, consultation)))
    return start_task(db, TAKE_OVER, owner=by.actor, subject=subject, next_url=next_url, now=now)


def subject_of(consultation: Consultation) -> str:
    """What a Task that takes over works on."""
    return f"consultation:{consultation.id}"


def count_proposed(db: Session, consultation: Consultation) -> int:
    """How many the standing invitations propose and the choice says nothing of."""
    wanted = queries_missing.proposed(db, consultation).subquery()
    return db.scalar(select(func.count()).select_from(wanted)) or 0


def take_part_over(db: Session, consultation: Consultation, part: Collection[int], *, by: Actor, now: datetime) -> int:
    """Put some entries into the choice; of whom it says something meanwhile stays as it is. Returns how many were put in.

    Raises what check_take_over raises.
    """
    choice = lock(db, open_choice(db, consultation, now=now))
    rules.check_take_over(consultation, standing=len(queries_missing.standing_for(db, consultation)))
    rows = [
        {"group_id": choice.id, "stakeholder_id": one, "way": ByHand.IN, "reason": STANDING, "by": by.actor, "at": now}
        for one in part
    ]
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    put = dialect.insert(SmartGroupEntry).values(rows).on_conflict_do_nothing()
    return len(db.scalars(put.returning(SmartGroupEntry.stakeholder_id)).all())


def end_take_over(db: Session, consultation: Consultation, *, count: int, by: Actor, now: datetime) -> None:
    """Note that all who were proposed are taken over.  Records ``choice.taken_over`` (slug, count)."""
    open_choice(db, consultation, now=now).taken_over_at = now
    db.flush()
    record(db, "choice.taken_over", by=by, consultation=consultation.slug, count=count)
