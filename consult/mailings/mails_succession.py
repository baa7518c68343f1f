"""What a successor in a seat is mailed: which seat, a link to its briefing, and one to every consultation that came with it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.consultations.models import Consultation, ConsultationState, Participant
from consult.core.i18n import _l
from consult.mail.messages import MailTemplate, NotWanted, Values
from consult.mailings import seat_links
from consult.mailings.mails import closing
from consult.mailings.models_seat_links import SeatLink
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.models_seats import Seat, SeatState
from consult.stakeholders.queries import left_addresses
from consult.stakeholders.queries_doubles import whole_of
from consult.stakeholders.rules import may_be_written_to
from consult.stakeholders.words_seats import SEAT_NAMES


def mailbox_of(db: Session, holder: Stakeholder) -> tuple[str, str] | None:
    """(address, language) for official mail to the holder of a seat; None where no mail may go."""
    if not holder.email or not may_be_written_to(holder) or left_addresses(db, [holder.email]):
        return None
    return holder.email, holder.language


def _taken_over(db: Session, parameters: Mapping[str, Any]) -> Values:
    """Raises NotWanted where the seat is somebody else's again, or nothing goes on any more that they may be written to about."""
    held = _held(db, parameters["seat"])
    found = [one for each in parameters["participants"] if (one := db.get(Participant, each)) is not None]
    theirs = [one for one in found if one.kept_id == held.holder.id and doors.mail_address(db, one) is not None]
    rows = [row for one in theirs if (row := _row(db, one)) is not None]
    if not rows:
        raise NotWanted
    return {**held.words, "consultations": rows}


def _briefing(db: Session, parameters: Mapping[str, Any]) -> Values:
    """Raises NotWanted where the seat is somebody else's again, a newer link was mailed, or its holder may not be written to."""
    held = _held(db, parameters["seat"])
    link = db.get(SeatLink, parameters["seat"])
    if link is None or link.generation != parameters["generation"] or mailbox_of(db, held.holder) is None:
        raise NotWanted
    return held.words


class _Held(NamedTuple):
    holder: Stakeholder
    words: dict[str, str]


def _held(db: Session, seat_id: int) -> _Held:
    seat = db.get(Seat, seat_id)
    if seat is None or seat.state is not SeatState.HELD:
        raise NotWanted
    link = db.get(SeatLink, seat.id)  # none in a mail that was queued before there were links
    words = {
        "institution": whole_of(db, db.get_one(Stakeholder, seat.institution_id)).name,
        "seat": str(SEAT_NAMES[seat.role]),
        "briefing": seat_links.token_of(db, link) if link is not None else "",
        "leave": "",
    }
    return _Held(whole_of(db, db.get_one(Stakeholder, seat.holder_id)), words)


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
SEAT_BRIEFING = MailTemplate("seat_briefing", _l("Your briefing: %(institution)s"), load=_briefing)
