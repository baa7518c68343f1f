"""From words to a list that a second person approves: fixed, laid before them, given back or let go out."""

import hashlib
import json
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.consultations.models import ConsultationState
from consult.consultations.queries import newest_window
from consult.core.db import Base, lock, refusing
from consult.core.many import insert_many
from consult.jobs.queue import enqueue
from consult.mail.models_delivery import BY_OFFICER
from consult.mail.queries_suppressions import suppressions_of
from consult.mailings import queries, queries_chosen, queries_fitting, rules, rules_reach
from consult.mailings.abouts import About, languages_of
from consult.mailings.models import (
    Audience,
    Campaign,
    CampaignApproval,
    CampaignState,
    WhyNot,
)
from consult.mailings.models_lists import MailingList
from consult.mailings.operations import record_campaign, unfix
from consult.mailings.operations_queueing import QUEUE
from consult.mailings.queries_by_list import entries_reading, invited_by_list, why_not_among
from consult.mailings.queries_mailboxes import mailboxes_on_list
from consult.mailings.rules_rounds import check_invite_list
from consult.stakeholders.queries import left_addresses

PREPARE = "mailings.prepare_campaign"  # the job's name in consult/worker.py
CHUNK = 1_000  # entries a transaction
PUBLIC_FOR_COMMENTS = (ConsultationState.OPEN,)
PUBLIC = (ConsultationState.OPEN, ConsultationState.CLOSED)
REFUSALS = {"approval_by_a_second_person": rules.ApprovedByComposer, "campaign_needs_approval": rules.ListNotReady}


def submit_campaign(
    db: Session,
    about: About,
    campaign: Campaign,
    *,
    asked_start: datetime | None,
    by: Staff,
    now: datetime,
) -> None:
    """Ask a second person for approval: from now on neither words nor list change, and the worker makes the list.

    Raises NotUnderWay, WordsMissing, GapLeft, ListClosed, StartsTooLate, and what check_call_for_comments and check_somebody_chosen raise.
    Records ``campaign.submitted`` (slug, campaign ref, kind).
    """
    lock(db, campaign)
    rules.check_submit_campaign(campaign)
    words = queries.read_words(db, campaign.id)
    rules.check_words(words, languages_of(db, about))  # one may have been added since
    rules.check_no_gap(words)
    _check_goes_somewhere(db, about, campaign, start=asked_start or now, now=now)
    rules.check_somebody_chosen(rules_reach.count_reached(queries_chosen.count_chosen(db, campaign)))
    campaign.state, campaign.submitted_by, campaign.asked_start = CampaignState.PREPARING, by.actor, asked_start
    campaign.note, campaign.prepared_until, campaign.submission = None, 0, campaign.submission + 1
    db.flush()
    record_campaign(db, "submitted", about, campaign, by)
    enqueue(db, PREPARE, campaign.id)


def prepare_campaign(db: Session, campaign_id: int, *, most: int | None = None, now: datetime) -> bool:
    """Put the next entries that the choice fits on the list, with why they get the mail or not; at the end fix it.

    Returns whether some are left. May run again after a crash, and beside another.
    """
    most = most or CHUNK
    campaign = lock(db, db.get_one(Campaign, campaign_id))
    if campaign.state is not CampaignState.PREPARING:
        return False
    if campaign.is_by_mailbox:
        return _prepare_by_mailbox(db, campaign, most)
    column = "subscription_id" if campaign.audience is Audience.LIST else "stakeholder_id"
    of_list = campaign.audience is Audience.LIST
    rows = (queries_fitting.next_subscribed if of_list else queries_fitting.next_fitting)(db, campaign, most)
    if rows:
        _list(db, campaign, column, rows)
        campaign.prepared_until = rows[-1][0]
        db.flush()
        return True
    if others := queries_fitting.next_others(db, campaign, most):
        _list(db, campaign, "participant_id", others)
        db.flush()
        return True
    return _fix(db, campaign)


def _fix(db: Session, campaign: Campaign) -> bool:
    campaign.digest = digest_of(db, campaign)
    campaign.state = CampaignState.SUBMITTED
    db.flush()
    return False


def _prepare_by_mailbox(db: Session, campaign: Campaign, most: int) -> bool:
    """The same of the entries that read the next mailboxes of a mailing list, and of those who are known by the address only.

    An entry is on the list once, however many of those mailboxes it, and what was merged into it, reads.
    """
    rows = queries_fitting.next_subscribed(db, campaign, most)
    if not rows:
        return _fix(db, campaign)
    reading = entries_reading(db, [address for _id, address, _why_not in rows])
    entries = queries_fitting.fitting_among(db, campaign, set().union(*reading.values()))
    if entries:
        _list(db, campaign, "stakeholder_id", entries)
    unknown = (
        [] if campaign.categories or campaign.groups else [row for row in rows if row[1].casefold() not in reading]
    )
    if unknown:
        why = why_not_among(db, campaign, [row[0] for row in unknown])
        _list(db, campaign, "subscription_id", [(id_, address, why.get(id_)) for id_, address, _none in unknown])
    campaign.prepared_until = rows[-1][0]
    db.flush()
    return True


