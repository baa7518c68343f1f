"""From an approved list to the outbox: each takes part, has a door, and gets one mail; hundreds a transaction."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import String, cast, literal, select, update
from sqlalchemy.orm import Session

from consult.consultations.doors_many import admit_stakeholders, make_doors
from consult.consultations.models import participant_ref
from consult.core.db import Base, lock_id
from consult.core.many import update_many
from consult.core.ranges import among
from consult.jobs.queue import enqueue
from consult.mail.models import Mail, Priority
from consult.mail.models_delivery import BY_OFFICER
from consult.mail.operations import queue_mails
from consult.mailings import queries, queries_fitting, queries_turns
from consult.mailings.abouts import consultation_of
from consult.mailings.mails import CAMPAIGN, own_language
from consult.mailings.mails_lists import LIST_MAIL
from consult.mailings.models import Campaign, CampaignKind, CampaignRecipient, CampaignState, cause_of
from consult.mailings.models_lists import MailingList, subscription_ref
from consult.mailings.operations_lists import publish_message
from consult.mailings.operations_outreach import begin_outreach
from consult.mailings.operations_pacing import Place, due_at, hold_days
from consult.mailings.operations_reach import invited_by
from consult.mailings.operations_succession import pass_on
from consult.mailings.queries_by_list import why_not_among
from consult.mailings.queries_left_out import why_not_queued
from consult.mailings.queries_mailboxes import mailboxes_reached
from consult.mailings.queries_turns import Next
from consult.stakeholders.models import PERSON
from consult.stakeholders.queries import left_addresses
from consult.stakeholders.queries_doubles import AsOne
from consult.stakeholders.rules import may_be_written_to, may_get_news

QUEUE = "mailings.queue_campaign"  # the job's name in consult/worker.py
CHUNK = 800  # recipients a transaction, at most


def queue_recipients(db: Session, campaign_id: int, *, most: int | None = None, now: datetime) -> bool:
    """Let the next of the list take part, with a door each, and queue their mails. Returns whether some are left.

    Whoever left, or withdrew consent, since the list was fixed gets nothing (invariant 6). May run again after a crash: the
    outbox takes one mail a person and campaign (invariant 5). Whether it is still wanted (a reminder of someone who has
    commented meanwhile, either after the closing) the mail itself asks when it is made.
    """
    most = most or CHUNK
    campaign = lock_id(db, Campaign, campaign_id)
    if campaign.state is CampaignState.WAITING and campaign.starts_at is not None and campaign.starts_at <= now:
        campaign.state = CampaignState.SENDING
    if campaign.state is not CampaignState.SENDING:
        return False
    hold_days(db, campaign)
    rows = queries_turns.next_recipients(db, campaign, most)
    mailing_list = db.get_one(MailingList, campaign.list_id) if campaign.list_id is not None else None
    first = [one for one in rows if one.tries == 1]
    due = due_at(db, campaign, [_place(one) for one in first], now)
    mails = dict(_mails(db, campaign, rows, due, now))
    of_list = dict(_mails_of_list(db, campaign, rows, due, {mail.address.casefold() for mail in mails.values()}))
    # Of one that was closed since, the mails find that out themselves. Its archive has what goes to the list as such.
    if mailing_list is not None and mailing_list.is_open and (of_list or not campaign.is_by_mailbox):
        publish_message(
            db,
            mailing_list,
            queries.read_words(db, campaign.id),
            cause=cause_of(campaign.id),
            now=now,
        )
    mails |= of_list
    queue_mails(db, mails.values(), now=now)
    if rows:
        _take(db, campaign, rows, mails, due, now)
    if len(rows) == most or begin_outreach(db, campaign, now=now):
        return True
    campaign.state = CampaignState.SENT
    db.flush()
    pass_on(db, campaign, now=now)
    return False


def _take(
    db: Session, campaign: Campaign, rows: list[Next], mails: dict[int, Mail], due: dict[int, datetime], now: datetime
) -> None:
    """Note whose turn is over, and of those without a mail why."""
    without = [one for one in rows if one.id not in mails]
    reached = {mail.address.casefold() for mail in mails.values()}
    reached |= mailboxes_reached(db, campaign, [one.email for one in without]) if without else set()
    why = why_not_queued(db, campaign, without, reached) if without else {}
    plain = {one.id for one in rows if one.id in mails and one.id not in due and _is_listed(one)}
    taken = [
        {"id": one.id, "queued_at": now, "due_at": due.get(one.id), "left_out": why.get(one.id),
         "person": mails[one.id].person if one.id in mails else None}
        for one in rows if one.id not in plain
    ]  # fmt: skip
    update_many(db, Base.metadata.tables["campaign_recipient"], taken)
    if plain:  # nearly all: what is to be noted of them the database has itself
        r = CampaignRecipient
        done = update(r).where(among(r.id, plain))
        done = done.values(
            queued_at=now, due_at=None, left_out=None, person=literal(PERSON) + cast(r.stakeholder_id, String)
        )
        db.execute(done, execution_options={"synchronize_session": False})


def _is_listed(one: Next) -> bool:
    return one.entry is not None and one.entry.id == one.listed_id


def _mails(
    db: Session, campaign: Campaign, rows: list[Next], due: dict[int, datetime], now: datetime
) -> Iterator[tuple[int, Mail]]:
    """The mails to those of the list who may be written to now, by their place; the entries among them take part from now on.

    News of a list has none of these: nobody takes part in a list.
    """
    if campaign.consultation_id is None:
        return
    gone = left_addresses(db, [one.email for one in rows])
    open_ = [one for one in rows if one.email and not one.left_here and one.email not in gone]
    is_news = campaign.kind is CampaignKind.NEWS
    may = may_get_news if is_news else may_be_written_to
    open_ = [one for one in open_ if one.subscription_id is None]  # who is in no registry never said yes to news
    open_ = [one for one in open_ if (may(one.entry) if one.entry is not None else not is_news)]
    as_one = AsOne(db, holding=[one.entry.id for one in open_ if one.entry is not None])
    open_ = _once(db, campaign, open_, as_one)
    known = [one for one in open_ if one.entry is not None]
    consultation = consultation_of(db, campaign)
    entries = {one.entry.id: one.entry for one in known if one.entry is not None}
    written = list(queries.read_words(db, campaign.id))
    taking = admit_stakeholders(
        db, consultation, list(entries.values()), as_one=as_one, invited_by=invited_by(campaign), now=now
    )
    make_doors(db, [one.participant_id for one in open_ if one.participant_id is not None])
    causes = {tries: cause_of(campaign.id, tries) for tries in {one.tries for one in open_}}
    of = campaign.id
    for one in open_:
        participant = one.participant_id if one.entry is None else taking.get(one.entry.id)
        if participant is None:
            continue
        yield (
            one.id,
            Mail(
                template=CAMPAIGN.name,
                person=one.entry.person_ref if one.entry is not None else participant_ref(participant),
                cause=causes[one.tries],
                address=one.email,
                language=_language(one, written),
                parameters={"campaign": of, "participant": participant},
                priority=Priority.CAMPAIGN,
                not_before=due.get(one.id),
            ),
        )


def _language(one: Next, written: list[str]) -> str:
    """The language in which somebody gets a mail: their own, or another they read where the words are in that one only."""
    also = one.entry.also_language_codes if one.entry is not None else []
    return own_language(one.language, also, written) or one.language


def _place(one: Next) -> Place:
    entry_id = one.entry.id if one.entry is not None else None
    return Place(one.id, entry_id, one.participant_id, one.subscription_id, one.email)


def _once(db: Session, campaign: Campaign, rows: list[Next], as_one: AsOne) -> list[Next]:
    """Those whose mailbox has not got the mail: entries may have been merged, or their addresses corrected, since the list was
    fixed. And of an invitation those whom no other has invited meanwhile, of a reminder those who are still invited."""
    seen = mailboxes_reached(db, campaign, [one.email for one in rows], as_one=as_one)
    first = [one.entry.id for one in rows if one.entry is not None and one.tries == 1]
    asks, reminds = campaign.calls_for_comments, campaign.is_reminder
    invited = queries_turns.invited_already(db, campaign, first, as_one=as_one) if asks else set()
    found = []
    for one in rows:
        key = one.email.casefold()
        if one.email == BY_OFFICER and one.entry is not None:
            key = one.entry.person_ref  # whose mailbox it is, nobody here knows: each counts as one of its own
        asked = one.entry if asks and one.tries == 1 else None
        if key in seen or (asked is not None and (asked.id in invited) is not reminds):
            continue
        seen.add(key)
        found.append(one)
    return found


def _mails_of_list(
    db: Session, campaign: Campaign, rows: list[Next], due: dict[int, datetime], reached: set[str]
) -> Iterator[tuple[int, Mail]]:
    """The mails to those who are still on the list of a campaign, by their place. Each mailbox is on it once: UNIQUE.

    Of an invitation none of those whom an entry's mail reached meanwhile (`reached`, or before), or who are not asked any more.
    """
    on_list = {one.subscription_id: one for one in rows if one.subscription_id is not None}
    here = queries_fitting.still_subscribed(db, campaign, list(on_list))
    if campaign.is_by_mailbox and here:
        seen = reached | mailboxes_reached(db, campaign, [one.email for one in on_list.values()])
        here -= why_not_among(db, campaign, here).keys()
        here = {id_ for id_ in here if on_list[id_].email.casefold() not in seen}
    for one in rows:
        if one.subscription_id is not None and one.subscription_id in here:
            yield (
                one.id,
                Mail(
                    template=LIST_MAIL.name,
                    person=subscription_ref(one.subscription_id),
                    cause=cause_of(campaign.id, one.tries),
                    address=one.email,
                    language=one.language,
                    parameters={"campaign": campaign.id, "subscription": one.subscription_id},
                    priority=Priority.CAMPAIGN,
                    not_before=due.get(one.id),
                ),
            )


def sweep_campaigns(db: Session, *, now: datetime) -> int:  # every sweep has this shape
    """Wake the job for campaigns whose mails are not all in the outbox. Returns how many."""
    c = Campaign
    begun = (c.state == CampaignState.SENDING) | ((c.state == CampaignState.WAITING) & (c.starts_at <= now))
    left = db.scalars(select(c.id).where(begun)).all()
    for campaign_id in left:
        enqueue(db, QUEUE, campaign_id)
    return len(left)
