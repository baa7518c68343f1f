"""Reads for those on the fixed list whose turn comes: as they stand then, and what they got before."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Integer, Select, and_, bindparam, case, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from consult.consultations.leaving import has_left
from consult.consultations.models import Participant
from consult.core.ranges import among
from consult.mail.models import MailState, OutboxMail
from consult.mail.models_delivery import DeliveryState, PreparedDelivery
from consult.mailings.abouts import is_about_the_same
from consult.mailings.models import (
    Campaign,
    CampaignKind,
    CampaignRecipient,
    CampaignState,
    cause_in_sql,
)
from consult.mailings.models_lists import Subscription
from consult.mailings.queries_fitting import EMAIL, IS_PROTECTED, TAKES_PART, is_in, merged
from consult.mailings.queries_rounds import invited_to_newest
from consult.stakeholders.addressees import COLUMNS, Addressee
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.queries_doubles import AsOne, entries_as_one

p, r, s = Participant, CampaignRecipient, Stakeholder


class Next(NamedTuple):
    """One on the fixed list whose mail is not in the outbox yet, as they stand now."""

    id: int
    tries: int
    listed_id: int | None  # the entry that stands on the list
    participant_id: int | None  # who is not in the registry
    subscription_id: int | None  # who signed up to the list
    email: str
    language: str
    left_here: bool
    entry: Addressee | None  # the one that holds, where theirs was merged


_OF: BindParameter[Any] = bindparam("consultation", type_=Integer)
_OWN = len(Next._fields) - 1  # columns before those of the entry


def _next() -> Select[Any]:
    left = case(
        (IS_PROTECTED, TAKES_PART.where(is_in(_OF), p.left_at.is_not(None))),
        else_=has_left(func.coalesce(s.email_key, p.email_key), _OF) | func.coalesce(p.left_at.is_not(None), false()),
    )
    return (
        select(r.id, r.tries, r.stakeholder_id, r.participant_id, r.subscription_id,
               func.coalesce(case((s.id.is_not(None), EMAIL)), p.email, Subscription.address, ""),
               func.coalesce(s.language, p.language, Subscription.language), func.coalesce(left, false()), *COLUMNS)
        .select_from(r)
        .outerjoin(merged, merged.id == r.stakeholder_id)
        .outerjoin(s, s.id == func.coalesce(merged.merged_into, merged.id))
        .outerjoin(p, p.id == r.participant_id)
        .outerjoin(Subscription, Subscription.id == r.subscription_id)
        .where(r.campaign_id == bindparam("campaign"), r.queued_at.is_(None), r.why_not.is_(None))
        .order_by(r.tries, r.id)  # as its index has it, and no other
        .limit(bindparam("most", type_=Integer))
    )  # fmt: skip


_NEXT = _next()  # built once: it takes longer than to run it


def next_recipients(db: Session, campaign: Campaign, most: int) -> list[Next]:
    """Those on the fixed list whose mail is not in the outbox yet."""
    asked = {"campaign": campaign.id, "consultation": campaign.consultation_id, "most": most}
    rows = db.connection().execute(_NEXT, asked)  # columns only: a session would look for entities in each row
    return [Next._make((*row[:_OWN], Addressee._make(row[_OWN:]) if row[_OWN] is not None else None)) for row in rows]


_WENT_NOWHERE = func.coalesce(
    or_(
        OutboxMail.state.in_([MailState.SUPPRESSED, MailState.FAILED]),
        PreparedDelivery.state == DeliveryState.DROPPED,
        # stopped, and the job that drops what waits has not come to it
        and_(Campaign.state == CampaignState.STOPPED,
             or_(OutboxMail.state.in_([MailState.QUEUED, MailState.DEFERRED]),
                 PreparedDelivery.state == DeliveryState.FOR_OFFICER)),
    ),
    false(),
)  # fmt: skip


def last_ordinary(
    db: Session, campaign: Campaign, whose: InstrumentedAttribute[Any], ids: list[int], kinds: tuple[CampaignKind, ...]
) -> dict[int, datetime]:
    """When some of one sort (entries, participants, subscriptions) last got or get an ordinary mail about the same as a campaign.

    Entries are asked for by the one that holds, and got what went to any that was merged into it. What certainly reached nobody
    took nobody's day: a mail that was refused, or stopped or not wanted before it went out.
    """
    whole = entries_as_one(db, ids) if whose is r.stakeholder_id else {one: one for one in ids}
    c, m, d, cause = Campaign, OutboxMail, PreparedDelivery, cause_in_sql()
    query = select(whose, func.max(func.coalesce(r.due_at, r.queued_at))).join(c, c.id == r.campaign_id)
    query = query.outerjoin(m, and_(m.person == r.person, m.cause == cause))
    query = query.outerjoin(d, and_(d.person == r.person, d.cause == cause))
    query = query.where(is_about_the_same(campaign), c.kind.in_(kinds), c.id != campaign.id, ~_WENT_NOWHERE)
    query = query.where(among(whose, whole), r.queued_at.is_not(None), r.person.is_not(None)).group_by(whose)
    found: dict[int, datetime] = {}
    for of, at in db.execute(query):
        found[whole[of]] = max(at, found.get(whole[of], at))
    return found


def invited_already(
    db: Session, campaign: Campaign, ids: list[int], *, besides: Collection[int] = (), as_one: AsOne | None = None
) -> set[int]:
    """Which of some entries are invited to the consultation of a campaign already, or to its newest round where that is asked,
    under whichever of those that are one; not counting some participants."""
    whole = (as_one or AsOne(db)).of(ids)
    invited = invited_to_newest(campaign.consultation_id) if campaign.invites_anew else p.invited_at.is_not(None)
    query = select(p.stakeholder_id).where(p.consultation_id == campaign.consultation_id, invited)
    if besides:
        query = query.where(~among(p.id, besides))
    return {whole[one] for one in db.scalars(query.where(among(p.stakeholder_id, whole))) if one is not None}
