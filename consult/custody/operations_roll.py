"""Asking the officers whether they are there, and the end of it. Source: decision 0036."""

from datetime import datetime

from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.core import ids
from consult.core.db import lock, refusing
from consult.custody import queries, queries_roll, rules_roll
from consult.custody.mails import ask_officers
from consult.custody.models import Appointed, Officer
from consult.custody.models_roll import WAIT, RollCall
from consult.custody.operations import appoint, end
from consult.custody.operations_presence import BY_RULE, keep_answer
from consult.custody.operations_sealed import lock_serving

ONE_OPEN = {"uq_roll_call_open": rules_roll.RollCallOpen}


def call_roll(db: Session, newcomer: Officer, typed: str, *, by: Staff, now: datetime) -> RollCall:
    """Ask every officer whether they are there: by mail, on the staff page and on the public one, for thirty days.

    Returns the roll call.  Raises what check_call_roll raises.  Records ``officers.roll_called`` (card, due).
    """
    lock(db, newcomer)
    decide, is_open = queries.officers_decide(db), queries_roll.open_roll(db, now=now) is not None
    rules_roll.check_call_roll(newcomer, typed, decide=decide, is_open=is_open)
    made = RollCall(ref=ids.random_code(), newcomer_id=newcomer.id, called_at=now, due_at=now + WAIT)
    with refusing(db, ONE_OPEN):
        db.add(made)
    record(db, "officers.roll_called", by=by, card=newcomer.ref, due=made.due_at.date().isoformat())
    ask_officers(db, made, now=now)
    return made


def answer_roll(db: Session, call: RollCall, officer: Officer, *, by: Staff, now: datetime) -> None:
    """Keep an officer's word that they are there.

    Raises what check_answer_roll raises.  Records ``officers.roll_answered`` (card).
    """
    lock(db, call)
    rules_roll.check_answer_roll(call, officer, has_answered=officer.id in queries_roll.answered(db, call))
    keep_answer(db, call, officer, by=by, now=now)


def call_off_roll(db: Session, call: RollCall, *, by: Staff, now: datetime) -> None:
    """Ask the officers no more: nothing has changed. Raises RollCallOver.  Records ``officers.roll_called_off``."""
    lock(db, call)
    rules_roll.check_roll_is_open(call)
    call.called_off_at = now
    db.flush()
    record(db, "officers.roll_called_off", by=by)


def end_roll(db: Session, call: RollCall, typed: str, *, by: Staff, now: datetime) -> bool:
    """After the wait: who said nothing is no officer any more. Where nobody answered, the newcomer takes their place.

    Returns whether they did; otherwise whoever answered decides about the newcomer.  The copies of those who end go, so what
    only they could open nobody opens again.  Raises what check_end_roll raises.
    Records ``officer.ended`` (card) for each, and ``officer.appointed`` (card, how) of the newcomer.
    """
    lock(db, call)
    newcomer = lock(db, db.get_one(Officer, call.newcomer_id))
    rules_roll.check_end_roll(call, newcomer, typed, now=now)
    there = queries_roll.answered(db, call)
    serving = lock_serving(db)
    is_replaced = not any(one.id in there for one in serving)
    if is_replaced:  # before the others end: the last officer stays
        appoint(db, newcomer, Appointed.REPLACEMENT, by=by, now=now)
    for one in serving:
        if one.id not in there:
            end(db, one, by=by, now=now)
    with refusing(db, BY_RULE):
        call.done_at = now
    return is_replaced
