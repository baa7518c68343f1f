"""Invited is who was reached, or is to be: whom an invitation certainly did not reach can be invited again."""

from collections.abc import Collection

from sqlalchemy import exists, select, true, update
from sqlalchemy.orm import Session

from consult.consultations.models import Participant, Participation
from consult.core.ranges import among
from consult.mail.models import MailState, OutboxMail
from consult.mail.models_delivery import DeliveryState, PreparedDelivery
from consult.mailings import queries_sending
from consult.mailings.models import Campaign, CampaignKind
from consult.mailings.models_outreach import OPEN, Outreach
from consult.stakeholders.models import PERSON
from consult.stakeholders.queries_doubles import entries_as_one

PART = 500  # participants a statement


def take_invitations_back(db: Session, campaign: Campaign) -> None:
    """Of a campaign that was stopped: whoever was to be invited by it, and got nothing, is not invited.

    May run again: whom another campaign invited since stays so.
    """
    if campaign.kind is not CampaignKind.INVITATION:
        return
    why = queries_sending.causes(db, campaign.id)
    m, d, o = OutboxMail, PreparedDelivery, Outreach
    people = set(db.scalars(select(m.person).where(m.cause.in_(why), m.state == MailState.SUPPRESSED)))
    people |= set(db.scalars(select(d.person).where(d.cause.in_(why), d.state == DeliveryState.DROPPED)))
    entries = [int(one.partition(":")[2]) for one in people if one.startswith(PERSON)]
    for start in range(0, len(entries), PART):
        whole = entries_as_one(db, entries[start : start + PART])
        taking = select(Participant.id).where(
            Participant.consultation_id == campaign.consultation_id, among(Participant.stakeholder_id, whole)
        )
        uninvite(db, campaign, db.scalars(taking).all())
    waited = select(o.participant_id).where(o.campaign_id == campaign.id, o.state.in_(OPEN))
    uninvite(db, campaign, [one for one in db.scalars(waited) if one is not None])


def uninvite(db: Session, campaign: Campaign, participants: Collection[int]) -> None:
    """Take back that some are invited, who were so by this campaign; of those who have taken part, that they were so once more."""
    p = Participant
    took_part = exists().where(Participation.participant_id == p.id)
    if campaign.kind is not CampaignKind.INVITATION or not participants:
        return
    for start in range(0, len(participants), PART):
        mine = update(p).where(p.id.in_(list(participants)[start : start + PART]))
        for at, which in ((p.invited_at, ~took_part), (p.last_invited_at, true())):
            again = mine.where(at >= campaign.starts_at, which).values({at: None})
            db.execute(again, execution_options={"synchronize_session": False})
