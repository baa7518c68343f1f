"""What letters and calls hold of an entry that is to be protected, and its place in the public directory."""

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from consult.consultations.models import Door, Participant
from consult.consultations.models_codes import DoorCode
from consult.mail.models import Mail
from consult.mail.models_delivery import BY_OFFICER
from consult.mail.operations_delivery import prepare_deliveries
from consult.mailings.mails import CAMPAIGN
from consult.mailings.models import CampaignRecipient, cause_of
from consult.mailings.models_outreach import OPEN, DeadContact, Outreach, OutreachStep
from consult.mailings.operations_outreach import call_off
from consult.stakeholders.models import Protection, Purpose, Stakeholder
from consult.stakeholders.operations import Told, note_consent

if TYPE_CHECKING:
    from consult.privacy.operations_protecting import Leaving

HOW = "protected"  # as the history of consent says it
QUIET = {"synchronize_session": False}


def drop_letters(db: Session, leaving: "Leaving") -> None:
    """Let no letter or call go that has not gone; an officer hands over what they would have said. Codes of letters lead nowhere.

    That a letter was posted, or somebody spoken to, stays as a fact; what was noted of it goes.
    """
    _hand_on(db, leaving)
    call_off(db, leaving.ids, now=leaving.now)
    drop_traces_of_letters(db, leaving.ids)
    noted = db.execute(select(OutreachStep.id, OutreachStep.note).where(OutreachStep.note != "")).all()
    named = [one for one, note in noted if leaving.sought.stand_in(note)]  # of somebody else's call, who spoke of them
    db.execute(update(OutreachStep).where(OutreachStep.id.in_(named)).values(note=""), execution_options=QUIET)


def drop_traces_of_letters(db: Session, ids: list[int]) -> None:
    """Empty what was noted of letters and calls to some entries, and forget their codes and which of their addresses were wrong."""
    theirs = OutreachStep.recipient_id.in_(select(Outreach.recipient_id).where(_mine(ids)))
    db.execute(update(OutreachStep).where(theirs).values(note=""), execution_options=QUIET)
    db.execute(delete(DeadContact).where(DeadContact.stakeholder_id.in_(ids)), execution_options=QUIET)
    doors = select(Door.id).where(Door.participant_id.in_(_participants(ids)))
    db.execute(delete(DoorCode).where(DoorCode.door_id.in_(doors)), execution_options=QUIET)


def _participants(ids: list[int]) -> ColumnElement[int]:
    return select(Participant.id).where(Participant.stakeholder_id.in_(ids)).scalar_subquery()


def _mine(ids: list[int]) -> ColumnElement[bool]:
    listed = select(CampaignRecipient.id).where(CampaignRecipient.stakeholder_id.in_(ids))
    return or_(Outreach.recipient_id.in_(listed), Outreach.participant_id.in_(_participants(ids)))


def _hand_on(db: Session, leaving: "Leaving") -> None:
    """What was to be said to the one who is still written to: as waiting mails are handed on."""
    kept = db.get_one(Stakeholder, leaving.ids[0])
    theirs = Outreach.participant_id.in_(_participants([kept.id]))
    waiting = select(Outreach.campaign_id, Outreach.participant_id).where(theirs, Outreach.state.in_(OPEN))
    mails = [
        Mail(
            CAMPAIGN.name,
            kept.person_ref,
            cause_of(campaign_id),
            BY_OFFICER,
            kept.language,
            {"campaign": campaign_id, "participant": participant_id},
        )
        for campaign_id, participant_id in db.execute(waiting.order_by(Outreach.recipient_id))
    ]
    prepare_deliveries(db, mails, now=leaving.now)


def leave_directory(db: Session, leaving: "Leaving") -> None:
    """Take the entries out of the public directory, and let go of what they agreed to there."""
    for entry in db.scalars(select(Stakeholder).where(Stakeholder.id.in_(leaving.ids)).order_by(Stakeholder.id)).all():
        stood, showed = entry.protection is Protection.PUBLIC, entry.shows_contact
        entry.shows_contact = False
        if stood:
            entry.protection = Protection.STAFF
        db.flush()
        for purpose, was in ((Purpose.DIRECTORY_CONTACT, showed), (Purpose.DIRECTORY, stood)):
            if was:
                note_consent(db, entry, Told(HOW), by=leaving.by, now=leaving.now, purpose=purpose)
