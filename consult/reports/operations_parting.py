"""Undoing that two entries count as one: answers of which one of them was told in the name of both are told to the other too."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.consultations import doors
from consult.consultations.models import Consultation, Participant
from consult.core.db import lock
from consult.mail.models import WAITING, OutboxMail
from consult.mail.operations import queue_mails
from consult.mail.operations_causes import drop_mail
from consult.mailings.models_outreach import OutreachState
from consult.mailings.operations_outreach import FIRST
from consult.mailings.queries_outreach import dead_contacts, left_in
from consult.reports import queries_letters, rules_letters
from consult.reports.mails import ANSWERS_PUBLISHED, answer_mails
from consult.reports.models import FrozenReport
from consult.reports.models_letters import AnswerLetter, AnswerLetterStep
from consult.reports.operations_letters import begin_answer_letters
from consult.rounds.models import Round
from consult.stakeholders import operations_merging
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.queries_doubles import whole_of

DOORS = ("participant", "participants")  # of what a mail is made: whose doors it opens
TOLD = (OutreachState.POSTED, OutreachState.REACHED)


def undo_merge(db: Session, gone: Stakeholder, *, by: Staff, now: datetime) -> None:
    """Let a merged entry stand for itself again, and each of the two hear their own answers, unless they have.

    What waits for the kept entry no longer holds the link of the other. What went while they were one went to the kept entry.
    Raises what check_undo_merge raises, and AlreadyThere.  Records ``stakeholder.merge_undone`` (stakeholder ref, merged ref).
    """
    since, kept = gone.merged_at or now, whole_of(db, gone)
    operations_merging.undo_merge(db, gone, by=by, now=now)
    _part_mails(db, gone, kept, now=now)
    for frozen, whom in queries_letters.reports_with(db, [gone.id, kept.id]):
        lock(db, frozen)
        _tell_apart(db, frozen, gone, kept, whom, since=since, by=by, now=now)


def _part_mails(db: Session, gone: Stakeholder, kept: Stakeholder, *, now: datetime) -> None:
    """Let no mail to the kept entry open the other's door: it opens their own, or is not wanted where it was about the other alone."""
    m, p = OutboxMail, Participant
    theirs = {one.id: one for one in db.scalars(select(p).where(p.stakeholder_id == gone.id))}
    people = [kept.person_ref, *(one.person_ref for one in theirs.values())]
    for mail in db.scalars(select(m).where(m.person.in_(people), m.state.in_(WAITING)).order_by(m.id)):
        lock(db, mail)  # a worker may be taking it
        if mail.state in WAITING and mail.parameters is not None:
            _part_mail(db, mail, mail.parameters, theirs, kept, now=now)
    db.flush()


def _part_mail(
    db: Session,
    mail: OutboxMail,
    parameters: Mapping[str, Any],
    theirs: Mapping[int, Participant],
    kept: Stakeholder,
    *,
    now: datetime,
) -> None:
    whose = theirs.get(parameters.get("participant", 0))
    if (
        whose is not None and mail.person == whose.person_ref
    ):  # a link that was asked for: whoever asks again gets their own
        if mail.address == kept.email:
            drop_mail(db, mail, why="", now=now)
        return
    if whose is not None and mail.template == ANSWERS_PUBLISHED.name and _own(db, kept, whose) is None:
        drop_mail(db, mail, why="", now=now)
        return
    opens = {name: _opens(db, value, theirs, kept, now=now) for name, value in parameters.items() if name in DOORS}
    mail.parameters = {**parameters, **opens}


def _opens(db: Session, value: Any, theirs: Mapping[int, Participant], kept: Stakeholder, *, now: datetime) -> Any:
    """Whose door a mail to the kept entry opens (one, or a list): their own, where it was the other's."""
    if isinstance(value, list):
        return [_opens(db, one, theirs, kept, now=now) for one in value]
    whose = theirs.get(value)
    if whose is None:
        return value
    here = db.get_one(Consultation, whose.consultation_id)
    mine = _own(db, kept, whose) or doors.admit_stakeholder(db, here, kept, now=now)
    mine.share_invitation(whose)
    doors.door_of(db, mine)
    return mine.id


def _own(db: Session, kept: Stakeholder, whose: Participant) -> Participant | None:
    p = Participant
    own = select(p).where(p.consultation_id == whose.consultation_id, p.stakeholder_id == kept.id)
    return db.scalars(own).one_or_none()


def _tell_apart(
    db: Session,
    frozen: FrozenReport,
    gone: Stakeholder,
    kept: Stakeholder,
    whom: Sequence[Participant],
    *,
    since: datetime,
    by: Staff,
    now: datetime,
) -> None:
    """Put in line, of a report, whichever of the two has not been told; those whose turn has not come yet are told with the others."""
    rows = queries_letters.rows_by_entry(db, frozen, [gone.id, kept.id])
    told = {key for key, row in rows.items() if row.state is not OutreachState.LEFT_OUT}
    row = rows.get(gone.id)
    if row is not None and row.changed_at >= since:  # what happened with it, happened to the kept entry
        told |= {kept.id} if row.state in TOLD else set()
        told -= set() if _begin_again(db, frozen, row, gone, by=by, now=now) else {gone.id}
    row = rows.get(kept.id)
    if row is not None and row.state is OutreachState.PRINTED and row.changed_at >= since:
        _note(db, row, FIRST[row.way], by=by, now=now)  # it holds the other's words
    turn = [one.id for one in whom if one.stakeholder_id not in told]
    turn = [one for one in turn if frozen.told_at is not None or one <= frozen.told_until]
    consultation_id = db.get_one(Round, frozen.round_id).consultation_id
    queue_mails(db, answer_mails(db, consultation_id, frozen.id, turn), now=now)
    begin_answer_letters(db, frozen, turn, now=now)


def _begin_again(
    db: Session, frozen: FrozenReport, row: AnswerLetter, gone: Stakeholder, *, by: Staff, now: datetime
) -> bool:
    """Put a letter or call in line anew, as the entry itself is reached. Returns whether it is: no where it gets a mail, or nothing."""
    consultation_id = db.get_one(Round, frozen.round_id).consultation_id
    left, dead = left_in(db, consultation_id, [gone]), dead_contacts(db, [gone.id])[gone.id]
    way = rules_letters.way_of_answers(gone, (), has_left=gone.id in left, dead=dead)
    row.way = way or row.way
    _note(db, row, FIRST.get(way, OutreachState.TO_SPEAK) if way else OutreachState.LEFT_OUT, by=by, now=now)
    return way is not None


def _note(db: Session, row: AnswerLetter, state: OutreachState, *, by: Staff, now: datetime) -> None:
    row.state, row.changed_at, row.on_day = state, now, None
    db.add(AnswerLetterStep(letter_id=row.id, way=row.way, state=state, by=by.actor, at=now, on_day=None, note=""))
    db.flush()
