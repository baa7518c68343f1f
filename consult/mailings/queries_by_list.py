"""The mailboxes of a mailing list in the registry: which entries read them, and of whom nothing but the address is known."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, literal, select, true
from sqlalchemy.orm import Session, aliased

from consult.consultations.models import COMMENTS, FOR_INVITED, Participant, Participation, Window
from consult.consultations.queries import newest_window
from consult.core.ranges import one_of_keys
from consult.mail.keys import address_key
from consult.mail.models import MailState, OutboxMail
from consult.mailings.models import Audience, Campaign, CampaignKind, CampaignRecipient, WhyNot, cause_in_sql
from consult.mailings.models_lists import Subscription
from consult.mailings.queries_lists import subscribers
from consult.mailings.queries_mails import took_part_among
from consult.mailings.queries_rounds import invited_since, newest_round
from consult.mailings.rules_rounds import why_not_by_address
from consult.stakeholders.models import Stakeholder

u, p, r, m = Subscription, Participant, CampaignRecipient, OutboxMail
_own, _before = aliased(Stakeholder), aliased(Subscription)
_KEPT = func.coalesce(_own.merged_into, _own.id)  # the entry that holds for one
_KEY = u.email_key


def of_mailboxes(campaign: Campaign) -> ColumnElement[bool]:
    """Whether an entry, or one that was merged into it, reads a mailbox on the list of a campaign.

    For one look at all of them. A list that is made a chunk a transaction asks `entries_reading` instead: this goes through the
    whole mailing list each time.
    """
    if campaign.list_id is None:
        return false()
    on = subscribers(campaign.list_id, consultation_id=campaign.consultation_id).with_only_columns(_KEY)
    return Stakeholder.id.in_(select(_KEPT).where(_own.email_key.in_(on)))


def entries_reading(db: Session, addresses: Iterable[str]) -> dict[str, set[int]]:
    """The entries that read some mailboxes, by the mailbox (casefolded); of merged ones the one that holds."""
    keys = {one.casefold() for one in addresses if one}
    found: dict[str, set[int]] = defaultdict(set)
    for key, kept in db.execute(select(_own.email_key, _KEPT).where(_own.email_key.in_(keys))):
        found[key].add(kept)
    return found


def by_address_only(campaign: Campaign, *columns: Any) -> Select[Any]:
    """Those on the list of a campaign whose mailbox no entry reads. None where categories or groups are asked for: theirs is not known."""
    if campaign.list_id is None or not campaign.is_by_mailbox or campaign.categories or campaign.groups:
        return select(*columns).select_from(u).where(false())
    on = subscribers(campaign.list_id, consultation_id=campaign.consultation_id).with_only_columns(*columns)
    return on.where(~exists().where(_own.email_key == _KEY))


# Why those get no mail: for all of a list in one query, and for some of it. As rules_rounds.why_not_by_address: a test holds them together.


def why_not_in_sql(campaign: Campaign) -> ColumnElement[Any]:
    """For one look at all; NULL where they get it."""
    if campaign.is_reminder:
        return literal(WhyNot.NOT_INVITED.value)
    here = p.consultation_id == campaign.consultation_id
    newest = newest_round(campaign.consultation_id)
    is_for_invited = exists().where(
        Window.consultation_id == campaign.consultation_id, Window.what == COMMENTS, Window.for_whom == FOR_INVITED,
        Window.number == newest,
    )  # fmt: skip
    gone = _visitors().where(here, p.left_at.is_not(None))
    commented = _visitors().join(Participation, Participation.participant_id == p.id)
    commented = commented.where(
        here, p.email_confirmed_at.is_not(None), Participation.what == COMMENTS,
        Participation.number == newest,
    )  # fmt: skip
    invited = _invited(campaign, _before.key).join(_before, _before.id == r.subscription_id)
    invited = invited.join(Campaign, Campaign.id == r.campaign_id).where(
        Campaign.kind == CampaignKind.INVITATION, Campaign.consultation_id == campaign.consultation_id,
        Campaign.id != campaign.id,
    )  # fmt: skip
    return case(
        (_KEY.in_(gone), WhyNot.LEFT_HERE.value),
        (is_for_invited, WhyNot.FOR_INVITED.value),
        (u.key.in_(invited), WhyNot.INVITED_TO_ROUND.value),
        (_KEY.in_(commented), WhyNot.COMMENTED_ALREADY.value),
    )


def why_not_among(db: Session, campaign: Campaign, subscriptions: Collection[int]) -> dict[int, WhyNot]:
    """For some subscriptions whose mailbox no entry reads: those who get no mail of a campaign, and why."""
    if campaign.is_reminder:
        return dict.fromkeys(subscriptions, WhyNot.NOT_INVITED)
    rows = db.execute(select(u.id, _KEY, u.key).where(u.id.in_(subscriptions))).all()
    window = newest_window(db, campaign.consultation_id) if campaign.consultation_id is not None else None
    invited = _invited_among(db, campaign, [row[2] for row in rows])
    gone, commented = _said_here(db, campaign, window, [row[1] for row in rows if row[1]])
    found = {
        id_: why_not_by_address(
            is_for_invited=window is not None and window.for_whom == FOR_INVITED,
            is_invited_to_round=key in invited,
            has_commented=address in commented,
            has_left=address in gone,
        )
        for id_, address, key in rows
    }
    return {id_: why for id_, why in found.items() if why is not None}


def invited_by_list(db: Session, campaign: Campaign, addresses: Iterable[str]) -> set[str]:
    """To which of some mailboxes, by their key, a list's invitation to the newest round went, as they were known by the address only."""
    by_digest = {address_key(one): one.casefold() for one in addresses if one}
    return {by_digest[one] for one in _invited_among(db, campaign, by_digest)}


