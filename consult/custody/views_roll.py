"""Asking the officers whether they are there, for the administrator and for them. Source: decision 0036."""

from flask import Blueprint, abort, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.core import clock
from consult.core.db import writing
from consult.core.http import see_other
from consult.custody import operations_roll, queries
from consult.custody.models_roll import RollCall
from consult.custody.queries_roll import find_roll
from consult.custody.views_staff import by_fingerprint, own_card

bp = Blueprint("roll_staff", __name__, url_prefix="/staff/custody")


def _roll_or_404(db: Session, ref: str) -> RollCall:
    return find_roll(db, ref) or abort(404)


def _to_officers() -> ResponseReturnValue:
    return see_other(url_for("custody_staff.show_custody"))


@bp.post("/officers/<ref>/ask/")
@needs(Act.APPOINT_OFFICERS)
def call_roll(ref: str) -> ResponseReturnValue:
    """Ask all officers whether they are there, naming whose card would take their place. 303; 404, 409, 422 with what was typed."""
    return by_fingerprint(ref, queries.find_officer, operations_roll.call_roll)


@bp.post("/roll/<ref>/answer/")
@needs(Act.HOLD_KEYS)
def answer_roll(ref: str) -> ResponseReturnValue:
    """Say that one is there. 303 to the officers; 403, 404, 409."""
    with writing() as db:
        operations_roll.answer_roll(db, _roll_or_404(db, ref), own_card(db), by=current_staff(), now=clock.now())
    return _to_officers()


@bp.post("/roll/<ref>/call-off/")
@needs(Act.APPOINT_OFFICERS)
def call_off_roll(ref: str) -> ResponseReturnValue:
    """Ask the officers no more. 303 to the officers; 404, 409."""
    with writing() as db:
        operations_roll.call_off_roll(db, _roll_or_404(db, ref), by=current_staff(), now=clock.now())
    return _to_officers()


@bp.post("/roll/<ref>/end/")
@needs(Act.APPOINT_OFFICERS)
def end_roll(ref: str) -> ResponseReturnValue:
    """Draw the end of it after the wait. 303 to the officers; 404, 409, 422 with what was typed."""
    return by_fingerprint(ref, find_roll, operations_roll.end_roll)
