"""Who, of those whom a campaign is for, left after it had begun to go out."""

from sqlalchemy import Subquery, func, or_, select, true, union_all
from sqlalchemy.orm import aliased

from consult.consultations.models import Participant
from consult.mailings.models import Campaign, CampaignKind, CampaignRecipient
from consult.mailings.models_leaving import Leaving, LeavingScope
from consult.mailings.models_lists import ListLeaving
from consult.stakeholders.models import Basis, Stakeholder


def left_since(campaign: Campaign) -> Subquery:
    """(id: the place on the list, at: when they left last), by the door of their participation or the link of the list.

    Whoever acted for an entry acted for all that are one with it. The link of an office ends no official mail: of news only it
    is a leaving, and of what others at its mailbox had agreed to.

    Acts of leaving are kept for the time that the page “Privacy” says, and then no longer found. One part for each way, each by
    an index: joined by "or", every act would be held against the whole list.
    """
    r, p, own = CampaignRecipient, Participant, ListLeaving
    theirs, holds, merged = aliased(Stakeholder), aliased(Stakeholder), aliased(Stakeholder)
    since_when = campaign.starts_at or campaign.created_at
    mine = r.campaign_id == campaign.id, r.why_not.is_(None)
    since = Leaving.at >= since_when, Leaving.undone_at.is_(None), p.consultation_id == campaign.consultation_id
    ends_it = true() if campaign.kind is CampaignKind.NEWS else Leaving.scope != LeavingScope.NEWS
    by_door = (
        select(r.id.label("id"), Leaving.at.label("at")).select_from(Leaving).join(p, p.id == Leaving.participant_id)
    )
    by_entry = by_door.join(theirs, theirs.id == p.stakeholder_id)
    by_entry = by_entry.join(holds, holds.id == func.coalesce(theirs.merged_into, theirs.id))
    by_entry = by_entry.where(or_(ends_it, holds.basis != Basis.DUTY))
    parts = union_all(
        by_entry.join(r, r.stakeholder_id == holds.id).where(*mine, *since),
        by_entry.join(merged, merged.merged_into == holds.id)
        .join(r, r.stakeholder_id == merged.id)
        .where(*mine, *since),
        by_door.join(r, r.participant_id == p.id).where(*mine, *since, ends_it),
        select(r.id, own.at)
        .select_from(own)
        .join(r, r.subscription_id == own.subscription_id)
        .where(*mine, own.at >= since_when, own.undone_at.is_(None)),
    ).subquery()
    return select(parts.c.id, func.max(parts.c.at).label("at")).group_by(parts.c.id).subquery()
