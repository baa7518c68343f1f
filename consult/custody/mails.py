"""The mail that asks officers whether they are there: whoever does not answer is none any more after the wait."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from consult.accounts.models import Staff, StaffState
from consult.core.i18n import _l, format_day
from consult.custody.models import Officer
from consult.custody.models_roll import RollCall
from consult.custody.queries import list_serving
from consult.mail.messages import MailTemplate, NotWanted, Values
from consult.mail.models import Mail
from consult.mail.operations import queue_mails


def _load(db: Session, parameters: Mapping[str, Any]) -> Values:
    call = db.get_one(RollCall, parameters["call"])
    if not call.is_open:
        raise NotWanted
    newcomer = db.get_one(Officer, call.newcomer_id)
    about = {"name": newcomer.name, "institution": newcomer.institution, "fingerprint": newcomer.fingerprint}
    return {**about, "due": format_day(call.due_at.date())}


OFFICERS_ASKED = MailTemplate("officers_asked", _l("Are you still a protection officer?"), load=_load, to_staff=True)


def ask_officers(db: Session, call: RollCall, *, now: datetime) -> int:
    """Ask those who serve. Returns how many."""
    asked = [db.get_one(Staff, one.staff_id) for one in list_serving(db)]
    mails = [
        Mail(OFFICERS_ASKED.name, person.actor, f"roll:{call.ref}", person.email, person.language, {"call": call.id})
        for person in asked
        if person.state is StaffState.ACTIVE
    ]
    return queue_mails(db, mails, now=now)
