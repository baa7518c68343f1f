"""The mail that something of one's comments will not be shown. It does not say of which, nor what (DESIGN invariant 6)."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.consultations.models import Consultation
from consult.core.i18n import _l
from consult.mail.messages import MailTemplate, NotWanted, Values
from consult.mail.models import Mail
from consult.mail.operations import queue_mails
from consult.responses.queries_objections import refs_kept_back, screening_cause
from consult.rounds.mails import with_door
from consult.rounds.models import Comment

MORNING = time(7)  # in the consultation's zone


def _load(db: Session, parameters: Mapping[str, Any]) -> Values:
    """As `with_door`.  Raises NotWanted too where nothing is kept back any more, or the answers are published meanwhile."""
    if not refs_kept_back(db, parameters["participant"], still_open=True):
        raise NotWanted
    return with_door(db, parameters)


COMMENTS_SCREENED = MailTemplate("comments_screened", _l("Please look at your comments: %(consultation)s"), load=_load)


def tell_author(db: Session, consultation: Consultation, comment: Comment, *, now: datetime) -> None:
    """Have the author of a comment told that there is something to see. Nothing where we may not write to them.

    One mail a participant and day, however many comments the desk works through: it goes out the next morning, and not at all
    where everything is shown again by then.
    """
    if comment.participant_id is None:
        return
    here = now.astimezone(ZoneInfo(consultation.time_zone))
    morning = datetime.combine(here.date() + timedelta(days=1), MORNING, here.tzinfo)
    mails = [
        Mail(
            template=COMMENTS_SCREENED.name,
            person=one.person,
            cause=f"{screening_cause(consultation.id)}{here:%Y-%m-%d}",
            address=one.address,
            language=one.language,
            parameters={"participant": one.participant_id},
            not_before=morning,
        )
        for one in doors.list_addresses(db, consultation.id, among=[comment.participant_id])
    ]
    queue_mails(db, mails, now=now)
