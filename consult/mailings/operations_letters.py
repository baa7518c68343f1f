"""Which letters of a campaign are to be made: also those that came back; and whom a letter, or a call, no longer reaches is reached
otherwise."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.audit.operations import Actor
from consult.consultations.doors_many import invite_participants
from consult.consultations.models import Participant
from consult.consultations.queries import newest_window
from consult.core.db import lock
from consult.core.refusals import permits
from consult.mail.models import Mail, Priority
from consult.mail.operations import queue_mails
from consult.mailings import queries, queries_turns
from consult.mailings import queries_outreach as reads
from consult.mailings import rules_outreach as rules
from consult.mailings.abouts import consultation_of
from consult.mailings.mails import CAMPAIGN, own_language
from consult.mailings.models import Campaign, CampaignKind, WhyNot, cause_of
from consult.mailings.models_outreach import WAYS, Outreach, OutreachState, OutreachStep, OutreachWay
from consult.mailings.operations_outreach import CHUNK, check_may_reach, move_letters
from consult.mailings.operations_reach import uninvite
from consult.mailings.queries_mailboxes import mailboxes_reached
from consult.mailings.queries_mails import took_part_among
from consult.mailings.queries_outreach import Reached, list_returned_to_make
from consult.mailings.rules_reach import way_to

NOT_POSTED = (OutreachState.TO_PRINT, OutreachState.PRINTED)


def make_again(db: Session, campaign: Campaign, *, by: Actor, now: datetime) -> int:
    """Put letters that came back in line again, where the entry has another address since. Returns how many.

    Of an invitation not those whom another one has invited since.
    """
    rows = list_returned_to_make(db, campaign)
    ids = [one.outreach.recipient_id for one in rows]
    if campaign.kind is CampaignKind.INVITATION:
        theirs = [one.participant for one in rows if one.participant is not None]
        again = [one.id for one in theirs if one.last_invited_at is None]
        invite_participants(db, again, by=cause_of(campaign.id), now=now)
    return move_letters(db, ids, (OutreachState.RETURNED,), OutreachState.TO_PRINT, by=by.actor, now=now)


def take_printable(db: Session, campaign: Campaign, *, now: datetime) -> list[Reached]:
    """The letters that are not posted yet. Those of no use any more are left out, unless somebody marked them as posted meanwhile.

    Somebody left, has no consent any more, or (of a reminder) has commented. Whoever has no postal address that works any more, for
    example since their entry was merged into one without, gets the mail instead, or is called.
    """
    lock(db, campaign)  # or somebody notes between reading and writing that one was posted
    rows = reads.list_reached(db, campaign.id, OutreachWay.LETTER, NOT_POSTED, limit=None)
    dead = reads.dead_contacts(db, [one.entry.id for one in rows])
    open_ = _still_hear(db, campaign, rows)
    wanted = [one for one in open_ if rules.is_letter_possible(one.entry, dead=dead[one.entry.id])]
    printed = {one.outreach.recipient_id for one in wanted}
    others = [one for one in open_ if one.outreach.recipient_id not in printed]
    called, mailed = _reach_otherwise(db, campaign, others, dead, now=now)
    over = [one for one in rows if one.outreach.recipient_id not in printed | called]
    _leave_out(db, campaign, over, hear=mailed, now=now)
    return wanted


def _leave_out(db: Session, campaign: Campaign, rows: Sequence[Reached], *, hear: set[int], now: datetime) -> None:
    """Some letters are of no use any more, unless somebody marked them as posted meanwhile.

    Whoever does not hear of it otherwise is not invited by them: nobody makes them again, but whoever gets mail by now can be
    invited by it.
    """
    ids = sorted(one.outreach.recipient_id for one in rows)
    move_letters(db, ids, NOT_POSTED, OutreachState.LEFT_OUT, by=None, now=now)
    theirs = {one.outreach.recipient_id: one.participant.id for one in rows if one.participant is not None}
    gone = sorted(theirs.keys() - hear)
    o = Outreach
    for begin in range(0, len(gone), CHUNK):
        part = o.recipient_id.in_(gone[begin : begin + CHUNK]), o.state == OutreachState.LEFT_OUT
        uninvite(db, campaign, [theirs[one] for one in db.scalars(select(o.recipient_id).where(*part))])


def _still_hear(db: Session, campaign: Campaign, rows: Sequence[Reached]) -> list[Reached]:
    """Who of some still hears of a campaign, in whatever way."""
    window, done = newest_window(db, consultation_of(db, campaign).id), set[int]()
    if campaign.is_for_silent and window is not None:
        done = took_part_among(db, [one.participant.id for one in rows if one.participant], window)
    left, news = reads.left_here(db, campaign, [one.entry for one in rows]), campaign.kind is CampaignKind.NEWS
    return [
        one
        for one in rows
        if rules.may_be_reached(one.entry, one.participant, news=news)
        and one.entry.id not in left
        and not (one.participant is not None and one.participant.id in done)
    ]


def _reach_otherwise(
    db: Session, campaign: Campaign, rows: Sequence[Reached], dead: Mapping[int, Collection[str]], *, now: datetime
) -> tuple[set[int], set[int]]:
    """Queue the mail in place of some letters, or have a call made. Returns the places on the list of those who are called, and of
    those whom a mail reaches: this one, or one that their mailbox gets anyhow.
    """
    mails, called, mailed, written = [], set(), set(), list(queries.read_words(db, campaign.id))
    have = _have_it(db, campaign, rows)
    for one in rows:
        why = way_to(one.entry, dead=dead[one.entry.id])
        if why in WAYS:
            _move(db, one.outreach, WAYS[why], OutreachState.TO_SPEAK, now=now)
            called.add(one.outreach.recipient_id)
        elif why is None and one.participant is not None:
            mailed.add(one.outreach.recipient_id)
            if one.outreach.recipient_id not in have:
                mails.append(_mail(campaign, one, one.participant, written))
    db.flush()
    queue_mails(db, mails, now=now)
    return called, mailed


def reach_without_number(db: Session, campaign: Campaign, one: Reached, *, now: datetime) -> None:
    """Queue the mail to somebody whose number is gone, or put a letter in line; nothing where neither would arrive, the campaign does
    not go out now, or they hear of it no more. The campaign and the row are locked by the caller.
    """
    if not permits(check_may_reach, db, campaign, now=now) or not _still_hear(db, campaign, [one]):
        return
    why = way_to(one.entry, dead=reads.dead_contacts(db, [one.entry.id])[one.entry.id])
    if why is WhyNot.BY_LETTER:
        _move(db, one.outreach, OutreachWay.LETTER, OutreachState.TO_PRINT, now=now)
    elif why is None and one.participant is not None:
        if one.outreach.recipient_id not in _have_it(db, campaign, [one]):
            mail = _mail(campaign, one, one.participant, list(queries.read_words(db, campaign.id)))
            queue_mails(db, [mail], now=now)
        _move(db, one.outreach, one.outreach.way, OutreachState.LEFT_OUT, now=now)
    db.flush()


def _move(db: Session, outreach: Outreach, way: OutreachWay, state: OutreachState, *, now: datetime) -> None:
    """Let somebody be reached in another way, by itself."""
    outreach.way, outreach.state, outreach.changed_at = way, state, now
    db.add(
        OutreachStep(recipient_id=outreach.recipient_id, way=way, state=state, by=None, at=now, on_day=None, note="")
    )


def _have_it(db: Session, campaign: Campaign, rows: Sequence[Reached]) -> set[int]:
    """Of some, the places on the list of those whose mailbox gets the mail anyhow, or whom another invitation reached before they
    were merged.
    """
    reached = mailboxes_reached(db, campaign, [one.entry.email for one in rows if one.entry.email])
    have = {one.outreach.recipient_id for one in rows if one.entry.email.casefold() in reached}
    if campaign.kind is CampaignKind.INVITATION:
        own = [one.participant.id for one in rows if one.participant is not None]
        invited = queries_turns.invited_already(db, campaign, [one.entry.id for one in rows], besides=own)
        have |= {one.outreach.recipient_id for one in rows if one.entry.id in invited}
    return have


def _mail(campaign: Campaign, one: Reached, participant: Participant, written: Collection[str]) -> Mail:
    return Mail(
        template=CAMPAIGN.name,
        person=one.entry.person_ref,
        cause=cause_of(campaign.id),
        address=one.entry.email,
        language=own_language(one.entry.language, one.entry.also_language_codes, written) or one.entry.language,
        parameters={"campaign": campaign.id, "participant": participant.id},
        priority=Priority.CAMPAIGN,
    )
