"""Invited is who was reached, or is to be: whom an invitation certainly did not reach can be invited again."""

from collections.abc import Collection

from sqlalchemy import and_, case, exists, null, select, update
from sqlalchemy.orm import Session

from consult.consultations.models import Participant, Participation
from consult.core.ranges import among
from consult.mail.models import Bounce, BounceKind, MailState, OutboxMail
from consult.mail.models_delivery import DeliveryState, PreparedDelivery
from consult.mailings import queries_sending
from consult.mailings.models import Campaign, CampaignKind, cause_of
from consult.mailings.models_outreach import OPEN, Outreach, OutreachState
from consult.stakeholders.models import PERSON, stakeholder_ref
from consult.stakeholders.queries_doubles import entries_as_one

PART = 500  # participants a statement
MAY_ARRIVE = (MailState.CLAIMED, MailState.UNCERTAIN)
HANDED = (DeliveryState.HANDED_OUT, DeliveryState.DELIVERED)
REACHED = (OutreachState.POSTED, OutreachState.REACHED, OutreachState.TAKES_PART, OutreachState.NO_MORE)


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


def invited_by(campaign: Campaign) -> str | None:
    """What stands with those whom a campaign invites; None of one that invites nobody."""
    return cause_of(campaign.id) if campaign.kind is CampaignKind.INVITATION else None


def uninvite(db: Session, campaign: Campaign, participants: Collection[int]) -> None:
    """Take back that some are invited, where this campaign did it last and certainly did not reach them.

    Whoever has taken part, or was invited before it, stays invited: they were not so once more.
    """
    p, mine = Participant, invited_by(campaign)
    if mine is None:
        return
    took_part = exists().where(Participation.participant_id == p.id)
    is_first = and_(p.invited_at == p.last_invited_at, ~took_part)
    theirs = list(participants)
    for start in range(0, len(theirs), PART):
        part = set(theirs[start : start + PART])
        missed = part - _reached(db, campaign, part)
        taken = update(p).where(p.id.in_(missed), p.invited_by == mine)
        taken = taken.values(
            invited_at=case((is_first, null()), else_=p.invited_at), last_invited_at=None, invited_by=None
        )
        db.execute(taken, execution_options={"synchronize_session": False})


def _reached(db: Session, campaign: Campaign, participants: Collection[int]) -> set[int]:
    """Which of some a campaign reached, or may have, by any try, under whichever of the entries that are one with theirs."""
    p, o = Participant, Outreach
    rows = db.execute(select(p.id, p.stakeholder_id).where(p.id.in_(participants)))
    entries = {one: entry for one, entry in rows if entry is not None}
    holding = set(entries_as_one(db, entries.values()).values())
    whole = entries_as_one(db, holding)
    by_name = {stakeholder_ref(one): kept for one, kept in whole.items()}
    got = {by_name[one] for one in _got_it(db, campaign, by_name)}
    spoken = select(p.stakeholder_id).join(o, o.participant_id == p.id)
    spoken = spoken.where(o.campaign_id == campaign.id, o.state.in_(REACHED), among(p.stakeholder_id, whole))
    got |= {whole[one] for one in db.scalars(spoken) if one is not None}
    return {one for one, entry in entries.items() if whole[entry] in got}


def _got_it(db: Session, campaign: Campaign, people: Collection[str]) -> set[str]:
    """Which of some a mail of a campaign reached, or may have, or what an officer has in its place. Not one that came back."""
    m, d, why = OutboxMail, PreparedDelivery, queries_sending.causes(db, campaign.id)
    came_back = exists().where(Bounce.mail_id == m.id, Bounce.kind != BounceKind.COMPLAINT)
    arrived = (m.state == MailState.SENT) & ~came_back
    mails = select(m.person).where(m.person.in_(people), m.cause.in_(why), arrived | m.state.in_(MAY_ARRIVE))
    by_hand = select(d.person).where(d.person.in_(people), d.cause.in_(why), d.state.in_(HANDED))
    return {*db.scalars(mails), *db.scalars(by_hand)}
