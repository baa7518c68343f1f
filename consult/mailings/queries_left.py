"""Who, of those whom a campaign is for, left after it had begun to go out."""

from sqlalchemy import Subquery, func, select, union_all

from consult.consultations.models import Participant
from consult.mailings.models import Campaign, CampaignRecipient, Leaving
from consult.mailings.models_lists import ListLeaving


def left_since(campaign: Campaign) -> Subquery:
    """(id: the place on the list, at: when they left last), by the door of their participation or the link of the list.

    Acts of leaving are kept for the time that the page “Privacy” says, and then no longer found. One part for each way, each by
    an index: joined by "or", every act would be held against the whole list.
    """
    r, p, own = CampaignRecipient, Participant, ListLeaving
    since_when = campaign.starts_at or campaign.created_at
    mine = r.campaign_id == campaign.id, r.why_not.is_(None)
    since = Leaving.at >= since_when, Leaving.undone_at.is_(None), p.consultation_id == campaign.consultation_id
    by_door = (
        select(r.id.label("id"), Leaving.at.label("at")).select_from(Leaving).join(p, p.id == Leaving.participant_id)
    )
    parts = union_all(
        by_door.join(r, r.stakeholder_id == p.stakeholder_id).where(*mine, *since),
        by_door.join(r, r.participant_id == p.id).where(*mine, *since),
        select(r.id, own.at)
        .select_from(own)
        .join(r, r.subscription_id == own.subscription_id)
        .where(*mine, own.at >= since_when, own.undone_at.is_(None)),
    ).subquery()
    return select(parts.c.id, func.max(parts.c.at).label("at")).group_by(parts.c.id).subquery()
