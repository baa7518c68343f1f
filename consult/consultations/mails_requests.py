"""Mails about requests to take part. Nothing that somebody typed into the public form stands in the first: anybody may type an address."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.consultations.models import Consultation, Participant
from consult.consultations.models_requests import ParticipationRequest, RefusalReason, RequestState
from consult.consultations.rules_requests import LINK_LASTS
from consult.core import i18n
from consult.core.i18n import _l
from consult.mail.messages import MailTemplate, NotWanted, Values
from consult.stakeholders.queries import left_addresses

REASONS = {
    RefusalReason.NOT_REACHED: _l("The address or number given reached nobody"),
    RefusalReason.NOT_THEIRS: _l("Asked in the name of somebody who says that it was not them"),
    RefusalReason.STATE_BODY: _l("Institutions of the State take part through their focal points"),
    RefusalReason.NOT_ABOUT_THIS: _l("Advertising, or a matter for another office"),
    RefusalReason.OTHER: _l("Another reason"),
}


def _of(db: Session, parameters: Mapping[str, Any]) -> ParticipationRequest:
    """The request of a mail. Raises NotWanted where it is gone or emptied, or nothing may be sent to its address any more."""
    found = db.get(ParticipationRequest, parameters["request"])
    if found is None or not found.email or left_addresses(db, [found.email]):
        raise NotWanted
    return found


def _confirm(db: Session, parameters: Mapping[str, Any]) -> Values:
    request = _of(db, parameters)
    if request.state is not RequestState.UNCONFIRMED:
        raise NotWanted
    return {"token": confirm_token(request), "lasts": LINK_LASTS.days}


def _accepted(db: Session, parameters: Mapping[str, Any]) -> Values:
    request = _of(db, parameters)
    participant = db.get(Participant, parameters["participant"]) if parameters["participant"] else None
    where = doors.mail_address(db, participant) if participant else None
    if participant is None or where is None or where[0].casefold() != request.email_key:
        return {"door": ""}  # a link goes to the address that the entry has, to no other
    consultation, door = db.get_one(Consultation, participant.consultation_id), doors.door_of(db, participant)
    return {
        "door": doors.token_of(door),
        "leave": "" if doors.is_duty(db, participant) else doors.leave_token_of(door),
        "slug": consultation.slug,
        "consultation": consultation.title.shown().text,
    }


def _refused(db: Session, parameters: Mapping[str, Any]) -> Values:
    request = _of(db, parameters)
    if request.reason is None:
        raise NotWanted
    found = db.get(Consultation, request.consultation_id) if request.consultation_id else None
    return {
        "reason": str(REASONS[request.reason]),
        "words": [part.strip() for part in request.words.split("\n") if part.strip()],
        "day": i18n.format_day(request.confirmed_at.date()) if request.confirmed_at else "",
        "operator": parameters["operator"],
        "terms": found.slug if found else "",
    }


def confirm_token(request: ParticipationRequest) -> str:
    """The token of the link that confirms the address of a request: made while its mail is rendered, and kept nowhere."""
    return doors.other_token("request", request.id, 1)


CONFIRM_REQUEST = MailTemplate(
    "confirm_request", _l("Confirm your address to take part"), load=_confirm, asked_for=True
)
REQUEST_ACCEPTED = MailTemplate("request_accepted", _l("You take part"), load=_accepted)
REQUEST_REFUSED = MailTemplate("request_refused", _l("Your request to take part"), load=_refused)
