"""Reads of letters, calls and visits."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from consult.consultations.leaving import left_among
from consult.consultations.models import Door, Participant
from consult.consultations.queries_protected import may_be_listed
from consult.jobs.models import Task, TaskState
from consult.mail.models import MailState, OutboxMail
from consult.mail.models_delivery import DeliveryState, PreparedDelivery
from consult.mailings.abouts import consultation_of
from consult.mailings.models import Campaign, CampaignKind, CampaignRecipient, CampaignState, cause_of
from consult.mailings.models_outreach import (
    BY_MAIL,
    OPEN,
    WAYS,
    DeadContact,
    Outreach,
    OutreachState,
    OutreachStep,
    OutreachWay,
)
from consult.mailings.rules_outreach import is_letter_possible
from consult.stakeholders.models import Stakeholder, stakeholder_ref_in_sql

PAGE = 50  # rows a page
PART = 500  # entries a statement
o, r, s, p, d, m = Outreach, CampaignRecipient, Stakeholder, Participant, PreparedDelivery, OutboxMail
_own = aliased(Stakeholder)


class Reached(NamedTuple):
    """One who is reached without e-mail, as they stand now: the entry that holds, where theirs was merged."""

    outreach: Outreach
    entry: Stakeholder
    participant: Participant | None
    door: Door | None


def _reached(*columns: Any) -> Select[Any]:
    query = select(*columns).select_from(o).join(r, r.id == o.recipient_id).join(_own, _own.id == r.stakeholder_id)
    query = query.join(s, s.id == func.coalesce(_own.merged_into, _own.id)).outerjoin(p, p.id == o.participant_id)
    return query.outerjoin(Door, Door.participant_id == p.id)


def next_without_mail(db: Session, campaign: Campaign, limit: int) -> list[tuple[int, OutreachWay, Stakeholder]]:
    """The next of the fixed list who get no mail and are reached otherwise, and have no row for it yet."""
    none_yet = ~select(o.recipient_id).where(o.recipient_id == r.id).exists()
    query = select(r.id, r.why_not, s).select_from(r).join(_own, _own.id == r.stakeholder_id)
    query = query.join(s, s.id == func.coalesce(_own.merged_into, _own.id))
    query = query.where(r.campaign_id == campaign.id, r.why_not.in_(list(WAYS)), none_yet).order_by(r.id).limit(limit)
    return [(row[0], WAYS[row[1]], row[2]) for row in db.execute(query) if row[1] is not None]


def reached_by(db: Session, campaign: Campaign, participants: Collection[int]) -> set[int]:
    """Which of some participants a letter or call of a campaign is for already: entries may have been merged."""
    query = select(o.participant_id).where(o.campaign_id == campaign.id, o.participant_id.in_(participants))
    return {one for one in db.scalars(query) if one is not None}


def left_here(db: Session, campaign: Campaign, entries: Collection[Stakeholder]) -> set[int]:
    """Which of some entries left the consultation of a campaign, or everything: as who takes part, or by their mailbox."""
    return left_in(db, consultation_of(db, campaign).id, entries)


def left_in(db: Session, consultation_id: int, entries: Collection[Stakeholder]) -> set[int]:
    """The same for a consultation, whatever they would hear of it."""
    whole, found = func.coalesce(_own.merged_into, _own.id), set[int]()
    ids = [entry.id for entry in entries]
    for begin in range(0, len(ids), PART):
        asked = ids[begin : begin + PART]
        query = select(whole).join(p, p.stakeholder_id == _own.id).where(p.consultation_id == consultation_id)
        query = query.where(p.left_at.is_not(None), _own.id.in_(asked) | _own.merged_into.in_(asked))
        found |= set(db.scalars(query))
    addresses = [entry.email for entry in entries if entry.email]
    for begin in range(0, len(addresses), PART):
        left = left_among(db, addresses[begin : begin + PART], consultation_id)
        found |= {entry.id for entry in entries if entry.email.casefold() in left}
    return found


def list_reached(
    db: Session,
    campaign_id: int,
    way: OutreachWay,
    states: Collection[OutreachState] = (),
    *,
    after: int = 0,
    limit: int | None = PAGE,
) -> list[Reached]:
    """Those of a campaign who are reached in a way, by their place on the list; of some states, or of all. None who is protected."""
    query = _reached(o, s, p, Door).where(
        o.campaign_id == campaign_id, o.way == way, o.recipient_id > after, may_be_listed()
    )
    if states:
        query = query.where(o.state.in_(states))
    return [Reached._make(row) for row in db.execute(query.order_by(o.recipient_id).limit(limit))]


def list_returned_to_make(db: Session, campaign: Campaign) -> list[Reached]:
    """Letters that came back and can be made again: the entry has had another address since, and no other invitation came."""
    rows = list_reached(db, campaign.id, OutreachWay.LETTER, (OutreachState.RETURNED,), limit=None)
    dead = dead_contacts(db, [one.entry.id for one in rows])
    invites = campaign.kind is CampaignKind.INVITATION
    return [
        one
        for one in rows
        if is_letter_possible(one.entry, dead=dead[one.entry.id]) and not (invites and _is_invited_since(one))
    ]


def _is_invited_since(one: Reached) -> bool:
    at = one.participant.last_invited_at if one.participant is not None else None
    return at is not None and at > one.outreach.changed_at


def find_reached(db: Session, campaign_id: int, ref: str) -> Reached | None:
    """The one of a campaign whose participant has a reference."""
    row = db.execute(_reached(o, s, p, Door).where(o.campaign_id == campaign_id, p.ref == ref)).one_or_none()
    return Reached._make(row) if row else None


def standing_in(campaign: Campaign, state: OutreachState) -> OutreachState:
    """How a letter or call stands: what was open when its campaign was stopped is left out for good."""
    return OutreachState.LEFT_OUT if campaign.state is CampaignState.STOPPED and state in OPEN else state


def states_of(campaign: Campaign, standing: OutreachState) -> tuple[OutreachState, ...]:
    """As what the rows are kept that stand so."""
    return tuple(state for state in OutreachState if standing_in(campaign, state) is standing)


def count_reached(db: Session, campaign: Campaign) -> dict[OutreachWay, dict[OutreachState, int]]:
    """How many are reached in each way, by how it stands. Where the campaign was stopped, what is open is left out for good."""
    counts: dict[OutreachWay, dict[OutreachState, int]] = {way: {} for way in OutreachWay}
    query = select(o.way, o.state, func.count()).where(o.campaign_id == campaign.id).group_by(o.way, o.state)
    for way, state, count in db.execute(query):
        stands = standing_in(campaign, state)
        counts[way][stands] = counts[way].get(stands, 0) + count
    return counts


def count_instead(db: Session, campaign: Campaign) -> dict[OutreachWay, dict[str, int]]:
    """How many of those left out are reached all the same: an officer hands it over, or has, or they get the mail (BY_MAIL)."""
    counts: dict[OutreachWay, dict[str, int]] = {way: {} for way in OutreachWay}
    query = _by_hand(campaign, o.way, d.state, func.count(d.id.distinct()))
    for way, state, count in db.execute(query.group_by(o.way, d.state)):
        counts[way][state] = count
    for way, count in db.execute(_by_mail(campaign, o.way, func.count()).group_by(o.way)):
        counts[way][BY_MAIL] = count
    return counts


def instead_of(db: Session, campaign: Campaign, recipients: Collection[int]) -> dict[int, str]:
    """The same for some letters and calls that were called off, by their place on the list."""
    mine = o.recipient_id.in_(recipients)
    found = {row[0]: BY_MAIL for row in db.execute(_by_mail(campaign, o.recipient_id).where(mine))}
    return found | {row[0]: row[1] for row in db.execute(_by_hand(campaign, o.recipient_id, d.state).where(mine))}


def _by_hand(campaign: Campaign, *columns: Any) -> Select[Any]:
    theirs = and_(d.person == stakeholder_ref_in_sql(), d.cause == cause_of(campaign.id))
    query = _reached(*columns).join(d, theirs).where(d.state != DeliveryState.DROPPED)
    return query.where(o.campaign_id == campaign.id, o.state == OutreachState.LEFT_OUT)


def _by_mail(campaign: Campaign, *columns: Any) -> Select[Any]:
    theirs = and_(m.person == stakeholder_ref_in_sql(), m.cause == cause_of(campaign.id))
    query = _reached(*columns).join(m, theirs).where(m.state != MailState.SUPPRESSED, may_be_listed())
    return query.where(o.campaign_id == campaign.id, o.state == OutreachState.LEFT_OUT)


def count_without_instead(db: Session, campaign: Campaign, way: OutreachWay) -> dict[OutreachState, int]:
    """How many are reached in a way, by how it stands; nobody is called left out who is reached all the same."""
    counts, instead = count_reached(db, campaign)[way], count_instead(db, campaign)[way]
    counts[OutreachState.LEFT_OUT] = counts.get(OutreachState.LEFT_OUT, 0) - sum(instead.values())
    return {state: count for state, count in counts.items() if count}


def is_some_open(db: Session, campaign: Campaign) -> bool:
    """Whether letters or calls of a campaign are still to be made."""
    query = select(o.recipient_id).where(o.campaign_id == campaign.id, o.state.in_(OPEN)).limit(1)
    return db.scalar(query) is not None


def find_at_work(db: Session, kind: str, subject: str) -> Task | None:
    """The Task of a kind that waits or works on what begins like this, if there is one."""
    query = select(Task).where(Task.kind == kind, Task.subject.startswith(subject, autoescape=True))
    return db.scalars(query.where(Task.state.in_([TaskState.WAITING, TaskState.RUNNING])).limit(1)).one_or_none()


def dead_contacts(db: Session, entries: Sequence[int]) -> dict[int, set[str]]:
    """What of some entries turned out not to work."""
    found: dict[int, set[str]] = defaultdict(set)
    for begin in range(0, len(entries), PART):
        c = DeadContact
        query = select(c.stakeholder_id, c.what).where(c.stakeholder_id.in_(entries[begin : begin + PART]))
        for row_id, what in db.execute(query):
            found[row_id].add(what.value)
    return found


class Step(NamedTuple):
    """One thing that happened, as the page shows it."""

    way: OutreachWay
    state: OutreachState
    by: str | None
    at: datetime
    on_day: date | None
    note: str


def list_steps(db: Session, recipients: Sequence[int]) -> dict[int, list[Step]]:
    """What happened with some letters or calls, the newest first."""
    t = OutreachStep
    query = select(t.recipient_id, t.way, t.state, t.by, t.at, t.on_day, t.note).where(t.recipient_id.in_(recipients))
    found: dict[int, list[Step]] = defaultdict(list)
    for row in db.execute(query.order_by(t.id.desc())):
        found[row[0]].append(Step._make(row[1:]))
    return found
