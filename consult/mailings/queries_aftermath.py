"""What happened after the mails of a campaign had gone out: some came back later, and some of its readers left."""

from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from consult.consultations.models import Participant
from consult.mail.models import Bounce, MailState, OutboxMail
from consult.mailings.models import Campaign, CampaignRecipient, Leaving
from consult.mailings.models_lists import ListLeaving
from consult.mailings.queries_sending import causes


class Aftermath(NamedTuple):
    """Numbers of recipients. Acts of leaving are kept for the time that the page “Privacy” says, and then no longer counted."""

    came_back: int  # the mail server had taken the mail, and a report came later
    left: int  # stopped mail about the consultation, of the list, or all of it, and did not take that back


def read_aftermath(db: Session, campaign: Campaign) -> Aftermath:
    """What happened since a campaign began to go out; nothing where it has not."""
    return Aftermath(_came_back(db, campaign), _left(db, campaign)) if campaign.starts_at else Aftermath(0, 0)


def _came_back(db: Session, campaign: Campaign) -> int:
    m = OutboxMail
    query = select(func.count(Bounce.id)).join(m, m.id == Bounce.mail_id)
    return db.scalar(query.where(m.cause.in_(causes(db, campaign.id)), m.state == MailState.SENT)) or 0


def _left(db: Session, campaign: Campaign) -> int:
    """Of those who got the mail, or would have: by the door of their participation, or by the link of the list."""
    r, p, own = CampaignRecipient, Participant, ListLeaving
    is_theirs = or_(p.id == r.participant_id, p.stakeholder_id == r.stakeholder_id)
    mine = r.campaign_id == campaign.id, r.why_not.is_(None)
    here = p.consultation_id == campaign.consultation_id
    by_door = (
        select(func.count(r.id.distinct()))
        .select_from(Leaving)
        .join(p, p.id == Leaving.participant_id)
        .join(r, is_theirs)
        .where(*mine, here, Leaving.at >= campaign.starts_at, Leaving.undone_at.is_(None))
    )
    by_list = (
        select(func.count(r.id.distinct()))
        .select_from(own)
        .join(r, r.subscription_id == own.subscription_id)
        .where(*mine, own.at >= campaign.starts_at, own.undone_at.is_(None))
    )
    return (db.scalar(by_door) or 0) + (db.scalar(by_list) or 0)
