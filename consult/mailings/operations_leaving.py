"""Leaving: from a consultation or from all mail, by whoever holds a mail's link; and undoing it in the same window."""

from datetime import datetime

from sqlalchemy import false, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from consult.consultations import doors
from consult.consultations.doors import Entered
from consult.consultations.leaving import is_left
from consult.consultations.models import Door, Participant
from consult.core import ids
from consult.core.refusals import permits
from consult.mail.keys import address_key
from consult.mailings import rules_leaving
from consult.mailings.models_leaving import Leaving, LeavingScope, LeavingWay
from consult.mailings.operations_leaving_news import leave_news, undo_leaving_news
from consult.mailings.operations_subscriptions import end_all, undo_all
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.operations_leaving import (
    come_back,
    drop_left,
    has_left_everywhere,
    keep_left,
    leave,
    leave_everywhere,
    undo_leave,
)

SWEPT = 5_000  # doors a sweep
HOW = "link"  # as the history of consent says it


def leave_mails(
    db: Session,
    leaver: Entered,
    scope: LeavingScope,
    *,
    way: LeavingWay,
    how: str = HOW,
    once: str = "",
    now: datetime,
) -> Leaving:
    """Send nothing more about a consultation, or nothing at all, to the mailbox that a link was mailed to.

    All who take part with that address leave together: whoever reads it has said so. At an office only news end (and lists, where
    everything was meant): its official mail is a duty. `once` is the key of the form that was
    pressed; `how` is what the history of consent says. Returns the act: the one there is, where they have left so far already,
    or pressed twice. Nothing is recorded: it is their own act.
    """
    participant, address = leaver.participant, doors.address_given(db, leaver.participant)
    if doors.is_at_office(db, participant):  # its official mail is a duty: no link ends it
        lists_too = scope is LeavingScope.EVERYTHING
        return leave_news(db, leaver, lists_too=lists_too, way=way, how=how, once=once, now=now)
    together = _here_with(db, participant, address)
    holds = all(one.left_at is not None for one in together)
    if scope is LeavingScope.EVERYTHING and address:
        on_lists = end_all(db, address_key(address), how=how, now=now)
        holds = holds and has_left_everywhere(db, address) and not on_lists
    before = _newest(db, participant, scope)
    if holds and before is not None:
        return before
    key = ids.digest(once) if once else None
    made = Leaving(participant_id=participant.id, scope=scope, way=way, once=key, at=now)
    db.add(made)
    for one in together:
        one.left_at = one.left_at or now
    if scope is LeavingScope.EVERYTHING and address:
        leave_everywhere(db, address, now=now, how=how)
    elif scope is LeavingScope.EVERYTHING and participant.address_key:  # the address itself was erased
        keep_left(db, participant.address_key, at=now)
    elif scope is LeavingScope.EVERYTHING and participant.kept_id is not None:  # no mailbox: a letter's code led here
        leave(db, db.get_one(Stakeholder, participant.kept_id), now=now, how=how)
    db.flush()
    return made


def undo_leaving(db: Session, leaver: Entered, once: str, *, now: datetime) -> Leaving:
    """Take back an act of leaving. What they had left before stays as it was.

    Returns the act.  Raises UndoOver, also for whoever did not press the button: a forwarded mail brings nobody back.
    Nothing is recorded: it is their own act.
    """
    participant, address = leaver.participant, doors.address_given(db, leaver.participant)
    together = _here_with(db, participant, address)
    query = select(Leaving).where(Leaving.participant_id == participant.id, Leaving.once == ids.digest(once))
    found = db.scalars(query.order_by(Leaving.id.desc())).first()  # sent again from the history after an undo: the last
    rules_leaving.check_undo_leaving(found, now=now)
    assert found is not None, "the rule has asked"
    if found.scope is LeavingScope.NEWS:
        undo_leaving_news(db, leaver, found, how=HOW, now=now)
    for one in together:
        if one.left_at == found.at:
            one.left_at = None
    if found.scope is LeavingScope.EVERYTHING and address:
        come_back(db, address, left_at=found.at, now=now, how=HOW)
        undo_all(db, address_key(address), ended_at=found.at, how=HOW, now=now)
    elif found.scope is LeavingScope.EVERYTHING and participant.address_key:
        drop_left(db, participant.address_key, left_at=found.at)
        undo_all(db, participant.address_key, ended_at=found.at, how=HOW, now=now)
    elif found.scope is LeavingScope.EVERYTHING and participant.kept_id is not None:
        undo_leave(db, db.get_one(Stakeholder, participant.kept_id), left_at=found.at, now=now, how=HOW)
    found.undone_at = now
    db.flush()
    return found


def is_mail_stopped(db: Session, participant: Participant) -> bool:
    """Whether somebody who came through their door gets no mail about their consultation because they left."""
    if not permits(rules_leaving.check_resume_mail, participant):
        return False  # they may have typed the address of somebody else, of whom nothing is said
    address = doors.address_given(db, participant)
    return bool(address) and (participant.left_at is not None or is_left(db, address, participant.consultation_id))


def resume_mail(db: Session, participant: Participant, *, now: datetime) -> None:
    """Write to somebody again, about their consultation and at all, because they ask for it, having come through their door.

    Raises LinkNeeded.  Nothing is recorded: it is their own act.
    """
    rules_leaving.check_resume_mail(participant)
    address = doors.address_given(db, participant)
    together = _here_with(db, participant, address)
    for one in together:
        one.left_at = None
    if address:
        come_back(db, address, now=now, how=HOW)
    mine = Leaving.participant_id.in_([one.id for one in together])
    db.execute(update(Leaving).where(mine, Leaving.undone_at.is_(None)).values(undone_at=now))
    db.flush()


def sweep_leave_digests(db: Session, *, now: datetime) -> int:  # every sweep has this shape
    """Give doors of before there were links to leave their digest, a part a sweep. Returns how many."""
    old = db.scalars(select(Door).where(Door.leave_digest.is_(None)).limit(SWEPT)).all()
    for door in old:
        doors.keep_digests(door)
    db.flush()
    return len(old)


def _newest(db: Session, participant: Participant, scope: LeavingScope) -> Leaving | None:
    """The newest act by which somebody has left as far as they want to now."""
    query = select(Leaving).where(Leaving.participant_id == participant.id, Leaving.undone_at.is_(None))
    if scope is LeavingScope.EVERYTHING:
        query = query.where(Leaving.scope == scope)
    return db.scalars(query.order_by(Leaving.id.desc())).first()


def _here_with(db: Session, participant: Participant, address: str) -> list[Participant]:
    """A participant, and all others of the consultation who take part with the same address; locked, in order."""
    return take_part_with(db, participant.consultation_id, address, besides=participant.id)


def take_part_with(db: Session, consultation_id: int, address: str, *, besides: int | None = None) -> list[Participant]:
    """All who take part in a consultation with an address, and the participant of an id; locked, in order."""
    p, s, own, key = Participant, Stakeholder, aliased(Stakeholder), address.casefold()
    query = select(p).outerjoin(own, own.id == p.stakeholder_id)
    query = query.outerjoin(s, s.id == func.coalesce(own.merged_into, own.id))
    query = query.where(p.consultation_id == consultation_id)
    same = or_(s.email_key == key, p.email_key == key) if key else false()
    query = query.where(or_(p.id == besides, same)).order_by(p.id).with_for_update(of=p)
    found = db.scalars(query.execution_options(populate_existing=True))  # as they stand after the wait
    return list(found)
