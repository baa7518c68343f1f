"""Answers to people without e-mail: put in line when a report is published, made into a file, and what became of each."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.audit.operations import Actor
from consult.consultations import doors
from consult.consultations.models import Consultation
from consult.consultations.rules import check_enter
from consult.core.db import lock
from consult.jobs.models import Task
from consult.jobs.operations import start_task
from consult.mail.operations import queue_mails
from consult.mailings import queries_outreach
from consult.mailings.models_outreach import OPEN, Contact, OutreachState, OutreachWay
from consult.mailings.operations_outreach import FIRST, mark_dead
from consult.mailings.rules_outreach import (
    check_kind,
    check_make_letters,
    check_mark_posted,
    check_note_call,
    check_note_outreach,
    check_return_letter,
)
from consult.reports import queries_letters as reads
from consult.reports import rules_letters as rules
from consult.reports.mails import answer_mails
from consult.reports.models import FrozenReport
from consult.reports.models_letters import AnswerLetter, AnswerLetterStep
from consult.reports.queries_letters import Answered
from consult.rounds.models import Round

MAKE = "reports.make_answer_letters"  # the job's name in consult/worker.py
KINDS = ("docx", "pdf")  # as a Task ends: "answer_letters:7:docx"
PRINTABLE = (OutreachState.TO_PRINT, OutreachState.PRINTED)
QUIET = {"synchronize_session": False}


def begin_answer_letters(db: Session, frozen: FrozenReport, turn: Sequence[int], *, now: datetime) -> None:
    """Put in line what some authors of a report get who have no e-mail, with a door each. Entries that were merged get one.

    Not for whoever left, or has no address or number that works. To be called with the report locked.
    """
    authors = reads.authors_without_mail(db, frozen, turn)
    entries = [one.entry for one in authors if one.entry is not None]
    dead = queries_outreach.dead_contacts(db, [entry.id for entry in entries])
    left = queries_outreach.left_in(db, db.get_one(Round, frozen.round_id).consultation_id, entries)
    told = reads.entries_told(db, frozen, [entry.id for entry in entries])
    made = []
    for one in authors:
        key = one.entry.id if one.entry else None
        way = rules.way_of_answers(one.entry, one.channels, has_left=key in left, dead=dead[key] if key else ())
        if way is None or key in told:
            continue
        told |= {key} if key is not None else set()
        doors.door_of(db, one.participant)
        state = FIRST.get(way, OutreachState.TO_SPEAK)
        made.append(
            {
                "frozen_id": frozen.id,
                "participant_id": one.participant.id,
                "way": way,
                "state": state,
                "changed_at": now,
            }
        )
    if made:
        db.execute(insert(AnswerLetter), made)


def ask_answer_letters(
    db: Session, consultation: Consultation, kind: str, *, is_possible: bool = True, by: Staff, now: datetime
) -> Task:
    """Have the letters with answers made into one file. Returns the Task: the one that is at it already, for a second press.

    Raises ConsultationArchived, KindMissing, and what check_make_letters raises.
    """
    lock(db, consultation)
    check_enter(consultation)
    check_kind(is_possible=is_possible)
    subject = f"answer_letters:{consultation.id}:"
    at_it = queries_outreach.find_at_work(db, MAKE, subject)
    counts = reads.count_answered(db, consultation.id)
    check_make_letters(
        sum(counts.get(state, 0) for state in PRINTABLE), in_hand_of=at_it.owner if at_it else None, by=by.actor
    )
    if at_it is not None and at_it.subject == f"{subject}{kind}":
        return at_it
    return start_task(db, MAKE, owner=by.actor, subject=f"{subject}{kind}", next_url="", now=now)


def take_printable(db: Session, consultation: Consultation, *, now: datetime) -> list[Answered]:
    """The letters that are not posted yet. Those of no use any more are left out.

    Somebody left, or withdrew all that was answered. Whoever has no postal address that works any more, for example since their
    entry was merged into one without, gets the mail instead, or is called.
    """
    lock(db, consultation)  # or somebody notes between reading and writing that one was posted
    rows = reads.list_answered(db, consultation.id, (OutreachWay.LETTER,), PRINTABLE, limit=None)
    may, said = reads.may_be_told(db, consultation.id, rows), reads.read_said(db, rows)
    dead = queries_outreach.dead_contacts(db, [one.entry.id for one in rows if one.entry])
    wanted, over, otherwise = [], [], []
    for one in rows:
        if one.letter.id not in may or not said.get(one.letter.id):
            over.append(one.letter.id)
        elif rules.is_letter_possible(one.entry, dead=dead[one.entry.id] if one.entry else ()):
            wanted.append(one)
        else:
            otherwise.append(one)
    over += _reach_otherwise(db, consultation, otherwise, dead, now=now)
    leave_out(db, over, now=now)
    return wanted


def _reach_otherwise(
    db: Session,
    consultation: Consultation,
    rows: Sequence[Answered],
    dead: Mapping[int, Collection[str]],
    *,
    now: datetime,
) -> list[int]:
    """Queue the mail in place of some letters, or have a call made. Returns the ids of the letters that nobody calls about."""
    left: dict[int, list[Answered]] = {}
    for one in rows:
        way = rules.way_of_answers(one.entry, (), has_left=False, dead=dead[one.entry.id] if one.entry else ())
        if way is None:
            left.setdefault(one.letter.frozen_id, []).append(one)
            continue
        one.letter.way, one.letter.state, one.letter.changed_at = way, OutreachState.TO_SPEAK, now
        db.add(
            AnswerLetterStep(
                letter_id=one.letter.id,
                way=way,
                state=OutreachState.TO_SPEAK,
                by="system",
                at=now,
                on_day=None,
                note="",
            )
        )
    db.flush()
    for frozen_id, theirs in left.items():
        whom = [one.participant.id for one in theirs]
        queue_mails(db, answer_mails(db, consultation.id, frozen_id, whom), now=now)
    return [one.letter.id for theirs in left.values() for one in theirs]


def leave_out(db: Session, ids: Sequence[int], *, now: datetime) -> None:
    """Let letters and calls be that are of no use any more, unless somebody noted meanwhile that they are over."""
    for begin in range(0, len(ids), reads.PART):
        some = AnswerLetter.id.in_(ids[begin : begin + reads.PART]) & AnswerLetter.state.in_(OPEN)
        gone = update(AnswerLetter).where(some).values(state=OutreachState.LEFT_OUT, on_day=None, changed_at=now)
        db.execute(gone, execution_options=QUIET)


def mark_answers_printed(
    db: Session, consultation: Consultation, ids: Sequence[int], *, by: Actor, now: datetime
) -> int:
    """Note that letters are in a file that was made. Returns how many; what was marked as posted meanwhile stays so.

    Records ``report.letters_made`` (slug, count).
    """
    lock(db, consultation)
    count = _move(db, ids, PRINTABLE, OutreachState.PRINTED, by=by, day=None, now=now)
    record(db, "report.letters_made", by=by, consultation=consultation.slug, count=count)
    return count


def mark_answers_posted(
    db: Session, consultation: Consultation, day: date | None, *, today: date, by: Staff, now: datetime
) -> int:
    """Note that all letters with answers that are printed were posted on a day. Returns how many.

    Raises DayWrong, OutreachChanged where none is printed.  Records ``report.letters_posted`` (slug, count).
    """
    lock(db, consultation)
    rows = reads.list_answered(db, consultation.id, (OutreachWay.LETTER,), (OutreachState.PRINTED,), limit=None)
    check_mark_posted(rows[0].letter.state if rows else OutreachState.POSTED, day, today=today)
    ids = [one.letter.id for one in rows]
    count = _move(db, ids, (OutreachState.PRINTED,), OutreachState.POSTED, by=by, day=day, now=now)
    record(db, "report.letters_posted", by=by, consultation=consultation.slug, count=count)
    return count


def _move(
    db: Session,
    ids: Sequence[int],
    among: tuple[OutreachState, ...],
    state: OutreachState,
    *,
    by: Actor,
    day: date | None,
    now: datetime,
) -> int:
    moved: list[int] = []
    for begin in range(0, len(ids), reads.PART):
        some = AnswerLetter.id.in_(ids[begin : begin + reads.PART]) & AnswerLetter.state.in_(among)
        changed = update(AnswerLetter).where(some).values(state=state, on_day=day, changed_at=now)
        moved += db.scalars(changed.returning(AnswerLetter.id), execution_options=QUIET)
    if moved:
        common = {"way": OutreachWay.LETTER, "state": state, "by": by.actor, "at": now, "on_day": day, "note": ""}
        db.execute(insert(AnswerLetterStep), [{"letter_id": one, **common} for one in sorted(moved)])
    return len(moved)


def note_answers(
    db: Session,
    consultation: Consultation,
    one: Answered,
    said: OutreachState,
    *,
    day: date | None = None,
    note: str = "",
    today: date,
    by: Staff,
    now: datetime,
) -> None:
    """Note what became of one: a letter was posted or came back, somebody was told, could not be reached, or is somebody else.

    Raises OfficerNotes, OutreachChanged, DayWrong, DayAhead, ReturnNoteMissing.  Records ``report.answers_noted`` (slug, outcome).
    """
    check_note_outreach(lock(db, one.entry) if one.entry else None)
    row = lock(db, one.letter)
    if said is OutreachState.POSTED:
        check_mark_posted(row.state, day, today=today)
    elif said is OutreachState.RETURNED:
        check_return_letter(row.state, note=note)
        day = row.on_day
    else:
        check_note_call(row.way, row.state, said, day, today=today)
        day = day if said is OutreachState.NOT_REACHED else None
    broken = {OutreachState.RETURNED: Contact.POSTAL_ADDRESS, OutreachState.WRONG_NUMBER: Contact.PHONE}.get(said)
    if broken and one.entry:
        mark_dead(db, one.entry.id, broken, now=now)
    _note(db, row, said, by=by, day=day, note=note, now=now)
    record(db, "report.answers_noted", by=by, consultation=consultation.slug, outcome=said.value)


def note_wants_answer_letter(
    db: Session, consultation: Consultation, one: Answered, *, by: Staff, now: datetime
) -> None:
    """Put somebody who was called, and asked for a letter, among those whose letters are to be printed.

    Raises OfficerNotes, OutreachChanged, PostalAddressMissing.  Records ``report.answers_noted`` (slug, outcome).
    """
    check_note_outreach(lock(db, one.entry) if one.entry else None)
    row = lock(db, one.letter)
    dead = queries_outreach.dead_contacts(db, [one.entry.id])[one.entry.id] if one.entry else set[str]()
    rules.check_wants_answer_letter(row.way, row.state, one.entry, dead=dead)
    row.way = OutreachWay.LETTER
    _note(db, row, OutreachState.TO_PRINT, by=by, day=None, note="", now=now)
    record(db, "report.answers_noted", by=by, consultation=consultation.slug, outcome="wants_letter")


def _note(
    db: Session, row: AnswerLetter, state: OutreachState, *, by: Staff, day: date | None, note: str, now: datetime
) -> None:
    row.state, row.changed_at, row.on_day = state, now, day
    db.add(
        AnswerLetterStep(letter_id=row.id, way=row.way, state=state, by=by.actor, at=now, on_day=day, note=note.strip())
    )
    db.flush()
