"""Whom the choice of a campaign fits, and why some of them get no mail: as conditions of the database, for a whole registry at once."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Case, ColumnElement, Select, case, exists, false, func, literal, null, or_, select
from sqlalchemy.orm import Session, aliased

from consult.consultations.leaving import has_left
from consult.consultations.models import COMMENTS, Participant, Participation
from consult.consultations.models_groups import SmartGroup
from consult.consultations.queries_groups import members, of_categories
from consult.core.ranges import among
from consult.mail.models_delivery import BY_OFFICER
from consult.mailings.models import (
    Audience,
    Campaign,
    CampaignKind,
    CampaignRecipient,
    Why,
    WhyNot,
)
from consult.mailings.models_lists import Subscription
from consult.mailings.models_outreach import Contact, DeadContact
from consult.mailings.queries_by_list import of_mailboxes
from consult.mailings.queries_lists import subscribers
from consult.mailings.queries_rounds import invited_to_newest, newest_round
from consult.stakeholders.models import SENSITIVE_CATEGORIES, Basis, Channel, Protection, Stakeholder

s, p, r = Stakeholder, Participant, CampaignRecipient
IS_PROTECTED = s.protection == Protection.PROTECTED
# Where their mail goes: of a protected entry no mailbox is known here, which could have left or be somebody else's.
EMAIL = case((IS_PROTECTED, BY_OFFICER), else_=s.email)
merged = aliased(Stakeholder)
# Of one that others were merged into, what any of them did counts: they are one.
TAKES_PART = (
    exists().where(p.stakeholder_id == merged.id, or_(merged.id == s.id, merged.merged_into == s.id)).correlate(s)
)
_HAS_COMMENTED = TAKES_PART.where(
    Participation.participant_id == p.id,
    Participation.what == COMMENTS,
    Participation.number == newest_round(p.consultation_id).correlate(p),
)
_IS_INVITED = TAKES_PART.where(p.invited_at.is_not(None))
# The same reasons in the same order as rules_reach.why_not, why_not_reminded and why_no_news, for a whole registry in one query; a test
# holds them together.
_DEAD = exists().where(DeadContact.stakeholder_id == s.id).correlate(s)
_POST = (s.postal_address != "") & ~_DEAD.where(DeadContact.what == Contact.POSTAL_ADDRESS)
_PHONE = (s.phone != "") & ~_DEAD.where(DeadContact.what == Contact.PHONE)
_BY_MAIL = (s.email != "") & ~(_POST & (func.coalesce(s.channel, "") == Channel.POST.value))
_NO_WAY = ~IS_PROTECTED & (s.email == "") & ~_POST & ~_PHONE & (func.coalesce(s.channel, "") != Channel.IN_PERSON.value)
_MAY_NOT = (
    (s.has_left, WhyNot.LEFT.value),
    (_NO_WAY & _DEAD, WhyNot.CAME_BACK.value),
    (_NO_WAY, WhyNot.NO_ADDRESS.value),
)
_OFFICIAL = (s.basis == Basis.NONE, WhyNot.NO_BASIS.value)
_NEWS = (~s.news, WhyNot.NO_NEWS.value)
_WAYS = (
    (s.channel == Channel.IN_PERSON, WhyNot.IN_PERSON.value),
    (_PHONE & (s.channel == Channel.PHONE), WhyNot.BY_PHONE.value),
    (~_BY_MAIL & _POST, WhyNot.BY_LETTER.value),
    (~_BY_MAIL & _PHONE, WhyNot.BY_PHONE.value),
)


def is_here(campaign: Campaign) -> ColumnElement[bool]:
    """Whether somebody takes part in the consultation of a campaign."""
    return is_in(campaign.consultation_id)


def is_in(consultation: Any) -> ColumnElement[bool]:
    """Whether somebody takes part in a consultation. By an expression, or SQLite would go through all who take part for each
    entry, instead of looking at what the entry itself takes part in."""
    here: ColumnElement[bool] = p.consultation_id + 0 == consultation
    return here


def why_not_entry(campaign: Campaign) -> Case[Any]:
    """Why an entry that fits gets no mail; NULL where it does."""
    here = is_here(campaign)
    gone = TAKES_PART.where(here, p.left_at.is_not(None))
    # who has no mailbox shares it with nobody: of them only what they said themselves counts
    left_here = gone | ((s.email != "") & has_left(s.email_key, campaign.consultation_id))
    already: list[tuple[ColumnElement[bool], str]] = []
    if campaign.is_reminder:
        already.append((~_IS_INVITED.where(here), WhyNot.NOT_INVITED.value))
    elif campaign.invites_anew:
        to_newest = invited_to_newest(campaign.consultation_id)
        already.append((TAKES_PART.where(here, to_newest), WhyNot.INVITED_TO_ROUND.value))
    elif campaign.kind is CampaignKind.INVITATION:
        already.append((_IS_INVITED.where(here), WhyNot.INVITED_ALREADY.value))
    if campaign.is_for_silent:
        already.append((_HAS_COMMENTED.where(here), WhyNot.COMMENTED_ALREADY.value))
    agreed = _NEWS if campaign.kind is CampaignKind.NEWS else _OFFICIAL
    return case(*_MAY_NOT, agreed, (left_here, WhyNot.LEFT_HERE.value), *already, *_WAYS)


def why_chosen(campaign: Campaign) -> Why:
    """Why those whom the choice fits are on the list: the same for all of them."""
    if campaign.audience in (Audience.LIST, Audience.GROUP):
        return Why.SUBSCRIBED if campaign.audience is Audience.LIST else Why.IN_GROUP
    if campaign.is_reminder or campaign.audience is Audience.PARTICIPANTS:
        return Why.TAKES_PART
    if campaign.categories and campaign.groups:
        return Why.BOTH
    if campaign.categories:
        return Why.CATEGORY
    return Why.GROUP if campaign.groups else Why.REGISTERED


def entries_fitting(db: Session, campaign: Campaign, *columns: Any, ids: Collection[int] | None = None) -> Select[Any]:
    """The entries whom the choice fits: any of its categories, and any of its groups; of a reminder to all those who are invited.

    `ids` are the entries that read some mailboxes of the list, where those are known already.
    """
    query = select(*columns).select_from(s).where(s.merged_into.is_(None))
    here = is_here(campaign)
    if campaign.is_by_mailbox:
        query = query.where(of_mailboxes(campaign) if ids is None else among(s.id, ids))
    elif campaign.audience is Audience.LIST:
        query = query.where(false())
    elif campaign.group_id is not None:
        query = query.where(s.id.in_(members(db.get_one(SmartGroup, campaign.group_id))))
    elif campaign.is_reminder:
        query = query.where(_IS_INVITED.where(here))
    elif campaign.audience is Audience.PARTICIPANTS:
        query = query.where(TAKES_PART.where(here))
    if campaign.categories:  # of those that say what somebody believes or organises for, only organisations
        query = query.where(of_categories(tuple(campaign.categories)))
    if campaign.groups:
        query = query.where(or_(*(s.groups.contains(f",{code},", autoescape=True) for code in campaign.groups)))
    return query


def others_fitting(campaign: Campaign, *columns: Any) -> Select[Any]:
    """Those who take part, are not in the registry, and confirmed their address: for what came of it, never for more."""
    query = (
        select(*columns).select_from(p).where(p.consultation_id == campaign.consultation_id, p.stakeholder_id.is_(None))
    )
    query = query.where(p.email != "", p.email_confirmed_at.is_not(None))
    if campaign.is_reminder or campaign.audience is not Audience.PARTICIPANTS or campaign.groups:
        return query.where(false())
    # none by a category that says what somebody believes or organises for: they are natural persons, or may be
    wanted = set(campaign.categories) - SENSITIVE_CATEGORIES
    return query.where(p.category.in_(wanted)) if campaign.categories else query


def why_not_others(campaign: Campaign) -> Case[Any]:
    left_here = p.left_at.is_not(None) | has_left(p.email_key, campaign.consultation_id)
    # a comment is no yes to news, and none to be asked for another
    to_nothing_else = {CampaignKind.NEWS: WhyNot.NO_NEWS, CampaignKind.INVITATION: WhyNot.NO_BASIS}
    said_no_yes = to_nothing_else.get(campaign.kind)
    return case((left_here, WhyNot.LEFT_HERE.value), else_=literal(said_no_yes.value) if said_no_yes else null())


def fitting(db: Session, campaign: Campaign) -> Select[Any]:
    """The entries whom the choice fits, for the list that is being made: (id, address, why they get no mail or None), by id."""
    return entries_fitting(db, campaign, s.id, EMAIL, why_not_entry(campaign)).order_by(s.id)


def next_fitting(db: Session, campaign: Campaign, limit: int) -> list[Any]:
    """The next of them."""
    return list(db.execute(fitting(db, campaign).where(s.id > campaign.prepared_until).limit(limit)))


def fitting_among(db: Session, campaign: Campaign, ids: Collection[int]) -> list[Any]:
    """Those of some entries whom the choice fits and who are not on the list yet, likewise."""
    query = entries_fitting(db, campaign, s.id, EMAIL, why_not_entry(campaign), ids=ids)
    on = select(r.stakeholder_id).where(r.campaign_id == campaign.id, among(r.stakeholder_id, ids))
    listed = set(db.scalars(on))
    return [row for row in db.execute(query.order_by(s.id)) if row[0] not in listed]


def next_subscribed(db: Session, campaign: Campaign, limit: int) -> list[Any]:
    """The next of those who signed up to the list that a campaign is for, likewise; nobody where it is for none.

    Those who left, or whose mail came back, are not on the list any more: a list says nothing of who was.
    """
    if campaign.list_id is None:
        return []
    wanted = subscribers(campaign.list_id, consultation_id=campaign.consultation_id).subquery()
    columns = wanted.c[0], wanted.c[1], null()
    return list(
        db.execute(select(*columns).where(wanted.c[0] > campaign.prepared_until).order_by(wanted.c[0]).limit(limit))
    )


def still_subscribed(db: Session, campaign: Campaign, ids: list[int]) -> set[int]:
    """Which of some subscriptions may get the mail of a campaign now."""
    if campaign.list_id is None or not ids:
        return set()
    wanted = subscribers(campaign.list_id, consultation_id=campaign.consultation_id)
    return {row[0] for row in db.execute(wanted.where(Subscription.id.in_(ids)))}


def next_others(db: Session, campaign: Campaign, limit: int) -> list[Any]:
    """The next of those of the audience who are not in the registry, likewise."""
    mine = r.campaign_id == campaign.id, r.participant_id.is_not(None)
    last = db.scalar(select(func.max(r.participant_id)).where(*mine)) or 0
    query = others_fitting(campaign, p.id, p.email, why_not_others(campaign)).where(p.id > last)
    return list(db.execute(query.order_by(p.id).limit(limit)))
