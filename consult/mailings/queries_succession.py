"""Reads of succession: what a seat brings to whoever follows its holder, and whose predecessors a campaign was meant for."""

from datetime import datetime, timedelta

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session

from consult.consultations.models import Consultation, ConsultationState, Participant
from consult.core.days import begins_at
from consult.mailings.models import Campaign, CampaignKind, CampaignRecipient, CampaignState
from consult.mailings.models_outreach import Outreach
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.models_seats import Seat, SeatState
from consult.stakeholders.queries_doubles import ids_as_one, whole_of

GOES_ON = (ConsultationState.OPEN, ConsultationState.CLOSED)
GOES_OUT = (CampaignState.SENDING, CampaignState.SENT)


def holder_of(db: Session, seat: Seat) -> Stakeholder:
    """Who holds or held a seat: of one that was merged the entry that holds."""
    return whole_of(db, db.get_one(Stakeholder, seat.holder_id))


def invited_for(db: Session, seat: Seat) -> list[Consultation]:
    """The consultations that go on to which the holder of a seat was invited while holding it, or those whose place they took."""
    c, found = Consultation, set().union(*(ids_invited(db, one) for one in chain_of(db, seat)))
    return list(db.scalars(select(c).where(c.id.in_(found), c.state.in_(GOES_ON)).order_by(c.id)))


def chain_of(db: Session, seat: Seat) -> list[Seat]:
    """A seat, and those of all whose place its holder took, the newest first."""
    chain = [seat]
    while chain[-1].follows_id is not None and (before := db.get(Seat, chain[-1].follows_id)) is not None:
        chain.append(before)
    return chain


def ids_invited(db: Session, seat: Seat) -> set[int]:
    """The ids of consultations, over or not, to which the holder of a seat was invited while holding it."""
    p, ids, (begin, end) = Participant, ids_as_one(db, holder_of(db, seat)), term_of(seat)
    invited = select(p.consultation_id).where(p.stakeholder_id.in_(ids), p.invited_at >= begin)
    if end is not None:
        invited = invited.where(p.invited_at <= end)
    return {one for one in db.scalars(invited.union(_meant_for(ids, begin, end))) if one is not None}


def _meant_for(ids: list[int], begin: datetime, end: datetime | None) -> Select[int | None]:
    """What the invitations were about that were to reach some entries, and were under way between two instants.

    When their turn came, nobody may have been there to be written to any more: the office was meant nevertheless.
    """
    c, r = Campaign, CampaignRecipient
    had_turn = or_(r.queued_at.is_not(None), exists().where(Outreach.recipient_id == r.id))
    query = select(c.consultation_id).join(r, r.campaign_id == c.id).where(r.stakeholder_id.in_(ids), had_turn)
    query = query.where(c.kind == CampaignKind.INVITATION, c.state.in_(GOES_OUT), c.sent_at >= begin)
    return query.where(c.created_at <= end) if end is not None else query


def term_of(seat: Seat) -> tuple[datetime, datetime | None]:
    """From when until when an invitation to the holder was one to the seat; None = still.

    Until the end was noted here, however long after its day: so long they were written to as the holder.
    """
    if seat.state is not SeatState.OVER or seat.until is None:
        return begins_at(seat.since), None
    return begins_at(seat.since), seat.over_at or begins_at(seat.until + timedelta(days=1))


def list_missed(db: Session, campaign: Campaign) -> list[Seat]:
    """The seats held now by somebody who is not invited, though an invitation was meant for those whose place they took.

    Only of what ended since the campaign was written: whoever followed before was on its list, or not chosen.
    """
    missed = []
    ended = select(Seat).where(Seat.state == SeatState.OVER, Seat.over_at >= campaign.created_at)
    before = list(db.scalars(ended))
    while before:
        after = list(db.scalars(select(Seat).where(Seat.follows_id.in_([one.id for one in before])).order_by(Seat.id)))
        missed += [one for one in after if one.state is SeatState.HELD and _is_missed(db, campaign, one)]
        before = [one for one in after if one.state is SeatState.OVER]
    return list(dict.fromkeys(missed))


def _is_missed(db: Session, campaign: Campaign, seat: Seat) -> bool:
    p, ids = Participant, ids_as_one(db, holder_of(db, seat))
    here = p.consultation_id == campaign.consultation_id, p.stakeholder_id.in_(ids), p.invited_at.is_not(None)
    if db.scalar(select(exists().where(*here))):
        return False
    before = db.get_one(Seat, seat.follows_id)
    return campaign.consultation_id in {one.id for one in invited_for(db, before)}