def _invited_among(db: Session, campaign: Campaign, keys: Collection[bytes]) -> set[bytes]:
    """To which of some mailboxes mail of a list went that invites to the newest round. Asked in steps: in one, SQLite begins at the
    other end, with all who were ever invited by a list."""
    c = Campaign
    invites = c.kind == CampaignKind.INVITATION, c.audience == Audience.LIST, c.id != campaign.id
    others = db.scalars(select(c.id).where(*invites, c.consultation_id == campaign.consultation_id)).all()
    ids: dict[int, bytes] = {}
    if others and keys:
        ids = {row[0]: row[1] for row in db.execute(select(u.id, u.key).where(one_of_keys(u.key, keys)))}
    query = _invited(campaign, r.subscription_id).where(r.campaign_id.in_(others), r.subscription_id.in_(ids))
    return {ids[one] for one in db.scalars(query)} if ids else set()


def _invited(campaign: Campaign, whose: Any) -> Select[Any]:
    """Something of those on lists of campaigns whose mail, where it invited, did so to the newest round. What was dropped was none."""
    since = func.coalesce(r.queued_at >= invited_since(campaign.consultation_id), true())
    # By the person: all mails of a campaign have one cause, and PostgreSQL, before it has counted, would go through them for each.
    mail = and_(m.person == r.person, m.cause.concat("") == cause_in_sql())
    query = select(whose).select_from(r).outerjoin(m, mail).where(r.person.is_not(None), since)
    return query.where(func.coalesce(m.state != MailState.SUPPRESSED, true()))


def _visitors() -> Select[str]:
    """The mailboxes that visitors gave."""
    return select(p.email_key).where(p.stakeholder_id.is_(None), p.email != "")


def _said_here(
    db: Session, campaign: Campaign, window: Window | None, addresses: Collection[str]
) -> tuple[set[str], set[str]]:
    """Whose readers left the consultation of a campaign as visitors, and whose have commented in a window under a confirmed address."""
    # Of which consultation, is asked here and not there: SQLite would go through all who take part in it.
    query = _visitors().add_columns(p.id, p.consultation_id, p.left_at, p.email_confirmed_at)
    rows = [row for row in db.execute(query.where(p.email_key.in_(addresses))) if row[2] == campaign.consultation_id]
    done = took_part_among(db, [row[1] for row in rows if row[4]], window) if window is not None else set()
    return {row[0] for row in rows if row[3]}, {row[0] for row in rows if row[1] in done}
