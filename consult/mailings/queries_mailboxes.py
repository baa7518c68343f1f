"""One mailbox, one mail: who on the list of a campaign reads which, whether they are entries, visitors or signed up."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from consult.consultations.models import Participant
from consult.core.ranges import among, one_of, one_of_keys
from consult.mail.keys import address_key
from consult.mail.models_delivery import BY_OFFICER
from consult.mailings import queries_turns
from consult.mailings.abouts import is_about_the_same
from consult.mailings.models import Campaign, CampaignKind, CampaignRecipient
from consult.mailings.models_lists import Subscription
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.queries_doubles import AsOne

r, s, p, u = CampaignRecipient, Stakeholder, Participant, Subscription
Readers = list[tuple[InstrumentedAttribute[Any], dict[int, str]]]


def readers_of(db: Session, campaign: Campaign, addresses: Iterable[str], *, of_lists: bool = True) -> Readers:
    """Who reads some mailboxes: for each sort of recipient (its column on the list) the key of the mailbox by their id.

    Visitors are those of the consultation of a campaign; those who signed up to lists only where `of_lists` says so. Of protected
    entries nobody here knows a mailbox.
    """
    keys = {one.casefold() for one in addresses if one and one != BY_OFFICER}
    if not keys:
        return []
    entries = db.execute(select(s.id, s.email_key).where(one_of(s.email_key, keys)))
    # Of which consultation, is asked here and not there: SQLite would go through all who take part in it.
    visitors = select(p.id, p.email_key, p.consultation_id).where(one_of(p.email_key, keys), p.stakeholder_id.is_(None))
    found: Readers = [
        (r.stakeholder_id, {row[0]: row[1] for row in entries}),
        (r.participant_id, {row[0]: row[1] for row in db.execute(visitors) if row[2] == campaign.consultation_id}),
        (r.subscription_id, _signed_up(db, keys) if of_lists else {}),
    ]
    return [(whose, boxes) for whose, boxes in found if boxes]


def _signed_up(db: Session, keys: set[str]) -> dict[int, str]:
    by_digest = {address_key(one): one for one in keys}
    on_lists = db.execute(select(u.id, u.key).where(one_of_keys(u.key, list(by_digest))))
    return {row[0]: by_digest[row[1]] for row in on_lists}


def mailboxes_on_list(db: Session, campaign: Campaign, addresses: Iterable[str]) -> set[str]:
    """Which of some mailboxes, by their key, somebody on the list of a campaign reads who gets the mail."""
    return _on_list(db, campaign, addresses, r.why_not.is_(None))


def mailboxes_reached(
    db: Session, campaign: Campaign, addresses: Iterable[str], *, as_one: AsOne | None = None
) -> set[str]:
    """To which of some mailboxes a mail of a campaign went, or goes, already: by their key, whoever had it then."""
    return _on_list(db, campaign, addresses, r.queued_at.is_not(None) & r.person.is_not(None), as_one)


def _on_list(
    db: Session, campaign: Campaign, addresses: Iterable[str], which: ColumnElement[bool], as_one: AsOne | None = None
) -> set[str]:
    found: set[str] = set()
    for whose, boxes in readers_of(db, campaign, addresses, of_lists=campaign.list_id is not None):
        whole = (as_one or AsOne(db)).of(boxes) if whose is r.stakeholder_id else {one: one for one in boxes}
        query: Select[Any] = select(whose).where(r.campaign_id == campaign.id, among(whose, whole), which)
        found |= {boxes[one] for id_ in db.scalars(query) for one in (id_, whole[id_]) if one in boxes}
    return found


def has_other_ordinary(db: Session, campaign: Campaign, kinds: tuple[CampaignKind, ...]) -> bool:
    """Whether another campaign of some kinds is about the same: if none is, nobody need be asked about."""
    c = Campaign
    other = exists().where(is_about_the_same(campaign), c.id != campaign.id, c.kind.in_(kinds))
    return bool(db.scalar(select(other)))


def last_ordinary_of_mailboxes(
    db: Session, campaign: Campaign, addresses: Collection[str], kinds: tuple[CampaignKind, ...]
) -> dict[str, datetime]:
    """When some mailboxes last got or get an ordinary mail about the consultation, by their key: whoever reads them."""
    found: dict[str, datetime] = {}
    for whose, boxes in readers_of(db, campaign, addresses):
        last = queries_turns.last_ordinary(db, campaign, whose, list(boxes), kinds)
        for one, at in last.items():
            if one in boxes:
                found[boxes[one]] = max(at, found.get(boxes[one], at))
    return found
