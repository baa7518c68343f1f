"""Reads of campaigns: whom the choice fits, who would get the mail, and the fixed list once approval is asked for."""

from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Case, ColumnElement, Select, and_, case, exists, false, func, literal, null, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from consult.consultations.leaving import has_left
from consult.consultations.models import Participant, Participation, Window
from consult.consultations.models_groups import SmartGroup
from consult.consultations.queries_groups import members, of_categories
from consult.consultations.queries_protected import may_be_listed
from consult.core.ranges import among
from consult.mail.models import MailState, OutboxMail
from consult.mail.models_delivery import BY_OFFICER, DeliveryState, PreparedDelivery
from consult.mailings.abouts import About, is_about, is_about_the_same
from consult.mailings.models import (
    Audience,
    Campaign,
    CampaignApproval,
    CampaignKind,
    CampaignRecipient,
    CampaignState,
    CampaignText,
    Why,
    WhyNot,
    cause_in_sql,
)
from consult.mailings.models_lists import Subscription
from consult.mailings.models_outreach import Contact, DeadContact
from consult.mailings.queries_by_list import by_address_only, of_mailboxes, why_not_in_sql
from consult.mailings.queries_lists import subscribers
from consult.mailings.queries_rounds import invited_to_newest
from consult.stakeholders.models import SENSITIVE_CATEGORIES, Basis, Channel, Protection, Stakeholder
from consult.stakeholders.queries_doubles import entries_as_one

PAGE = 50  # entries a page


class Chosen(NamedTuple):
    """Somebody whom the choice fits, why it does, and why they get no mail (None where they do)."""

    id: int
    name: str
    email: str
    language: str
    why_not: WhyNot | None
    why: Why
    entry_id: int | None = None  # of the registry; None = they take part without, or signed up


class ListedCampaign(NamedTuple):
    """A campaign in a list of them."""

    ref: str
    kind: CampaignKind
    state: CampaignState
    created_at: datetime
    sent_at: datetime | None
    starts_at: datetime | None
    recipients: int  # of mail
    letters: int
    calls: int
    visits: int


s, p, r = Stakeholder, Participant, CampaignRecipient
_IS_PROTECTED = s.protection == Protection.PROTECTED
# Where their mail goes: of a protected entry no mailbox is known here, which could have left or be somebody else's.
_EMAIL = case((_IS_PROTECTED, BY_OFFICER), else_=s.email)
_own = aliased(Stakeholder)
_ROUND = (
    select(func.max(Window.number))
    .where(Window.consultation_id == p.consultation_id, Window.what == "comments")
    .correlate(p)
    .scalar_subquery()
)
# Of one that others were merged into, what any of them did counts: they are one.
_TAKES_PART = exists().where(p.stakeholder_id == _own.id, or_(_own.id == s.id, _own.merged_into == s.id)).correlate(s)
_HAS_COMMENTED = _TAKES_PART.where(
    Participation.participant_id == p.id,
    Participation.what == "comments",
    Participation.number == _ROUND,
)
_IS_INVITED = _TAKES_PART.where(p.invited_at.is_not(None))
# The same reasons in the same order as rules.why_not, why_not_reminded and why_no_news, for a whole registry in one query; a test holds
# them together.
_DEAD = exists().where(DeadContact.stakeholder_id == s.id).correlate(s)
_POST = (s.postal_address != "") & ~_DEAD.where(DeadContact.what == Contact.POSTAL_ADDRESS)
_PHONE = (s.phone != "") & ~_DEAD.where(DeadContact.what == Contact.PHONE)
_BY_MAIL = (s.email != "") & ~(_POST & (func.coalesce(s.channel, "") == Channel.POST.value))
_NO_WAY = (
    ~_IS_PROTECTED & (s.email == "") & ~_POST & ~_PHONE & (func.coalesce(s.channel, "") != Channel.IN_PERSON.value)
)
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


def _here(campaign: Campaign) -> ColumnElement[bool]:
    """Whether somebody takes part in the consultation of a campaign. By an expression, or SQLite would go through all who take part
    for each entry, instead of looking at what the entry itself takes part in."""
    return p.consultation_id + 0 == campaign.consultation_id


def _why_not(campaign: Campaign) -> Case[Any]:
    """Why an entry that fits gets no mail; NULL where it does."""
    here = _here(campaign)
    gone = _TAKES_PART.where(here, p.left_at.is_not(None))
    # who has no mailbox shares it with nobody: of them only what they said themselves counts
    left_here = gone | ((s.email != "") & has_left(s.email_key, campaign.consultation_id))
    already: list[tuple[ColumnElement[bool], str]] = []
    if campaign.is_reminder:
        already.append((~_IS_INVITED.where(here), WhyNot.NOT_INVITED.value))
    elif campaign.invites_anew:
        to_newest = invited_to_newest(campaign.consultation_id)
        already.append((_TAKES_PART.where(here, to_newest), WhyNot.INVITED_TO_ROUND.value))
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


