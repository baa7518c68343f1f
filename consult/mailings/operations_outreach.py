"""Letters, calls and visits of a campaign: begun with it, and what staff note of each."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit.operations import Actor
from consult.consultations import doors
from consult.consultations.doors import Entered
from consult.consultations.doors_many import admit_stakeholders
from consult.consultations.models import Consultation, Participant
from consult.consultations.queries import newest_window
from consult.core.db import lock
from consult.jobs.models import Task
from consult.jobs.operations import start_task
from consult.mail.models import Mail
from consult.mail.models_delivery import BY_OFFICER
from consult.mail.operations_delivery import prepare_deliveries
from consult.mailings import queries, queries_turns
from consult.mailings import queries_outreach as reads
from consult.mailings import rules_outreach as rules
from consult.mailings.abouts import consultation_of
from consult.mailings.mails import CAMPAIGN
from consult.mailings.models import Campaign, CampaignKind, CampaignRecipient, cause_of
from consult.mailings.models_leaving import LeavingScope, LeavingWay
from consult.mailings.models_outreach import (
    OPEN,
    Contact,
    DeadContact,
    Outreach,
    OutreachState,
    OutreachStep,
    OutreachWay,
)
from consult.mailings.operations import record_campaign
from consult.mailings.operations_leaving import leave_mails
from consult.mailings.operations_reach import invited_by, uninvite
from consult.mailings.queries_outreach import Reached
from consult.stakeholders.models import Stakeholder

MAKE = "mailings.make_letters"  # the job's name in consult/worker.py
CHUNK = 400  # recipients a transaction
FIRST = {OutreachWay.LETTER: OutreachState.TO_PRINT}  # the others: to be spoken to
HOW = {OutreachWay.PHONE: "phone", OutreachWay.IN_PERSON: "meeting"}  # as the history of consent says it


def begin_outreach(db: Session, campaign: Campaign, *, now: datetime) -> bool:
    """Let the next who get no mail take part, with a door each, and put their letters and calls in line.

    Whoever left, everything or this consultation, withdrew consent, or is invited since the list was fixed is left out. May run
    again after a crash: there is one row a recipient. News of a list goes by mail alone. Returns whether some are left.
    """
    if campaign.consultation_id is None:
        return False
    rows = reads.next_without_mail(db, campaign, CHUNK)
    if not rows:
        return False
    gone = reads.left_here(db, campaign, [entry for _id, _way, entry in rows])
    news = campaign.kind is CampaignKind.NEWS
    open_ = {e.id: e for _id, _way, e in rows if rules.may_be_reached(e, None, news=news) and e.id not in gone}
    if campaign.calls_for_comments:  # an invitation is for those who are not invited yet, a reminder for those who are
        invited = queries_turns.invited_already(db, campaign, list(open_))
        open_ = {one: entry for one, entry in open_.items() if (one in invited) is campaign.is_reminder}
    consultation = consultation_of(db, campaign)
    taking = admit_stakeholders(db, consultation, list(open_.values()), invited_by=invited_by(campaign), now=now)
    taken = reads.reached_by(db, campaign, taking.values())
    made, by_officer = [], {}
    for recipient, way, entry in rows:
        whom = taking.get(entry.id)
        whom = None if whom in taken else whom
        taken |= {whom} if whom is not None else set()
        if entry.is_protected and whom is not None:
            by_officer[entry], whom = whom, None
        state = OutreachState.LEFT_OUT if whom is None else FIRST.get(way, OutreachState.TO_SPEAK)
        made.append({"recipient_id": recipient, "campaign_id": campaign.id, "participant_id": whom, "way": way,
                     "state": state, "changed_at": now})  # fmt: skip
    db.execute(insert(Outreach), made)
    _hand_on(db, campaign, by_officer, now=now)
    return len(rows) == CHUNK


def _hand_on(db: Session, campaign: Campaign, taking: Mapping[Stakeholder, int], *, now: datetime) -> None:
    """Have an officer hand over what those get who were protected since the list was fixed: nobody here has where a letter goes."""
    mails = [
        Mail(CAMPAIGN.name, entry.person_ref, cause_of(campaign.id), BY_OFFICER, entry.language,
             {"campaign": campaign.id, "participant": participant})
        for entry, participant in taking.items()
    ]  # fmt: skip
    prepare_deliveries(db, mails, now=now)


def check_may_reach(db: Session, campaign: Campaign, *, now: datetime) -> None:
    """Raises what check_outreach raises."""
    window = newest_window(db, consultation_of(db, campaign).id)
    is_approved = queries.find_approval(db, campaign) is not None
    rules.check_outreach(campaign, window, is_approved=is_approved, now=now)


def ask_letters(
    db: Session, campaign: Campaign, kind: str, *, is_possible: bool = True, by: Staff, now: datetime
) -> Task:
    """Have the letters of a campaign made into one file. Returns the Task: the one that is at it already, for a second press.

    Raises what check_outreach and check_make_letters raise, and KindMissing where that kind of file cannot be made here.
    """
    lock(db, campaign)
    check_may_reach(db, campaign, now=now)
    rules.check_kind(is_possible=is_possible)
    subject = f"letters:{campaign.id}:"
    at_it = reads.find_at_work(db, MAKE, subject)
    waits = reads.count_reached(db, campaign)[OutreachWay.LETTER]
    count = waits.get(OutreachState.TO_PRINT, 0) + waits.get(OutreachState.PRINTED, 0)
    count += len(reads.list_returned_to_make(db, campaign))
    rules.check_make_letters(count, in_hand_of=at_it.owner if at_it else None, by=by.actor)
    if at_it is not None and at_it.subject == f"{subject}{kind}":
        return at_it
    return start_task(db, MAKE, owner=by.actor, subject=f"{subject}{kind}", next_url="", now=now)


def call_off(db: Session, entries: Sequence[int], *, now: datetime) -> None:
    """Let no letter or call to some entries go that has not gone."""
    listed = select(CampaignRecipient.id).where(CampaignRecipient.stakeholder_id.in_(entries))
    theirs = select(Participant.id).where(Participant.stakeholder_id.in_(entries))
    mine = Outreach.recipient_id.in_(listed) | Outreach.participant_id.in_(theirs)
    gone = update(Outreach).where(mine, Outreach.state.in_(OPEN))
    gone = gone.values(state=OutreachState.LEFT_OUT, on_day=None, changed_at=now)
    db.execute(gone, execution_options={"synchronize_session": False})


def mark_printed(db: Session, campaign: Campaign, printed: Sequence[int], *, by: Actor, now: datetime) -> int:
    """Note that letters are in a file that was made. Returns how many.

    What somebody marked as posted meanwhile stays so.  Records ``campaign.letters_made`` (slug, campaign ref, kind, count).
    """
    lock(db, campaign)
    waits = (OutreachState.TO_PRINT, OutreachState.PRINTED)
    count = move_letters(db, printed, waits, OutreachState.PRINTED, by=by.actor, now=now)
    record_campaign(db, "letters_made", consultation_of(db, campaign), campaign, by, count=count)
    return count


def mark_posted(
    db: Session,
    consultation: Consultation,
    campaign: Campaign,
    day: date | None,
    *,
    left: Collection[str] = (),
    today: date,
    by: Staff,
    now: datetime,
) -> int:
    """Note that letters that are printed were posted on a day, all but those `left`, by the participant's reference.

    Returns how many. Raises DayWrong, OutreachChanged where none is printed, or none but those.
    Records ``campaign.letters_posted`` (slug, campaign ref, kind, count).
    """
    lock(db, campaign)
    printed = reads.list_reached(db, campaign.id, OutreachWay.LETTER, (OutreachState.PRINTED,), limit=None)
    rows = [one for one in printed if one.participant is None or one.participant.ref not in left]
    rules.check_mark_posted(rows[0].outreach.state if rows else OutreachState.POSTED, day, today=today)
    ids = [one.outreach.recipient_id for one in rows]
    count = move_letters(db, ids, (OutreachState.PRINTED,), OutreachState.POSTED, by=by.actor, day=day, now=now)
    record_campaign(db, "letters_posted", consultation, campaign, by, count=count)
    return count


def move_letters(
    db: Session,
    ids: Sequence[int],
    among: tuple[OutreachState, ...],
    state: OutreachState,
    *,
    by: str | None,
    day: date | None = None,
    now: datetime,
) -> int:
    """Give letters a new state, those among them that are in one of these, and note it. Returns how many."""
    moved: list[int] = []
    for begin in range(0, len(ids), CHUNK):
        asked = Outreach.recipient_id.in_(ids[begin : begin + CHUNK])
        changed = update(Outreach).where(asked, Outreach.state.in_(among))
        changed = changed.values(state=state, changed_at=now, on_day=day)
        moved += db.scalars(
            changed.returning(Outreach.recipient_id), execution_options={"synchronize_session": False}
        ).all()
    if moved:
        common = {"way": OutreachWay.LETTER, "state": state, "by": by, "at": now, "on_day": day, "note": ""}
        db.execute(insert(OutreachStep), [{"recipient_id": one, **common} for one in moved])
    return len(moved)


def return_letter(
    db: Session, consultation: Consultation, campaign: Campaign, one: Reached, *, note: str, by: Staff, now: datetime
) -> None:
    """Note that a letter came back: its address takes no more letters until the entry has another, and an invitation has reached nobody.

    Raises OfficerNotes, OutreachChanged, ReturnNoteMissing.  Records ``campaign.letter_returned`` (slug, campaign ref, kind).
    """
    rules.check_note_outreach(lock(db, one.entry))
    lock(db, one.outreach)
    rules.check_return_letter(one.outreach.state, note=note)
    mark_dead(db, one.entry.id, Contact.POSTAL_ADDRESS, now=now)
    _note(db, one.outreach, OutreachState.RETURNED, by=by, day=one.outreach.on_day, note=note, now=now)
    if one.participant is not None:
        uninvite(db, campaign, [one.participant.id])
    record_campaign(db, "letter_returned", consultation, campaign, by)


def note_call(
    db: Session,
    consultation: Consultation,
    campaign: Campaign,
    one: Reached,
    said: OutreachState,
    *,
    day: date | None = None,
    everything: bool = False,
    note: str = "",
    today: date,
    by: Staff,
    now: datetime,
) -> None:
    """Note what came of a call or a visit. Whoever wants no more leaves: the consultation, or with `everything` all of it.

    Raises OfficerNotes, OutreachChanged, DayAhead.  Records ``campaign.call_noted`` (slug, campaign ref, kind, outcome).
    """
    rules.check_note_outreach(lock(db, one.entry))
    lock(db, one.outreach)
    rules.check_note_call(one.outreach.way, one.outreach.state, said, day, today=today)
    if said is OutreachState.NO_MORE:
        _leave(db, consultation, one, everything=everything, now=now)
    if said is OutreachState.WRONG_NUMBER:
        mark_dead(db, one.entry.id, Contact.PHONE, now=now)
    _note(db, one.outreach, said, by=by, day=day if said is OutreachState.NOT_REACHED else None, note=note, now=now)
    record_campaign(db, "call_noted", consultation, campaign, by, outcome=said.value)


def note_wants_letter(
    db: Session, consultation: Consultation, campaign: Campaign, one: Reached, *, by: Staff, now: datetime
) -> None:
    """Put somebody who was called, and asked for a letter, among those whose letters are to be printed.

    Raises OfficerNotes, OutreachChanged, PostalAddressMissing.  Records ``campaign.call_noted`` (slug, campaign ref, kind, outcome).
    """
    rules.check_note_outreach(lock(db, one.entry))
    lock(db, one.outreach)
    dead = reads.dead_contacts(db, [one.entry.id])[one.entry.id]
    rules.check_wants_letter(one.outreach.way, one.outreach.state, one.entry, dead=dead)
    one.outreach.way = OutreachWay.LETTER
    _note(db, one.outreach, OutreachState.TO_PRINT, by=by, day=None, note="", now=now)
    record_campaign(db, "call_noted", consultation, campaign, by, outcome="wants_letter")


def _leave(db: Session, consultation: Consultation, one: Reached, *, everything: bool, now: datetime) -> None:
    assert one.participant is not None, "whoever is called takes part"
    leaver = Entered(doors.door_of(db, one.participant), one.participant, consultation)
    scope = LeavingScope.EVERYTHING if everything else LeavingScope.CONSULTATION
    leave_mails(db, leaver, scope, way=LeavingWay.STAFF, how=HOW[one.outreach.way], now=now)


def mark_dead(db: Session, entry_id: int, what: Contact, *, now: datetime) -> None:
    """Note that an address or a number of an entry does not work. Said twice, the first counts."""
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    added = dialect.insert(DeadContact).values(stakeholder_id=entry_id, what=what, at=now)
    db.execute(added.on_conflict_do_nothing(index_elements=["stakeholder_id", "what"]))


def _note(
    db: Session, row: Outreach, state: OutreachState, *, by: Staff, day: date | None, note: str, now: datetime
) -> None:
    row.state, row.changed_at, row.on_day = state, now, day
    db.add(
        OutreachStep(
            recipient_id=row.recipient_id, way=row.way, state=state, by=by.actor, at=now, on_day=day, note=note.strip()
        )
    )
    db.flush()
