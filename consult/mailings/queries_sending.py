"""What became of each mail of a campaign: one row a recipient, so that the sums are those of the list."""

from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, func, literal, select
from sqlalchemy.orm import Session

from consult.consultations.models import Participant
from consult.consultations.queries_protected import may_be_listed
from consult.mail.models import MailState, OutboxMail
from consult.mail.models_delivery import DeliveryState, PreparedDelivery
from consult.mailings.models import Campaign, CampaignRecipient, cause_of
from consult.mailings.queries import PAGE
from consult.stakeholders.models import Stakeholder


class Delivery(StrEnum):
    """What became of the mail to one recipient. Every recipient is in exactly one."""

    SENT = "sent"
    WAITS = "waits"  # its turn has not come
    DEFERRED = "deferred"  # the relay put it off; it is tried again by itself
    FAILED = "failed"  # refused for good, or put off for too long
    UNCERTAIN = "uncertain"  # it may have gone out; a person decides
    FOR_OFFICER = "for_officer"  # protected: waits for a protection officer to fetch it
    HANDED_OUT = "handed_out"  # an officer has it
    DELIVERED = "delivered"  # handed over by an officer
    NOT_REACHED = "not_reached"  # an officer could not reach them
    LEFT_OUT = "left_out"  # not wanted any more when its turn came: they left, commented, or it was stopped


class Delivered(NamedTuple):
    """A recipient and what became of the mail."""

    id: int
    name: str
    delivery: Delivery
    reply_code: int | None  # of the relay's last answer
    tries: int


r, m, d = CampaignRecipient, OutboxMail, PreparedDelivery
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
# No mail: not queued yet, or they could not be written to any more when their turn came to be queued.
_DELIVERY = case(
    *((d.state == state, delivery.value) for state, delivery in BY_HAND.items()),
    *((m.state == state, delivery.value) for state, delivery in _OF.items()),
    (r.queued_at.is_(None), Delivery.WAITS.value),
    else_=Delivery.LEFT_OUT.value,
)


def _followed(campaign_id: int, *columns: Any) -> Select[Any]:
    cause = literal(cause_of(campaign_id)) + case((r.tries > 1, literal(":") + cast(r.tries, String)), else_="")
    own = and_(m.person == r.person, m.cause == cause)
    by_hand = and_(d.person == r.person, d.cause == cause)
    return (
        select(*columns)
        .select_from(r)
        .outerjoin(m, own)
        .outerjoin(d, by_hand)
        .where(r.campaign_id == campaign_id, r.why_not.is_(None))
    )


def count_deliveries(db: Session, campaign: Campaign) -> dict[Delivery, int]:
    """How many recipients there are of each delivery, zero included."""
    counts = dict.fromkeys(Delivery, 0)
    for found, count in db.execute(_followed(campaign.id, _DELIVERY, func.count(r.id)).group_by(_DELIVERY)):
        counts[Delivery(found)] = count
    return counts


def list_deliveries(db: Session, campaign: Campaign, delivery: Delivery, *, after: int = 0) -> list[Delivered]:
    """A page of the recipients of one delivery, by their place on the list; those who are protected stand in the numbers only."""
    name = func.coalesce(Stakeholder.name, Participant.name, "")
    query = _followed(campaign.id, r.id, name, _DELIVERY, m.reply_code, r.tries)
    query = query.outerjoin(Stakeholder, Stakeholder.id == r.stakeholder_id)
    query = query.outerjoin(Participant, Participant.id == r.participant_id)
    query = query.where(_is(delivery), r.id > after, may_be_listed())
    rows = db.execute(query.order_by(r.id).limit(PAGE))
    return [Delivered(row[0], row[1], Delivery(row[2]), row[3], row[4]) for row in rows]


def list_missed(db: Session, campaign: Campaign) -> list[int]:
    """The ids on the list of those whose mail failed."""
    return list(db.scalars(_followed(campaign.id, r.id).where(_is(Delivery.FAILED))))


def causes(db: Session, campaign_id: int) -> list[str]:
    """The causes under which mails of a campaign stand in the outbox."""
    most = db.scalar(select(func.max(r.tries)).where(r.campaign_id == campaign_id)) or 1
    return [cause_of(campaign_id, number) for number in range(1, most + 1)]


def _is(delivery: Delivery) -> ColumnElement[bool]:
    return _DELIVERY.in_([delivery.value])
