"""What letters and calls with answers hold about somebody, erased: the words noted, and files with their letter."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from consult.consultations.models import Participant
from consult.jobs.models import Task
from consult.mailings.models_outreach import OPEN
from consult.reports.models import FrozenReport
from consult.reports.models_letters import AnswerLetter, AnswerLetterStep
from consult.reports.operations_letters import KINDS, MAKE, QUIET, leave_out
from consult.reports.queries_letters import own, whole
from consult.rounds.models import Round

a, p, t = AnswerLetter, Participant, AnswerLetterStep


def _of(entries: Sequence[int]) -> Select[int]:
    """The ids of the participants of some entries, and of those merged into them."""
    return select(p.id).join(own, own.id == p.stakeholder_id).where(whole.in_(entries) | own.id.in_(entries))


def answers_noted_about() -> Select[int]:
    """The ids of entries about whose letters or calls with answers something was noted in words."""
    query = select(whole).select_from(t).join(a, a.id == t.letter_id).join(p, p.id == a.participant_id)
    return query.join(own, own.id == p.stakeholder_id).where(t.note != "")


def list_open_of(db: Session, entries: Sequence[int]) -> list[tuple[int, int]]:
    """(report, participant) of the letters and calls to some entries that have not gone, by their ids."""
    query = select(a.frozen_id, a.participant_id).where(a.participant_id.in_(_of(entries)), a.state.in_(OPEN))
    return [(row[0], row[1]) for row in db.execute(query.order_by(a.id))]


def call_off_answers(db: Session, entries: Sequence[int], *, now: datetime) -> None:
    """Let no letter or call with answers to some entries go that has not gone."""
    query = select(a.id).where(a.participant_id.in_(_of(entries)), a.state.in_(OPEN))
    leave_out(db, list(db.scalars(query)), now=now)


def forget_answer_letters(db: Session, entries: Sequence[int], *, now: datetime) -> None:
    """Erase what was noted about letters and calls with answers to some entries, and let files that hold their letters go.

    That there was one stays, and how it ended. A file goes with the next sweep, and nobody fetches it meanwhile.
    """
    _forget(db, list(db.scalars(_of(entries))), now=now)


def forget_answers_of(db: Session, participants: Sequence[int], *, now: datetime) -> None:
    """The same of participants who are in no registry: no letter or call of theirs goes any more, and nothing noted of one stays."""
    waiting = select(a.id).where(a.participant_id.in_(participants), a.state.in_(OPEN))
    leave_out(db, list(db.scalars(waiting)), now=now)
    _forget(db, participants, now=now)


def _forget(db: Session, theirs: Sequence[int], *, now: datetime) -> None:
    forget_answer_notes(db, theirs)
    held = select(Round.consultation_id).join(FrozenReport, FrozenReport.round_id == Round.id)
    held = held.join(a, a.frozen_id == FrozenReport.id).where(a.participant_id.in_(theirs)).distinct()
    subjects = [f"answer_letters:{one}:{kind}" for one in db.scalars(held) for kind in KINDS]
    files = (Task.kind == MAKE, Task.subject.in_(subjects), Task.result_key.is_not(None))
    db.execute(update(Task).where(*files).values(expires_at=now), execution_options=QUIET)


def forget_answer_notes(db: Session, participants: Sequence[int]) -> None:
    """Erase what was noted in words about letters and calls with answers to some participants."""
    noted = t.letter_id.in_(select(a.id).where(a.participant_id.in_(participants)))
    db.execute(update(t).where(noted, t.note != "").values(note=""), execution_options=QUIET)
