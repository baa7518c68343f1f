"""Letters that came back and are made again, for the address that the entry has since."""

from datetime import datetime

from sqlalchemy.orm import Session

from consult.audit.operations import Actor
from consult.consultations.doors_many import invite_participants
from consult.mailings.models import Campaign, CampaignKind
from consult.mailings.models_outreach import OutreachState
from consult.mailings.operations_outreach import move_letters
from consult.mailings.queries_outreach import list_returned_to_make


def make_again(db: Session, campaign: Campaign, *, by: Actor, now: datetime) -> int:
    """Put letters that came back in line again, where the entry has another address since. Returns how many.

    Of an invitation not those whom another one has invited since.
    """
    rows = list_returned_to_make(db, campaign)
    ids = [one.outreach.recipient_id for one in rows]
    if campaign.kind is CampaignKind.INVITATION:
        whom = [one.participant.id for one in rows if one.participant is not None]
        invite_participants(db, whom, now=now)
    return move_letters(db, ids, (OutreachState.RETURNED,), OutreachState.TO_PRINT, by=by.actor, now=now)
