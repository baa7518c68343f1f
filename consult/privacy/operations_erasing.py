"""Erasing a protected person at once: everything that could still lead to them, in one visible list from here down."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from consult.accounts.models import SignedIn, Staff
from consult.audit import record
from consult.audit.models import JournalEntry, JournalReason
from consult.audit.operations import Actor
from consult.consultations import doors
from consult.consultations.models import Participant, participant_ref
from consult.core.db import lock
from consult.custody.models import Officer
from consult.custody.operations_presence import note_there
from consult.custody.operations_sealed import let_go
from consult.custody.rules import check_is_officer
from consult.mail.operations_delivery import drop_deliveries
from consult.mailings.operations_forgetting import forget_codes, forget_letters
from consult.mailings.operations_outreach import call_off
from consult.privacy import rules_protecting as rules
from consult.reports.operations_letters_forgetting import call_off_answers, forget_answer_letters
from consult.rounds.models import CommentDraft
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.operations import THEMSELVES, Told

QUIET = {"synchronize_session": False}


class Gone(NamedTuple):
    """Whose entry goes, where they take part, and when."""

    entry: Stakeholder
    participants: list[int]
    now: datetime


def erase_entry(db: Session, entry: Stakeholder, *, officer: Officer, by: Staff, now: datetime) -> None:
    """Erase a protected entry, at once and for ever, as an officer does it. Said twice, the first counts.

    Raises NotAnOfficer, NotProtected.  Records ``entry.erased`` (stakeholder ref).
    """
    check_is_officer(officer)
    note_there(db, by=by, now=now)
    if _erase(db, entry, Told("officer"), by=by, now=now):
        record(db, "entry.erased", by=by, stakeholder=entry.ref)


def erase_myself(db: Session, entry: Stakeholder, *, is_sure: bool, now: datetime) -> None:
    """The same, by themselves behind their door.

    Raises NotProtected, NotUnderstood.  Nothing is recorded: it is their own act, kept as leaving is.
    """
    rules.check_erase_myself(entry, is_sure=is_sure)
    _erase(db, entry, Told("link"), by=THEMSELVES, now=now)


def _erase(db: Session, entry: Stakeholder, told: Told, *, by: Actor, now: datetime) -> bool:
    rules.check_erase_entry(lock(db, entry))
    theirs = db.scalars(select(Participant.id).where(Participant.stakeholder_id == entry.id).order_by(Participant.id))
    gone = Gone(entry, list(theirs), now)
    for erase in AT_ONCE:
        erase(db, gone)
    is_first = let_go(db, entry, told, by=by, now=now)
    db.flush()
    return is_first


def _deliveries(db: Session, gone: Gone) -> None:
    people = [gone.entry.person_ref, *(participant_ref(one) for one in gone.participants)]
    drop_deliveries(db, people=people, now=gone.now)


def _letters(db: Session, gone: Gone) -> None:
    call_off(db, [gone.entry.id], now=gone.now)
    forget_letters(db, [gone.entry.id], now=gone.now)
    call_off_answers(db, [gone.entry.id], now=gone.now)
    forget_answer_letters(db, [gone.entry.id], now=gone.now)
    forget_codes(db, [gone.entry.id])


def _drafts(db: Session, gone: Gone) -> None:
    theirs = CommentDraft.participant_id.in_(gone.participants)
    db.execute(delete(CommentDraft).where(theirs), execution_options=QUIET)


def _participants(db: Session, gone: Gone) -> None:
    for participant in db.scalars(select(Participant).where(Participant.id.in_(gone.participants))).all():
        doors.replace_door(db, participant)  # nobody has the new link: the old ones lead nowhere
        own = (SignedIn.holder == participant.person_ref, SignedIn.revoked_at.is_(None))
        db.execute(update(SignedIn).where(*own).values(revoked_at=gone.now), execution_options=QUIET)
        participant.left_at = participant.left_at or gone.now
        participant.name = participant.organisation = ""
        participant.erased_at = participant.erased_at or gone.now


def _words_of_staff(db: Session, gone: Gone) -> None:
    """What was written about the code: why it was handed out, for one. Of what they agreed to no words stand here at all."""
    about = select(JournalEntry.number).where(JournalEntry.codes["stakeholder"].as_string() == gone.entry.ref)
    reasons = update(JournalReason).where(JournalReason.number.in_(about), JournalReason.text.is_not(None))
    db.execute(reasons.values(text=None), execution_options=QUIET)


# Every package that holds something of a protected person has its line; at last the copies of who they are (`let_go`).
AT_ONCE: tuple[Callable[[Session, Gone], None], ...] = (
    _deliveries,
    _letters,
    _drafts,
    _participants,
    _words_of_staff,
)
