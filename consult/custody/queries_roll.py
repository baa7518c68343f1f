"""Reads of roll calls."""

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.days import day_of
from consult.custody.models import Officer
from consult.custody.models_roll import RollAnswer, RollCall


class Roll(NamedTuple):
    """The roll call that goes on, as pages show it."""

    call: RollCall
    newcomer: Officer  # whose card would take the officers' place
    there: set[int]  # ids of the officers who answered, or need not
    is_due: bool  # its end can be drawn
    asked_on: date  # both in the time zone of the site
    due_on: date


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
    days = day_of(call.called_at), day_of(call.due_at)
    return Roll(call, newcomer, answered(db, call), now >= call.due_at, *days)


def lapsed_roll(db: Session) -> RollCall | None:
    """The newest call, where it is over because its card waited no more: appointed by officers, ended or replaced meanwhile."""
    query = select(RollCall, Officer).join(Officer, Officer.id == RollCall.newcomer_id)
    found = db.execute(query.order_by(RollCall.id.desc()).limit(1)).one_or_none()
    if found is None or found[0].called_off_at is None:
        return None
    call, newcomer = found
    return call if call.called_off_at in (newcomer.appointed_at, newcomer.ended_at) else None


def answered(db: Session, call: RollCall) -> set[int]:
    """The ids of the officers who said that they are there; whoever was appointed since was never asked, and need not say so."""
    said = select(RollAnswer.officer_id).where(RollAnswer.roll_call_id == call.id)
    since = select(Officer.id).where(Officer.appointed_at > call.called_at)
    return {*db.scalars(said), *db.scalars(since)}
