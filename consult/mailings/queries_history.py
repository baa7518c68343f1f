"""What happened with the mail to each of some recipients of a campaign, by its instants."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.consultations.models import participant_ref
from consult.mail.messages import CAME_BACK
from consult.mail.models import Bounce, BounceKind, MailState, OutboxMail, Suppression
from consult.mail.models_delivery import PreparedDelivery
from consult.mailings.models import Campaign, CampaignRecipient, LeftOut
from consult.mailings.models_lists import subscription_ref
from consult.mailings.queries_left import left_since
from consult.mailings.queries_sending import BY_HAND, Delivery, causes, why_of
from consult.stakeholders.models import stakeholder_ref


class Event(NamedTuple):
    """One thing that happened: a `Delivery` that the mail came to, or one of the words below."""

    at: datetime
    what: str
    code: str = ""  # the mail server's, or the report's
    why: LeftOut | None = None
    note: str = ""


QUEUED, TRIED, NEXT, SUPPRESSED, LIFTED, COMPLAINT = (
    "queued",
    "tried",
    "next",
    "address_suppressed",
    "lifted",
    "complaint",
)
_ENDS = {MailState.SENT: Delivery.SENT, MailState.FAILED: Delivery.FAILED}


def list_histories(db: Session, campaign: Campaign, places: Sequence[int]) -> dict[int, list[Event]]:
    """By every place asked about on the list, the oldest first. A few statements, however many are asked about."""
    r = CampaignRecipient
    found: dict[int, list[Event]] = defaultdict(list)
    rows = db.scalars(select(r).where(r.campaign_id == campaign.id, r.id.in_(places))).all()
    people = {own: row.id for row in rows if (own := _own(row)) is not None}
    people |= {row.person: row.id for row in rows if row.person is not None}
    # Of two that were merged, the mail is theirs whose turn it was, also where that one stands on another page.
    got = select(r.person, r.id).where(r.campaign_id == campaign.id, r.person.in_(people))
    people |= {person: place for person, place in db.execute(got) if person is not None}
    for row in rows:
        if row.left_out is not None and row.queued_at is not None:
            found[row.id].append(Event(row.queued_at, Delivery.LEFT_OUT, why=row.left_out))
    why = causes(db, campaign.id)
    for mail, back in db.execute(_mails(people, why)):
        found[people[mail.person]] += _of_mail(mail, back)
    for place, events in _suppressions(db, people, why):
        found[place] += events
    d = PreparedDelivery
    for one in db.scalars(select(d).where(d.person.in_(people), d.cause.in_(why))):
        found[people[one.person]] += _of_delivery(one)
    left = left_since(campaign)
    for place, at in db.execute(select(left.c.id, left.c.at).where(left.c.id.in_(places))):
        found[place].append(Event(at, Delivery.LEFT))
    return {place: sorted(found[place], key=lambda one: one.at) for place in places}


def _own(row: CampaignRecipient) -> str | None:
    """As what the outbox knows a recipient, but where their entry was merged before the mail was made."""
    if row.stakeholder_id is not None:
        return stakeholder_ref(row.stakeholder_id)
    if row.participant_id is not None:
        return participant_ref(row.participant_id)
    if row.subscription_id is not None:
        return subscription_ref(row.subscription_id)
    return None


def _mails(people: dict[str, int], why: list[str]) -> Any:
    m = OutboxMail
    query = select(m, Bounce).outerjoin(Bounce, Bounce.mail_id == m.id)
    return query.where(m.person.in_(people), m.cause.in_(why))


def _of_mail(mail: OutboxMail, back: Bounce | None) -> Iterator[Event]:
    yield Event(mail.created_at, QUEUED)
    code, said = str(mail.reply_code or ""), mail.reply_text or ""
    if mail.state in _ENDS and mail.finished_at is not None:
        yield Event(mail.finished_at, _ENDS[mail.state], code)
    elif mail.state is MailState.SUPPRESSED and mail.finished_at is not None:
        if said.startswith(CAME_BACK):
            yield Event(mail.finished_at, Delivery.SUPPRESSED, said.removeprefix(CAME_BACK))
        else:
            yield Event(mail.finished_at, Delivery.LEFT_OUT, why=why_of(said))
    elif mail.attempted_at is not None:
        yield Event(mail.attempted_at, TRIED, code)
    if mail.state is MailState.DEFERRED and mail.next_at is not None:
        yield Event(mail.next_at, NEXT)
    if back is not None and mail.state is MailState.SENT:
        yield Event(back.at, COMPLAINT if back.kind is BounceKind.COMPLAINT else Delivery.CAME_BACK, back.status)


def _of_delivery(one: PreparedDelivery) -> Iterator[Event]:
    yield Event(one.created_at, Delivery.FOR_OFFICER)
    if one.handed_out_at is not None:
        yield Event(one.handed_out_at, Delivery.HANDED_OUT)
    if one.finished_at is not None:
        yield Event(one.finished_at, BY_HAND[one.state])


def _suppressions(db: Session, people: dict[str, int], why: list[str]) -> Iterator[tuple[int, list[Event]]]:
    """That nothing more was sent to the address that a mail went to, and that somebody let it be tried again."""
    m, s = OutboxMail, Suppression
    query = select(m.person, s).join(m, m.address_key == s.address_key)
    rows = db.execute(query.where(m.person.in_(people), m.cause.in_(why)).distinct())
    for person, one in rows:
        events = [Event(one.at, SUPPRESSED, one.status)]
        if one.lifted_at is not None:
            events.append(Event(one.lifted_at, LIFTED, note=one.note or ""))
        yield people[person], events