def _fitting(db: Session, campaign: Campaign, *columns: Any, ids: Collection[int] | None = None) -> Select[Any]:
    """The entries whom the choice fits: any of its categories, and any of its groups; of a reminder to all those who are invited.

    `ids` are the entries that read some mailboxes of the list, where those are known already.
    """
    query = select(*columns).select_from(s).where(s.merged_into.is_(None))
    here = _here(campaign)
    if campaign.is_by_mailbox:
        query = query.where(of_mailboxes(campaign) if ids is None else among(s.id, ids))
    elif campaign.audience is Audience.LIST:
        query = query.where(false())
    elif campaign.group_id is not None:
        query = query.where(s.id.in_(members(db.get_one(SmartGroup, campaign.group_id))))
    elif campaign.is_reminder:
        query = query.where(_IS_INVITED.where(here))
    elif campaign.audience is Audience.PARTICIPANTS:
        query = query.where(_TAKES_PART.where(here))
    if campaign.categories:  # of those that say what somebody believes or organises for, only organisations
        query = query.where(of_categories(tuple(campaign.categories)))
    if campaign.groups:
        query = query.where(or_(*(s.groups.contains(f",{code},", autoescape=True) for code in campaign.groups)))
    return query


def _others(campaign: Campaign, *columns: Any) -> Select[Any]:
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


def _why_not_others(campaign: Campaign) -> Case[Any]:
    left_here = p.left_at.is_not(None) | has_left(func.lower(p.email), campaign.consultation_id)
    # a comment is no yes to news, and none to be asked for another
    to_nothing_else = {CampaignKind.NEWS: WhyNot.NO_NEWS, CampaignKind.INVITATION: WhyNot.NO_BASIS}
    said_no_yes = to_nothing_else.get(campaign.kind)
    return case((left_here, WhyNot.LEFT_HERE.value), else_=literal(said_no_yes.value) if said_no_yes else null())


def fitting(db: Session, campaign: Campaign) -> Select[Any]:
    """The entries whom the choice fits, for the list that is being made: (id, address, why they get no mail or None), by id."""
    return _fitting(db, campaign, s.id, _EMAIL, _why_not(campaign)).order_by(s.id)


def next_fitting(db: Session, campaign: Campaign, limit: int) -> list[Any]:
    """The next of them."""
    return list(db.execute(fitting(db, campaign).where(s.id > campaign.prepared_until).limit(limit)))


def fitting_among(db: Session, campaign: Campaign, ids: Collection[int]) -> list[Any]:
    """Those of some entries whom the choice fits and who are not on the list yet, likewise."""
    query = _fitting(db, campaign, s.id, _EMAIL, _why_not(campaign), ids=ids)
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
    last = db.scalar(select(func.max(r.participant_id)).where(r.campaign_id == campaign.id)) or 0
    query = _others(campaign, p.id, p.email, _why_not_others(campaign)).where(p.id > last)
    return list(db.execute(query.order_by(p.id).limit(limit)))


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
        (partial(_fitting, db), _why_not(campaign).label("why"), s.id),
        (_others, _why_not_others(campaign).label("why"), p.id),
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
    reason: ColumnElement[Any] = _why_not(campaign)
    if after >= 0:
        name, email = _called(campaign, gets, s.name, s.email)
        query = _fitting(db, campaign, s.id, name, email, s.language, reason, s.id)
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
    why = _why_not_others(campaign)
    query = _others(campaign, -p.id, p.name, p.email, p.language, why, null())
    return why, query.where(p.id > after).order_by(p.id)


def _narrowed(query: Select[Any], why: ColumnElement[Any], gets: bool, why_not: WhyNot | None) -> Select[Any]:
    if gets:
        return query.where(why.is_(None))
    return query.where(why.is_not(None)) if why_not is None else query.where(why.in_([why_not.value]))


def _listed(*columns: Any) -> Select[Any]:
    query = select(*columns).select_from(r).outerjoin(s, s.id == r.stakeholder_id)
    query = query.outerjoin(Subscription, Subscription.id == r.subscription_id)
    return query.outerjoin(p, p.id == r.participant_id)


def list_campaigns(db: Session, about: About) -> list[ListedCampaign]:
    """The campaigns about a consultation, or of a list alone, newest first."""
    c = Campaign
    ways = (r.why_not.is_(None), *(r.why_not == one for one in (WhyNot.BY_LETTER, WhyNot.BY_PHONE, WhyNot.IN_PERSON)))
    counts = [
        select(func.count()).where(r.campaign_id == c.id, way).correlate(c).scalar_subquery() for way in ways
    ]  # fmt: skip
    query = select(c.ref, c.kind, c.state, c.created_at, c.sent_at, c.starts_at, *counts)
    query = query.where(is_about(about))
    return [ListedCampaign._make(row) for row in db.execute(query.order_by(c.id.desc()))]


