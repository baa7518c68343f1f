"""What became of each mail of a campaign: one row a recipient, so that the sums are those of the list."""

from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from consult.consultations.models import Participant
from consult.consultations.queries_protected import may_be_listed
from consult.mail.keys import address_key
from consult.mail.messages import CAME_BACK, UNWANTED
from consult.mail.models import Bounce, BounceKind, MailState, OutboxMail
from consult.mail.models_delivery import DeliveryState, PreparedDelivery
from consult.mailings.models import Campaign, CampaignRecipient, LeftOut, cause_in_sql, cause_of
from consult.mailings.models_lists import Subscription
from consult.mailings.queries import PAGE
from consult.mailings.queries_left import left_since
from consult.stakeholders.models import Stakeholder


class Delivery(StrEnum):
    """What became of the mail to one recipient. Every recipient is in exactly one."""

    SENT = "sent"
    CAME_BACK = "came_back"  # the mail server had taken it, and a report came later
    LEFT = "left"  # they got it, and asked for no more since
    WAITS = "waits"  # its turn has not come
    DEFERRED = "deferred"  # the relay put it off; it is tried again by itself
    FAILED = "failed"  # refused for good, or put off for too long
    SUPPRESSED = "suppressed"  # not sent, because other mail to the address had come back
    UNCERTAIN = "uncertain"  # it may have gone out; a person decides
    FOR_OFFICER = "for_officer"  # protected: waits for a protection officer to fetch it
    HANDED_OUT = "handed_out"  # an officer has it
    DELIVERED = "delivered"  # handed over by an officer
    NOT_REACHED = "not_reached"  # an officer could not reach them
    LEFT_OUT = "left_out"  # not wanted any more when its turn came: they left, commented, or it was stopped


class Delivered(NamedTuple):
    """A recipient and what became of the mail."""

    id: int
    name: str  # "" of whoever signed up to a list
    email: str  # "" likewise
    delivery: Delivery
    code: str  # of the relay's last answer, or of the report that came; "" for none
    why: LeftOut | None  # why it was left out; None where that is not known, or not any more
    at: datetime | None  # since when it stands so; None = its turn has not come
    tries: int


r, m, d, b = CampaignRecipient, OutboxMail, PreparedDelivery, Bounce
_OF = {
    MailState.QUEUED: Delivery.WAITS,
    MailState.CLAIMED: Delivery.WAITS,
    MailState.DEFERRED: Delivery.DEFERRED,
    MailState.UNCERTAIN: Delivery.UNCERTAIN,
    MailState.SENT: Delivery.SENT,
    MailState.FAILED: Delivery.FAILED,
    MailState.SUPPRESSED: Delivery.LEFT_OUT,
}
BY_HAND = {
    DeliveryState.FOR_OFFICER: Delivery.FOR_OFFICER,
    DeliveryState.HANDED_OUT: Delivery.HANDED_OUT,
    DeliveryState.DELIVERED: Delivery.DELIVERED,
    DeliveryState.NOT_REACHED: Delivery.NOT_REACHED,
    DeliveryState.DROPPED: Delivery.LEFT_OUT,
}