def _list(db: Session, campaign: Campaign, column: str, rows: list[tuple[int, str, str | None]]) -> None:
    """Put people on the list. What stands there by keys only is asked here: who left, and where mail came back.

    Of several who read one mailbox the first gets the mail: it is the same to all of them.
    """
    # of a list: who said yes to it after leaving everything gets it, and its query has asked for the rest
    asked = [] if column == "subscription_id" else rows
    addresses = [address for _id, address, why_not in asked if why_not is None]
    left, back = left_addresses(db, addresses), suppressions_of(db, addresses)
    taken = mailboxes_on_list(db, campaign, addresses)
    invited = invited_by_list(db, campaign, addresses) if campaign.invites_anew else set()

    def why_not_of(address: str, known: str | None) -> WhyNot | None:
        if known is not None:
            return WhyNot(known)
        if address == BY_OFFICER:
            return None
        if address in left or address in back:
            return WhyNot.LEFT if address in left else WhyNot.CAME_BACK
        if address.casefold() in invited:
            return WhyNot.INVITED_TO_ROUND
        if address.casefold() in taken:
            return WhyNot.SAME_MAILBOX
        taken.add(address.casefold())
        return None

    common = {"campaign_id": campaign.id, "why": queries_fitting.why_chosen(campaign), "tries": 1}
    listed = [{column: one, "why_not": why_not_of(address, known), **common} for one, address, known in rows]
    insert_many(db, Base.metadata.tables["campaign_recipient"], listed)


def digest_of(db: Session, campaign: Campaign) -> bytes:
    """What stands for the words, the choice and the list with all its reasons: 32 bytes, other ones if any of them is."""
    start = campaign.asked_start.isoformat() if campaign.asked_start else None
    says = {
        "kind": campaign.kind,
        "audience": campaign.audience,
        "group": campaign.group_id,
        "list": campaign.list_id,
        "categories": campaign.categories,
        "groups": campaign.groups,
        "start": start,
        "submission": campaign.submission,
        "words": sorted((code, *words) for code, words in queries.read_words(db, campaign.id).items()),
    }
    found = hashlib.sha256(json.dumps(says, sort_keys=True, ensure_ascii=False).encode())
    if lines := queries.read_lines(db, campaign.id):
        found.update(f"\n{lines}".encode())
    return found.digest()


def return_campaign(db: Session, about: About, campaign: Campaign, *, note: str, by: Staff) -> None:
    """Give a campaign back to whoever wrote it, with what should change.

    Raises ListNotReady, ReasonMissing.  Records ``campaign.returned`` (slug, campaign ref, kind).
    """
    lock(db, campaign)
    rules.check_return_campaign(campaign, note=note)
    unfix(db, campaign)
    campaign.note = note.strip()
    db.flush()
    record_campaign(db, "returned", about, campaign, by)


def approve_campaign(
    db: Session,
    about: About,
    campaign: Campaign,
    *,
    seen: bytes,
    undo: timedelta = timedelta(0),
    by: Staff,
    now: datetime,
) -> int:
    """Let a campaign go out as it stands, by somebody who did not compose it.

    `seen` is the digest of what they were shown; nothing goes out before `undo` is over, nor before the start that was asked for.
    Returns how many get the mail.  Raises what check_approve_campaign, check_call_for_comments and check_somebody_chosen raise,
    and StartsTooLate.  Records ``campaign.approved`` (slug, campaign ref, kind, count).
    """
    lock(db, campaign)
    rules.check_approve_campaign(campaign, seen=seen, by=by.actor)
    counts = queries_chosen.count_chosen(db, campaign)
    count = counts.get(None, 0)
    rules.check_somebody_chosen(rules_reach.count_reached(counts))
    starts_at = max(campaign.asked_start or now, now + undo)
    _check_goes_somewhere(db, about, campaign, start=starts_at, now=now)
    with refusing(db, REFUSALS):
        db.add(CampaignApproval(
            campaign_id=campaign.id, submission=campaign.submission, digest=campaign.digest, approved_by=by.actor, approved_at=now,
        ))  # fmt: skip
    with refusing(db, REFUSALS):
        campaign.sent_at, campaign.starts_at = now, starts_at
        campaign.state = CampaignState.WAITING if starts_at > now else CampaignState.SENDING
    record_campaign(db, "approved", about, campaign, by, count=count)
    enqueue(db, QUEUE, campaign.id)
    return count


def _check_goes_somewhere(db: Session, about: About, campaign: Campaign, *, start: datetime, now: datetime) -> None:
    if campaign.list_id is not None:
        rules.check_list_open(db.get_one(MailingList, campaign.list_id))
    if isinstance(about, MailingList):
        return  # it leads to no page but the list's own
    window = newest_window(db, about.id)
    rules.check_call_for_comments(
        campaign.kind,
        is_public=about.state in (PUBLIC_FOR_COMMENTS if campaign.calls_for_comments else PUBLIC),
        is_open=window is not None and window.opens_at <= now < window.closes_at,
        is_over=window is not None and window.closes_at <= now,
    )
    check_invite_list(campaign, window, now=now)
    if campaign.calls_for_comments:
        rules.check_start(start, closes_at=window.closes_at if window else None)


def sweep_preparing(db: Session, *, now: datetime) -> int:  # every sweep has this shape
    """Wake the job for campaigns whose list is not whole. Returns how many."""
    left = db.scalars(select(Campaign.id).where(Campaign.state == CampaignState.PREPARING)).all()
    for campaign_id in left:
        enqueue(db, PREPARE, campaign_id)
    return len(left)
