"""Mails of a round: the personal link, and that people have more time."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.consultations.models import Consultation, ConsultationState, Participant
from consult.core.i18n import _l
from consult.mail.messages import MailTemplate, NotWanted, Values
from consult.mailings.mails import closing


def with_door(db: Session, parameters: Mapping[str, Any]) -> Values:
    """What a mail to a participant needs: the consultation, the closing, and the personal link.

    Raises NotWanted where the person may not be written to any more, or everything is over.
    """
    participant = db.get(Participant, parameters["participant"])
    if participant is None or doors.mail_address(db, participant) is None:
        raise NotWanted
    consultation = db.get_one(Consultation, participant.consultation_id)
    if consultation.state is ConsultationState.ARCHIVED:
        raise NotWanted
    door = doors.door_of(db, participant)
    return {
        "consultation": consultation.title.shown().text,
        "slug": consultation.slug,
        "closes": closing(db, consultation),
        "door": doors.token_of(door),
        "leave": "" if doors.is_duty(db, participant) else doors.leave_token_of(door),
        "confirms": bool(participant.email) and participant.email_confirmed_at is None,
    }


def _more_time(db: Session, parameters: Mapping[str, Any]) -> Values:
    values = with_door(db, parameters)
    if not values["closes"]:
        raise NotWanted  # it waited until there was no time left
    return values


PERSONAL_LINK = MailTemplate("personal_link", _l("Your personal link: %(consultation)s"), load=with_door)
ROUND_EXTENDED = MailTemplate("round_extended", _l("More time to comment: %(consultation)s"), load=_more_time)


def cause_of_extension(round_id: int, times: int) -> str:
    """The cause of the mails that tell of an extension: the round's first, second, ..."""
    return f"round_extended:{round_id}:{times}"
