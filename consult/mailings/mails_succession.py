"""What a successor in a seat is mailed: which seat, and a link of their own to every consultation that goes on."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.consultations.models import Consultation, ConsultationState, Participant
from consult.core.i18n import _l
from consult.mail.messages import MailTemplate, NotWanted, Values
from consult.mailings.mails import closing
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.models_seats import Seat, SeatState
from consult.stakeholders.queries_doubles import whole_of
from consult.stakeholders.words_seats import SEAT_NAMES


def _taken_over(db: Session, parameters: Mapping[str, Any]) -> Values:
    """Raises NotWanted where the seat is somebody else's again, or nothing goes on any more that they may be written to about."""
    seat = db.get(Seat, parameters["seat"])
    if seat is None or seat.state is not SeatState.HELD:
        raise NotWanted
    holder = whole_of(db, db.get_one(Stakeholder, seat.holder_id)).id
    found = [one for each in parameters["participants"] if (one := db.get(Participant, each)) is not None]
    theirs = [one for one in found if one.kept_id == holder and doors.mail_address(db, one) is not None]
    rows = [_row(db, one) for one in theirs]
    open_ = [row for row in rows if row is not None]
    if not open_:
        raise NotWanted
    kept = whole_of(db, db.get_one(Stakeholder, seat.institution_id))
    return {"institution": kept.name, "seat": str(SEAT_NAMES[seat.role]), "consultations": open_, "leave": ""}


def _row(db: Session, participant: Participant) -> dict[str, str] | None:
    consultation = db.get_one(Consultation, participant.consultation_id)
    if consultation.state is ConsultationState.ARCHIVED:
        return None
    return {
        "title": consultation.title.shown().text,
        "closes": closing(db, consultation),
        "door": doors.token_of(doors.door_of(db, participant)),
    }


SEAT_TAKEN_OVER = MailTemplate("seat_taken_over", _l("You hold a seat now: %(institution)s"), load=_taken_over)