def find_campaign(db: Session, about: About, ref: str) -> Campaign | None:
    """The campaign of a reference, if it is about this."""
    query = select(Campaign).where(is_about(about), Campaign.ref == ref)
    return db.scalars(query).one_or_none()


def read_words(db: Session, campaign_id: int) -> dict[str, tuple[str, str]]:
    """Subject and text by language."""
    t = CampaignText
    rows = db.execute(select(t.language, t.subject, t.body).where(t.campaign_id == campaign_id))
    return {language: (subject, body) for language, subject, body in rows}


def rows_of(campaign_id: int) -> Select[Any]:
    """Every row of a fixed list as the digest takes it, in order."""
    columns: tuple[Any, ...] = (r.stakeholder_id, r.participant_id, r.subscription_id, r.why, r.why_not)
    return select(*columns).where(r.campaign_id == campaign_id).order_by(r.id)


def find_approval(db: Session, campaign: Campaign) -> tuple[str, datetime] | None:
    """Who approved a campaign as it went out, and when; None where nobody did."""
    a = CampaignApproval
    query = select(a.approved_by, a.approved_at).where(a.campaign_id == campaign.id, a.digest == campaign.digest)
    query = query.where(a.submission == campaign.submission)
    row = db.execute(query.order_by(a.id.desc())).first()
    return (row[0], row[1]) if row else None


def count_to_approve(db: Session, consultation_ids: list[int], *, by: str) -> dict[int, int]:
    """How many campaigns of each consultation wait for the approval of somebody who composed none of them."""
    c = Campaign
    return _count_waiting(db, c.consultation_id, c.consultation_id.in_(consultation_ids), by)


def count_news_to_approve(db: Session, *, by: str) -> dict[int, int]:
    """Likewise of the own news of each list, by the list's id."""
    return _count_waiting(db, Campaign.list_id, Campaign.consultation_id.is_(None), by)


def _count_waiting(db: Session, of: Any, which: ColumnElement[bool], by: str) -> dict[int, int]:
    c = Campaign
    query = select(of, func.count()).where(which, c.state == CampaignState.SUBMITTED)
    return {row[0]: row[1] for row in db.execute(query.where(c.written_by != by, c.submitted_by != by).group_by(of))}


class Next(NamedTuple):
    """One on the fixed list whose mail is not in the outbox yet, as they stand now."""

    id: int
    tries: int
    participant_id: int | None  # who is not in the registry
    subscription_id: int | None  # who signed up to the list
    entry: Stakeholder | None  # the one that holds, where theirs was merged
    email: str
    language: str
    left_here: bool


def next_recipients(db: Session, campaign: Campaign, limit: int) -> list[Next]:
    """Those on the fixed list whose mail is not in the outbox yet."""
    here = _here(campaign)
    left = case(
        (_IS_PROTECTED, _TAKES_PART.where(here, p.left_at.is_not(None))),
        else_=has_left(func.coalesce(s.email_key, func.lower(p.email)), campaign.consultation_id)
        | func.coalesce(p.left_at.is_not(None), false()),
    )
    query = (
        select(r.id, r.tries, r.participant_id, r.subscription_id, s,
               func.coalesce(case((s.id.is_not(None), _EMAIL)), p.email, Subscription.address, ""),
               func.coalesce(s.language, p.language, Subscription.language), func.coalesce(left, false()))
        .select_from(r)
        .outerjoin(_own, _own.id == r.stakeholder_id)
        .outerjoin(s, s.id == func.coalesce(_own.merged_into, _own.id))
        .outerjoin(p, p.id == r.participant_id)
        .outerjoin(Subscription, Subscription.id == r.subscription_id)
        .where(r.campaign_id == campaign.id, r.queued_at.is_(None), r.why_not.is_(None))
        .order_by(r.id)
        .limit(limit)
    )  # fmt: skip
    return [Next(*row) for row in db.execute(query)]


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


def invited_already(db: Session, campaign: Campaign, ids: list[int], *, besides: int | None = None) -> set[int]:
    """Which of some entries are invited to the consultation of a campaign already, or to its newest round where that is asked,
    under whichever of those that are one; not counting one participant."""
    whole = entries_as_one(db, ids)
    invited = invited_to_newest(campaign.consultation_id) if campaign.invites_anew else p.invited_at.is_not(None)
    query = select(p.stakeholder_id).where(p.consultation_id == campaign.consultation_id, invited)
    if besides is not None:
        query = query.where(p.id != besides)
    return {whole[one] for one in db.scalars(query.where(among(p.stakeholder_id, whole))) if one is not None}
