"""Seats with what they bring: a successor takes the seat's place in every consultation that goes on, and is told by one mail."""

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from consult.audit import record
from consult.audit.operations import Actor
from consult.consultations import doors
from consult.consultations.models import Consultation, Participant
from consult.core import ids
from consult.core.db import lock
from consult.core.refusals import Refused
from consult.mail.models import Mail
from consult.mail.operations import queue_mail
from consult.mailings import rules_succession as rules
from consult.mailings import seat_links
from consult.mailings.mails_succession import SEAT_BRIEFING, SEAT_TAKEN_OVER, mailbox_of
from consult.mailings.models import Campaign, CampaignKind
from consult.mailings.queries_succession import holder_of, invited_for, list_missed
from consult.stakeholders import operations_seats
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.models_seats import Seat, SeatRole, SeatState
from consult.stakeholders.operations_duty import CALENDAR, find_unsettled, settle_duty
from consult.stakeholders.operations_seats import Appointment

log = logging.getLogger(__name__)


def appoint_seat(
    db: Session, institution: Stakeholder, role: SeatRole, made: Appointment, *, by: Actor, now: datetime
) -> Seat:
    """Let a person hold a seat; where it is one that one person holds, and somebody did before and nobody since, as their successor.

    Returns the seat.  Raises what operations_seats.appoint_seat raises.  Records what it and take_over record.
    """
    seat = operations_seats.appoint_seat(db, institution, role, made, by=by, now=now)
    take_over(db, seat, by=by, now=now)
    return seat


def hand_over(
    db: Session, institution: Stakeholder, seat: Seat, made: Appointment, *, by: Actor, now: datetime
) -> Seat:
    """Hand a seat over, with the consultations that go on; on a day ahead that happens on the day.

    Returns the successor's seat.  Raises what operations_seats.hand_over raises.  Records what it and take_over record.
    """
    new = operations_seats.hand_over(db, institution, seat, made, by=by, now=now)
    take_over(db, new, by=by, now=now)
    return new


def take_over(db: Session, seat: Seat, *, by: Actor, now: datetime) -> list[Consultation]:
    """Invite the holder of a seat to all that its last holder was invited to for the seat, with a door of their own, by one mail.

    Consent does not pass: what the other was invited to before the seat was theirs stays with them, and so does all they said.
    Returns the consultations; none before the seat begins, or where it follows none.  Records ``seat.taken_over`` (stakeholder ref,
    number, holder ref, consultation) and ``stakeholder.invited`` (stakeholder ref, consultation) for each.
    """
    before = db.get(Seat, seat.follows_id) if seat.follows_id is not None else None
    if before is None or seat.state is not SeatState.HELD:
        return []
    found = invited_for(db, before)
    taking = _take(db, seat, found, by=by, now=now)
    _tell(db, seat, taking, cause=_cause(seat), now=now)  # where nothing came with the seat, of the briefing alone
    return found


def pass_on(db: Session, campaign: Campaign, *, now: datetime) -> int:
    """Invite whoever took the place of somebody on the list of an invitation while it was under way, by a mail as in take_over.

    Returns how many; none whom anything invited already.  Records what take_over records.
    """
    if campaign.kind is not CampaignKind.INVITATION or campaign.consultation_id is None:
        return 0
    consultation = db.get_one(Consultation, campaign.consultation_id)
    missed = [seat for seat in list_missed(db, campaign) if holder_of(db, seat).email]
    for seat in missed:
        taking = _take(db, seat, [consultation], by=CALENDAR, now=now)
        if taking:
            _tell(db, seat, taking, cause=f"{_cause(seat)}:{campaign.id}", now=now)
    return len(missed)


def _take(db: Session, seat: Seat, found: Sequence[Consultation], *, by: Actor, now: datetime) -> list[Participant]:
    """Let the holder take part. Returns as whom, where a mail can say so."""
    holder, institution = holder_of(db, seat), db.get_one(Stakeholder, seat.institution_id)
    taking = []
    for consultation in found:
        participant = doors.admit_stakeholder(db, consultation, holder, now=now)
        doors.door_of(db, participant)
        record(
            db, "seat.taken_over", by=_recorded(by), stakeholder=institution.ref, number=seat.number, holder=holder.ref,
            consultation=consultation.slug,
        )  # fmt: skip
        if doors.mail_address(db, participant) is None:
            continue  # invited is who is reached: the next invitation finds them, by letter or call too
        participant.invite(now, by=_cause(seat))
        taking.append(participant)
        record(db, "stakeholder.invited", by=_recorded(by), stakeholder=holder.ref, consultation=consultation.slug)
    return taking


def _cause(seat: Seat) -> str:
    """What says of a mail, and of a participant, that it was for this seat."""
    return f"seat:{seat.id}"


def mail_briefing(db: Session, institution: Stakeholder, seat: Seat, *, by: Actor, now: datetime) -> None:
    """Mail whoever holds a seat a new link to its briefing; the one before leads nowhere any more.

    Raises SeatNotHeld, HolderNotReached.  Records ``seat.briefing_mailed`` (stakeholder ref, number).
    """
    lock(db, seat)
    rules.check_mail_briefing(seat, is_reached=mailbox_of(db, holder_of(db, seat)) is not None)
    seat_links.replace_link(db, seat)
    _tell(db, seat, [], cause=f"{_cause(seat)}:briefing:{ids.random_code()}", now=now)
    record(db, "seat.briefing_mailed", by=by, stakeholder=institution.ref, number=seat.number)


def _tell(db: Session, seat: Seat, taking: Sequence[Participant], *, cause: str, now: datetime) -> None:
    """One mail: the link to the briefing, and one to each consultation that came with the seat.

    It is duty, and none of those of which one a day goes out. None where no mail reaches the holder: the page can be printed.
    """
    holder = holder_of(db, seat)
    where = mailbox_of(db, holder)
    if where is None:
        return
    link, (address, language) = seat_links.link_of(db, seat), where
    template = SEAT_TAKEN_OVER if taking else SEAT_BRIEFING
    said = {"participants": [one.id for one in taking]} if taking else {"generation": link.generation}
    mail = Mail(template.name, holder.person_ref, cause, address, language, {"seat": seat.id, **said})
    queue_mail(db, mail, now=now)


def sweep_seats(db: Session, *, now: datetime) -> int:
    """Let seats begin and end whose day has come, and write to holders who can be reached by now. Returns how many it touched.

    A seat that is refused, since entries were merged or two terms were written at once, keeps no other from its day.
    """
    turned = 0
    for seat in operations_seats.find_due(db, now=now):
        seat_id = seat.id
        try:
            with db.begin_nested():
                _turn(db, seat, now=now)
            turned += 1
        except Refused as refusal:
            log.warning("seat %d did not turn: %s", seat_id, refusal.code)
    unsettled = find_unsettled(db)
    for holder in unsettled:
        settle_duty(db, holder, by=CALENDAR, now=now)
    return turned + len(unsettled)


def _turn(db: Session, seat: Seat, *, now: datetime) -> None:
    lock(db, db.get_one(Stakeholder, seat.institution_id))  # before the seat, as everybody who changes one
    if lock(db, seat).state is not SeatState.OVER and operations_seats.turn_seat(db, seat, by=CALENDAR, now=now):
        take_over(db, seat, by=CALENDAR, now=now)


def _recorded(by: Actor) -> Actor | None:
    return None if by is CALENDAR else by
