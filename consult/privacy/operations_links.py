"""Replacing the personal link of a protected person: an officer does it, since no list of staff has a line of them."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.consultations.models import Participant
from consult.core.db import lock
from consult.custody.models import Officer
from consult.custody.operations_presence import note_there
from consult.custody.rules import check_is_officer
from consult.mail.models_delivery import OVER, DeliveryState, PreparedDelivery
from consult.mail.operations_delivery import end_delivery
from consult.privacy import rules_protecting as rules
from consult.rounds.mails import PERSONAL_LINK
from consult.rounds.operations import renew_link
from consult.stakeholders.models import Stakeholder


def replace_link(
    db: Session, entry: Stakeholder, participant: Participant, *, officer: Officer, by: Staff, now: datetime
) -> None:
    """Make the link that a protected entry has to a consultation lead nowhere, end the visits it opened, and prepare a new one.

    An officer hands it over; one prepared before, fetched or not, is not to be handed over any more. Nothing is prepared where
    we may not write.
    Raises NotAnOfficer, LinkOfOthers.  Records ``entry.link_replaced`` (stakeholder ref): not to which consultation.
    """
    check_is_officer(officer)
    note_there(db, by=by, now=now)
    rules.check_replace_link(lock(db, entry))
    d = PreparedDelivery
    old = select(d).where(d.person == participant.person_ref, d.template == PERSONAL_LINK.name, d.state.not_in(OVER))
    for delivery in db.scalars(old.order_by(d.id).with_for_update()):
        end_delivery(delivery, DeliveryState.DROPPED, now=now)
    renew_link(db, participant, now=now)
    record(db, "entry.link_replaced", by=by, stakeholder=entry.ref)
