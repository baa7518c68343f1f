"""A call that reaches nobody: noted, and whoever it was for is reached otherwise."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.consultations.models import Consultation
from consult.core.db import lock
from consult.mailings.models import Campaign
from consult.mailings.models_outreach import OutreachState
from consult.mailings.operations_letters import reach_without_number
from consult.mailings.operations_outreach import note_call
from consult.mailings.queries_outreach import Reached


def note_wrong_number(
    db: Session,
    consultation: Consultation,
    campaign: Campaign,
    one: Reached,
    *,
    note: str = "",
    today: date,
    by: Staff,
    now: datetime,
) -> None:
    """Note that a number is somebody else's, or that there is none any more. Where the campaign still goes out to them, they get the
    mail instead, or a letter, if the registry has an address that works.

    Raises OfficerNotes, OutreachChanged.  Records ``campaign.call_noted`` (slug, campaign ref, kind, outcome).
    """
    lock(db, campaign)  # or it is paused between looking and queueing
    note_call(db, consultation, campaign, one, OutreachState.WRONG_NUMBER, note=note, today=today, by=by, now=now)
    reach_without_number(db, campaign, one, now=now)
