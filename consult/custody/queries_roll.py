"""Reads of roll calls."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.custody.models import Officer
from consult.custody.models_roll import RollAnswer, RollCall


class Roll(NamedTuple):
    """The roll call that goes on, as pages show it."""

    call: RollCall
    newcomer: Officer  # whose card would take the officers' place
    there: set[int]  # ids of the officers who answered
    is_due: bool  # its end can be drawn


def find_roll(db: Session, ref: str) -> RollCall | None:
    """The roll call of a reference."""
    return db.scalars(select(RollCall).where(RollCall.ref == ref)).one_or_none()


def open_roll(db: Session, *, now: datetime) -> Roll | None:
    """The roll call that goes on; None where there is none."""
    query = select(RollCall, Officer).join(Officer, Officer.id == RollCall.newcomer_id)
    query = query.where(RollCall.called_off_at.is_(None), RollCall.done_at.is_(None))
    found = db.execute(query.order_by(RollCall.id).limit(1)).one_or_none()
    if found is None:
        return None
    call, newcomer = found
    return Roll(call, newcomer, answered(db, call), now >= call.due_at)


def answered(db: Session, call: RollCall) -> set[int]:
    """The ids of the officers who said that they are there."""
    return set(db.scalars(select(RollAnswer.officer_id).where(RollAnswer.roll_call_id == call.id)))
