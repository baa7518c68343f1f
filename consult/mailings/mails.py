"""The invitation and its reminder as mails: the words of the secretariat, the closing of the round, and the personal link."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.consultations.models import Consultation, ConsultationState, Participant
from consult.consultations.queries import newest_window, took_part
from consult.core import clock, i18n
from consult.core.i18n import _l
from consult.core.texts import fall_back
from consult.mail.messages import MailTemplate, NotWanted, Values
from consult.mailings import queries
from consult.mailings.models import Invitation, InvitationState


def _words(db: Session, invitation: Invitation) -> dict[str, Any]:
    """The words of an invitation as its templates show them, in the current language or the one that stands for it."""
    words = queries.read_words(db, invitation.id)
    code = fall_back(i18n.language().code, list(words)) or next(iter(words))
    consultation = db.get_one(Consultation, invitation.consultation_id)
    return {
        "own_subject": words[code][0],
        "paragraphs": [part.strip() for part in words[code][1].split("\n") if part.strip()],
        "words_language": code,
        "words_direction": i18n.direction_of(code),
        "consultation": consultation.title.shown().text,
        "slug": consultation.slug,
        "closes": closing(db, consultation),
        "is_reminder": invitation.is_reminder,
    }


def closing(db: Session, consultation: Consultation) -> str:
    """When the newest round closes, in words; "" where there is none, or it has closed."""
    window = newest_window(db, consultation.id)
    if window is None or window.closes_at <= clock.now():
        return ""
    return i18n.format_instant(window.closes_at, consultation.time_zone)


def _invitation(db: Session, parameters: Mapping[str, Any]) -> Values:
    participant = db.get(Participant, parameters["participant"]) or _gone()
    address = doors.mail_address(db, participant)
    consultation = db.get_one(Consultation, participant.consultation_id)
    if address is None or consultation.state is ConsultationState.ARCHIVED:
        raise NotWanted
    invitation, window = db.get_one(Invitation, parameters["invitation"]), newest_window(db, consultation.id)
    if window is not None and window.closes_at <= clock.now():
        raise NotWanted  # nothing can be done about it any more: it waited too long
    if invitation.state is InvitationState.STOPPED:
        raise NotWanted
    if invitation.is_reminder and (window is None or took_part(db, participant.id, window)):
        raise NotWanted
    door = doors.door_of(db, participant)
    leave = "" if doors.is_duty(db, participant) else doors.leave_token_of(door)
    return _words(db, invitation) | {"door": doors.token_of(door), "leave": leave}


def _gone() -> Participant:
    raise NotWanted


def _test(db: Session, parameters: Mapping[str, Any]) -> Values:
    return _words(db, db.get_one(Invitation, parameters["invitation"])) | {"door": ""}


INVITATION = MailTemplate("invitation", _l("%(own_subject)s"), load=_invitation)
INVITATION_TEST = MailTemplate("invitation_test", _l("Test: %(own_subject)s"), load=_test, to_staff=True)
