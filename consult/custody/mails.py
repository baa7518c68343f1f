"""The mail that tells officers whom the administrator alone has made one of them: what is sealed from then on goes there too."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from consult.accounts.models import Staff, StaffState
from consult.core.i18n import _l
from consult.custody.models import Officer
from consult.custody.queries import list_serving
from consult.mail.messages import MailTemplate, Values
from consult.mail.models import Mail
from consult.mail.operations import queue_mails


def _load(db: Session, parameters: Mapping[str, Any]) -> Values:
    made = db.get_one(Officer, parameters["officer"])
    return {"name": made.name, "institution": made.institution, "fingerprint": made.fingerprint}


OFFICER_APPOINTED = MailTemplate(
    "officer_appointed", _l("The administrator has appointed a protection officer"), load=_load, to_staff=True
)


def tell_officers(db: Session, newcomer: Officer, *, now: datetime) -> int:
    """Tell those who serve besides a newcomer. Returns how many."""
    told = [db.get_one(Staff, one.staff_id) for one in list_serving(db) if one.id != newcomer.id]
    mails = [
        Mail(
            OFFICER_APPOINTED.name,
            person.actor,
            f"officer:{newcomer.ref}",
            person.email,
            person.language,
            {"officer": newcomer.id},
        )
        for person in told
        if person.state is StaffState.ACTIVE
    ]
    return queue_mails(db, mails, now=now)
