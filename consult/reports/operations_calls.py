"""A call about answers that reaches nobody: noted, and whoever it was for is told otherwise."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.consultations.models import Consultation
from consult.consultations.rules import check_enter
from consult.core.db import lock
from consult.core.refusals import permits
from consult.mail.operations import queue_mails
from consult.mailings import queries_outreach
from consult.mailings.models_outreach import OutreachState, OutreachWay
from consult.reports import queries_letters as reads
from consult.reports import rules_letters as rules
from consult.reports.mails import answer_mails
from consult.reports.models_letters import AnswerLetterStep
from consult.reports.operations_letters import note_answers
from consult.reports.queries_letters import Answered


def note_wrong_answer_number(
    db: Session, consultation: Consultation, one: Answered, *, note: str = "", today: date, by: Staff, now: datetime
) -> None:
    """Note that a number is somebody else's, or that there is none any more. Whoever still hears of it gets the mail instead, or a
    letter, if the registry has an address that works.

    Raises OfficerNotes, OutreachChanged.  Records ``report.answers_noted`` (slug, outcome).
    """
    lock(db, consultation)
    note_answers(db, consultation, one, OutreachState.WRONG_NUMBER, note=note, today=today, by=by, now=now)
    _tell_otherwise(db, consultation, one, now=now)


def _tell_otherwise(db: Session, consultation: Consultation, one: Answered, *, now: datetime) -> None:
    """Nothing where they are in no registry, hear of it no more, withdrew all that was answered, or the doors are closed."""
    is_told = permits(check_enter, consultation) and one.letter.id in reads.may_be_told(db, consultation.id, [one])
    if one.entry is None or not is_told or not reads.read_said(db, [one]).get(one.letter.id):
        return
    dead = queries_outreach.dead_contacts(db, [one.entry.id])[one.entry.id]
    way = rules.way_of_answers(one.entry, (), has_left=False, dead=dead)
    mails = answer_mails(db, consultation.id, one.letter.frozen_id, [one.participant.id]) if way is None else []
    if way is OutreachWay.LETTER:
        one.letter.way, one.letter.state = way, OutreachState.TO_PRINT
    elif mails:
        queue_mails(db, mails, now=now)
        one.letter.state = OutreachState.LEFT_OUT
    else:
        return
    one.letter.changed_at = now
    db.add(
        AnswerLetterStep(
            letter_id=one.letter.id,
            way=one.letter.way,
            state=one.letter.state,
            by="system",
            at=now,
            on_day=None,
            note="",
        )
    )
    db.flush()
