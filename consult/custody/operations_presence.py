"""What becomes of a roll call while it goes on: whatever an officer does is an answer, and one whose card waits no more is over.

Whoever calls these does so before any officer is locked: a call comes before the officers, as where its end is drawn.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.core.db import lock, refusing
from consult.custody import queries, queries_roll, rules, rules_roll
from consult.custody.models import Officer
from consult.custody.models_roll import RollAnswer, RollCall

BY_RULE = {
    "pk_roll_answer": rules_roll.AnsweredAlready,
    "uq_roll_answer_roll_call_id_officer_id": rules_roll.AnsweredAlready,
    "roll_answer_of_who_serves": rules.NotAnOfficer,
    "roll_call_stays_over": rules_roll.RollCallOver,
}


def lock_open_call(db: Session) -> RollCall | None:
    """The call that goes on, held; None where there is none."""
    query = select(RollCall).where(RollCall.called_off_at.is_(None), RollCall.done_at.is_(None))
    found = db.scalars(query).one_or_none()
    return found if found is not None and lock(db, found).is_open else None


def note_there(db: Session, *, by: Staff, now: datetime) -> None:
    """Take an act of an officer for the answer that they are there, where they are being asked and have not said so yet.

    Records ``officers.roll_answered`` (card) then.
    """
    call = lock_open_call(db)
    officer = queries.officer_of(db, by.id) if call else None
    if call and officer and officer.serves and officer.id not in queries_roll.answered(db, call):
        keep_answer(db, call, officer, by=by, now=now)


def keep_answer(db: Session, call: RollCall, officer: Officer, *, by: Staff, now: datetime) -> None:
    """Keep the answer of an officer, once a rule has said that it counts. Records ``officers.roll_answered`` (card)."""
    with refusing(db, BY_RULE):
        db.add(RollAnswer(roll_call_id=call.id, officer_id=officer.id, at=now))
    record(db, "officers.roll_answered", by=by, card=officer.ref)


def close_call_of(db: Session, newcomer: Officer, *, by: Staff, now: datetime) -> None:
    """A call whose card waits no more is over, and nobody's office has ended by it. Records ``officers.roll_over`` then."""
    call = lock_open_call(db)
    if call and call.newcomer_id == newcomer.id:
        call.called_off_at = now
        db.flush()
        record(db, "officers.roll_over", by=by)
