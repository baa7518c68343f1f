"""The officers' daily mail: the same words whether nothing came or fifty. Source: reference safe.md 3.5."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from consult.core.i18n import _l
from consult.custody import queries as custody
from consult.custody import sides
from consult.mail.messages import MailTemplate, NotWanted, Values
from consult.mail.models import Mail
from consult.mail.operations import queue_mails


def _load(db: Session, parameters: Mapping[str, Any]) -> Values:
    officer = custody.officer_of(db, parameters["staff"])
    if officer is None or not officer.serves:
        raise NotWanted
    return {}


OFFICERS_DAY = MailTemplate("officers_day", _l("Your desk of comments without a name"), load=_load, to_staff=True)


def sweep_officers_mail(db: Session, *, now: datetime) -> int:
    """Once a day, from a fixed hour on, the same mail to every officer, as long as anything is in use. Returns how many are new."""
    safe = sides.safe()
    if safe is None:
        return 0
    here = now.astimezone(ZoneInfo(safe.zone))
    in_use = [one for one in custody.list_in_use(db) if not custody.is_erased(db, one)]
    if here.time() < time(safe.mail_hour) or not in_use:
        return 0
    cause = f"officers_day:{here.date().isoformat()}"
    mails = [
        Mail(OFFICERS_DAY.name, person.actor, cause, person.email, person.language, {"staff": person.id})
        for person in custody.staff_serving(db)
    ]
    return queue_mails(db, mails, now=now)
