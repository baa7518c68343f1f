"""The mail that asks officers whether they are there, and asks again: whoever does not answer is none any more after the wait."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from consult.core.days import day_of
from consult.core.i18n import _l, format_day
from consult.custody.models import Officer
from consult.custody.models_roll import RollCall
from consult.custody.queries import officer_of, staff_serving
from consult.custody.queries_roll import answered, open_roll
from consult.mail.messages import MailTemplate, NotWanted, Values
from consult.mail.models import Mail
from consult.mail.operations import queue_mails


def _load(db: Session, parameters: Mapping[str, Any]) -> Values:
    call = db.get_one(RollCall, parameters["call"])
    officer = officer_of(db, parameters["staff"])
    if not call.is_open or officer is None or not officer.serves or officer.id in answered(db, call):
        raise NotWanted
    newcomer = db.get_one(Officer, call.newcomer_id)
    about = {"name": newcomer.name, "institution": newcomer.institution, "fingerprint": newcomer.fingerprint}
    return {**about, "due": format_day(day_of(call.due_at))}


OFFICERS_ASKED = MailTemplate("officers_asked", _l("Are you still a protection officer?"), load=_load, to_staff=True)


AGAIN = (timedelta(days=25), timedelta(days=15))  # after the call, the latest first


def ask_officers(db: Session, call: RollCall, *, now: datetime, again: str = "") -> int:
    """Ask those who serve and have not answered. Returns how many; those who were asked under this cause are not asked twice."""
    cause = f"roll:{call.ref}{again}"
    mails = [
        Mail(
            OFFICERS_ASKED.name,
            person.actor,
            cause,
            person.email,
            person.language,
            {"call": call.id, "staff": person.id},
        )
        for person in staff_serving(db, but=answered(db, call))
    ]
    return queue_mails(db, mails, now=now)


def sweep_roll_mails(db: Session, *, now: datetime) -> int:
    """After fifteen and twenty-five days ask those again who have not answered. Returns how many mails are new."""
    roll = open_roll(db, now=now)
    passed = [wait for wait in AGAIN if roll and now >= roll.call.called_at + wait]
    return ask_officers(db, roll.call, now=now, again=f":{passed[0].days}") if roll and passed else 0