class Followed:
    """The recipients of a campaign beside their mail, what an officer has of it, whether it came back, and whether they left."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign, self.left = campaign, left_since(campaign)
        got_it = or_(m.state == MailState.SENT, d.state == DeliveryState.DELIVERED)
        self.delivery = case(
            (b.kind == BounceKind.COMPLAINT, Delivery.LEFT.value),
            (and_(m.state == MailState.SENT, b.id.is_not(None)), Delivery.CAME_BACK.value),
            (and_(got_it, self.left.c.at.is_not(None)), Delivery.LEFT.value),
            (m.reply_text.startswith(CAME_BACK), Delivery.SUPPRESSED.value),
            *((d.state == state, delivery.value) for state, delivery in BY_HAND.items()),
            *((m.state == state, delivery.value) for state, delivery in _OF.items()),
            (r.queued_at.is_(None), Delivery.WAITS.value),
            # no mail: they could not be written to any more when their turn came to be queued
            (r.left_out == LeftOut.CAME_BACK, Delivery.SUPPRESSED.value),
            else_=Delivery.LEFT_OUT.value,
        )

    def rows(self, *columns: Any) -> Select[Any]:
        """One row a recipient."""
        cause = cause_in_sql()
        return (
            select(*columns)
            .select_from(r)
            .outerjoin(m, and_(m.person == r.person, m.cause == cause))
            .outerjoin(d, and_(d.person == r.person, d.cause == cause))
            .outerjoin(b, b.mail_id == m.id)
            .outerjoin(self.left, self.left.c.id == r.id)
            .where(r.campaign_id == self.campaign.id, r.why_not.is_(None))
        )

    def are(self, delivery: Delivery) -> ColumnElement[bool]:
        """Those of one delivery."""
        return self.delivery.in_([delivery.value])


def count_deliveries(db: Session, campaign: Campaign) -> dict[Delivery, int]:
    """How many recipients there are of each delivery, zero included."""
    counts, followed = dict.fromkeys(Delivery, 0), Followed(campaign)
    for found, count in db.execute(followed.rows(followed.delivery, func.count(r.id)).group_by(followed.delivery)):
        counts[Delivery(found)] = count
    return counts


def list_deliveries(
    db: Session,
    campaign: Campaign,
    delivery: Delivery | None = None,
    *,
    words: str = "",
    may_find_readers: bool = False,
    after: int = 0,
) -> list[Delivered]:
    """A page of the recipients, by their place on the list: of one delivery, or of all; those called so, or at this address.

    Those who are protected stand in the numbers only. Who signed up to a list is found by their address only by those who may
    see who is on it: others would learn whether an address is.
    """
    s, p, u, followed = Stakeholder, Participant, Subscription, Followed(campaign)
    own = case((s.id.is_not(None), s.name), else_=func.coalesce(p.name, ""))
    where = case((s.id.is_not(None), s.email), else_=func.coalesce(p.email, ""))  # of a list the team sees no addresses
    settled = func.coalesce(m.finished_at, d.finished_at, d.handed_out_at, m.attempted_at, r.queued_at)
    query = followed.rows(
        r.id, own, where, followed.delivery, m.reply_code, m.reply_text, b.status, b.at, followed.left.c.at, settled,
        r.left_out, r.tries,
    )  # fmt: skip
    query = query.outerjoin(s, s.id == r.stakeholder_id).outerjoin(p, p.id == r.participant_id)
    query = query.outerjoin(u, u.id == r.subscription_id).where(r.id > after, may_be_listed())
    if delivery is not None:
        query = query.where(followed.are(delivery))
    if sought := words.strip().casefold():
        theirs = [s.name_key.contains(sought, autoescape=True), s.email_key.contains(sought, autoescape=True),
                  func.lower(p.name).contains(sought, autoescape=True),
                  p.email_key.contains(sought, autoescape=True)]  # fmt: skip
        if may_find_readers:
            theirs.append(u.key == address_key(sought))
        query = query.where(or_(*theirs))
    return [_delivered(row) for row in db.execute(query.order_by(r.id).limit(PAGE))]


def _delivered(row: Any) -> Delivered:
    place, name, email, found, reply_code, reply_text, status, back_at, left_at, at, left_out, tries = row
    delivery, said = Delivery(found), reply_text or ""
    code, why = str(reply_code or ""), None
    if delivery is Delivery.CAME_BACK:
        code, at = status, back_at
    elif delivery is Delivery.LEFT:
        at = left_at or back_at
    elif delivery is Delivery.SUPPRESSED:
        code, why = said.removeprefix(CAME_BACK), LeftOut.CAME_BACK
    elif delivery is Delivery.LEFT_OUT:
        why = left_out or why_of(said)
        code = ""
    return Delivered(place, name, email, delivery, code, why, at, tries)


def why_of(words: str) -> LeftOut | None:
    """Why a mail was not made, from what is kept with it."""
    code = words.removeprefix(UNWANTED)
    return LeftOut(code) if words.startswith(UNWANTED) and code in list(LeftOut) else None


def causes(db: Session, campaign_id: int) -> list[str]:
    """The causes under which mails of a campaign stand in the outbox."""
    most = db.scalar(select(func.max(r.tries)).where(r.campaign_id == campaign_id)) or 1
    return [cause_of(campaign_id, number) for number in range(1, most + 1)]
