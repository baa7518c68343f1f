"""Reads of who gets a campaign and who does not: as it would be now, or the fixed list once approval is asked for."""

from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, literal, null, select
from sqlalchemy.orm import Session

from consult.consultations.models import Participant
from consult.consultations.models_groups import GroupRule, SmartGroup
from consult.consultations.queries_protected import may_be_listed
from consult.mailings.models import (
    Campaign,
    CampaignRecipient,
    CampaignState,
    Why,
    WhyNot,
)
from consult.mailings.models_lists import Subscription
from consult.mailings.queries import PAGE
from consult.mailings.queries_by_list import by_address_only, why_not_in_sql
from consult.mailings.queries_fitting import entries_fitting, others_fitting, why_chosen, why_not_entry, why_not_others
from consult.mailings.queries_lists import subscribers
from consult.stakeholders.models import Stakeholder

s, p, r = Stakeholder, Participant, CampaignRecipient


class Chosen(NamedTuple):
    """Somebody whom the choice fits, why it does, and why they get no mail (None where they do)."""

    id: int
    name: str
    email: str
    language: str
    why_not: WhyNot | None
    why: Why
    entry_id: int | None = None  # of the registry; None = they take part without, or signed up


def is_chosen_by_groups(db: Session, campaign: Campaign) -> bool:
    """Whether the groups that organisations represent are part of the choice, by itself or by a saved group."""
    saved = db.get(SmartGroup, campaign.group_id) if campaign.group_id is not None else None
    return bool(campaign.groups) or (saved is not None and bool(GroupRule.of(saved.rule).groups))


def _is_fixed(campaign: Campaign) -> bool:
    return campaign.state not in (CampaignState.WRITING, CampaignState.PREPARING)


def count_chosen(db: Session, campaign: Campaign) -> dict[WhyNot | None, int]:
    """How many get the mail (under None), and how many do not for each reason: of the fixed list, or as it would be now."""
    if _is_fixed(campaign):
        rows = db.execute(select(r.why_not, func.count(r.id)).where(r.campaign_id == campaign.id).group_by(r.why_not))
        return {row[0]: row[1] for row in rows}
    counts: dict[WhyNot | None, int] = {}
    if campaign.list_id is not None and not campaign.is_by_mailbox:
        wanted = subscribers(campaign.list_id, consultation_id=campaign.consultation_id).subquery()
        counts[None] = db.scalar(select(func.count()).select_from(wanted)) or 0
    parts: tuple[tuple[Any, Any, Any], ...] = (
        (partial(entries_fitting, db), why_not_entry(campaign).label("why"), s.id),
        (others_fitting, why_not_others(campaign).label("why"), p.id),
        (by_address_only, why_not_in_sql(campaign).label("why"), Subscription.id),
    )
    for part, why, column in parts:
        for found, count in db.execute(part(campaign, why, func.count(column)).group_by(why)):
            reason = WhyNot(found) if found else None
            counts[reason] = counts.get(reason, 0) + count
    return counts


def list_chosen(
    db: Session, campaign: Campaign, *, gets: bool, why_not: WhyNot | None = None, after: int = 0
) -> list[Chosen]:
    """A page of those who get the mail, or of those who do not (for one reason): of the fixed list, or as it would be now.

    As it would be now, those who are not in the registry come after those who are, by the negative of their id. None that is
    protected: `count_chosen` counts them, for whoever approves knows then that an officer has something to hand over.
    """
    if not _is_fixed(campaign):
        return _would_be_chosen(db, campaign, gets=gets, why_not=why_not, after=after)
    name, email = _called(campaign, gets, func.coalesce(s.name, p.name, ""), func.coalesce(s.email, p.email, ""))
    query = _listed(r.id, name, email,
                    func.coalesce(s.language, p.language, Subscription.language), r.why_not, r.why, s.id)  # fmt: skip
    query = query.where(r.campaign_id == campaign.id, r.id > after, may_be_listed()).order_by(r.id)
    return [Chosen._make(row) for row in db.execute(_narrowed(query, r.why_not.expression, gets, why_not).limit(PAGE))]


def _would_be_chosen(
    db: Session, campaign: Campaign, *, gets: bool, why_not: WhyNot | None, after: int
) -> list[Chosen]:
    if campaign.list_id is not None and not campaign.is_by_mailbox:
        wanted = subscribers(campaign.list_id, consultation_id=campaign.consultation_id)
        on = wanted.where(Subscription.id > after).order_by(Subscription.id).limit(PAGE)
        rows = db.execute(on) if gets else ()
        return [Chosen(row[0], "", "", row[2], None, Why.SUBSCRIBED) for row in rows]
    found = list[Any]()
    reason: ColumnElement[Any] = why_not_entry(campaign)
    if after >= 0:
        name, email = _called(campaign, gets, s.name, s.email)
        query = entries_fitting(db, campaign, s.id, name, email, s.language, reason, s.id)
        query = query.where(s.id > after, may_be_listed())
        found += db.execute(_narrowed(query.order_by(s.id), reason, gets, why_not).limit(PAGE))
    if len(found) < PAGE:
        reason, query = _of_no_registry(campaign, max(-after, 0))
        found += db.execute(_narrowed(query, reason, gets, why_not).limit(PAGE - len(found)))
    why = why_chosen(campaign)
    return [Chosen(row[0], row[1], row[2], row[3], WhyNot(row[4]) if row[4] else None, why, row[5]) for row in found]


def _called(campaign: Campaign, gets: bool, name: Any, email: Any) -> tuple[Any, Any]:
    """Name and address as the team sees them. Who is on a mailing list it does not: those whom a campaign asks take part, and are
    seen by that; of the others the reason stands there alone."""
    return (literal(""), literal("")) if campaign.is_by_mailbox and not gets else (name, email)


def _of_no_registry(campaign: Campaign, after: int) -> tuple[ColumnElement[Any], Select[Any]]:
    """Those whom the choice fits and who are in no registry, with why they get no mail, by the negative of their id."""
    if campaign.is_by_mailbox:
        u, why = Subscription, why_not_in_sql(campaign)
        query = by_address_only(campaign, -u.id, literal(""), literal(""), u.language, why, null())
        return why, query.where(u.id > after).order_by(u.id)
    why = why_not_others(campaign)
    query = others_fitting(campaign, -p.id, p.name, p.email, p.language, why, null())
    return why, query.where(p.id > after).order_by(p.id)


def _narrowed(query: Select[Any], why: ColumnElement[Any], gets: bool, why_not: WhyNot | None) -> Select[Any]:
    if gets:
        return query.where(why.is_(None))
    return query.where(why.is_not(None)) if why_not is None else query.where(why.in_([why_not.value]))


def _listed(*columns: Any) -> Select[Any]:
    query = select(*columns).select_from(r).outerjoin(s, s.id == r.stakeholder_id)
    query = query.outerjoin(Subscription, Subscription.id == r.subscription_id)
    return query.outerjoin(p, p.id == r.participant_id)
