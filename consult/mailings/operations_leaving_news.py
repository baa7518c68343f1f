"""Leaving by a link that went to an office: news and lists end, and what others agreed to there; the official mail is a duty and stays."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.consultations.doors import Entered
from consult.core import ids
from consult.core.db import lock
from consult.mail.keys import address_key
from consult.mailings.models_leaving import Leaving, LeavingScope, LeavingWay
from consult.mailings.operations_subscriptions import end_all, undo_all
from consult.stakeholders.models import Basis, Consent, Purpose, Stakeholder
from consult.stakeholders.operations import THEMSELVES, Told, note_consent
from consult.stakeholders.queries_duty import entries_of, is_office


def leave_news(
    db: Session, leaver: Entered, *, lists_too: bool, way: LeavingWay, how: str, once: str, now: datetime
) -> Leaving:
    """Send no news to an office any more, of mailing lists (`lists_too`) none either.

    Other entries at its mailbox lose what they had agreed to: mail about consultations and news. Returns the act: the one there is,
    where nothing was left to end. Nothing is recorded: it is their own act.
    """
    address = doors.address_given(db, leaver.participant)
    ended = bool(address) and lists_too and bool(end_all(db, address_key(address), how=how, now=now))
    for one in _entries(db, leaver, address):
        ended = end_agreed(db, one, how=how, now=now) or ended
    query = select(Leaving).where(
        Leaving.participant_id == leaver.participant.id, Leaving.scope == LeavingScope.NEWS, Leaving.undone_at.is_(None)
    )
    before = db.scalars(query.order_by(Leaving.id.desc())).first()
    if before is not None and not ended:
        return before
    key = ids.digest(once) if once else None
    made = Leaving(participant_id=leaver.participant.id, scope=LeavingScope.NEWS, way=way, once=key, at=now)
    db.add(made)
    db.flush()
    return made


def undo_leaving_news(db: Session, leaver: Entered, left: Leaving, *, how: str, now: datetime) -> None:
    """Let what an act of leaving news ended hold again, and nothing that was ended before or since."""
    address = doors.address_given(db, leaver.participant)
    if address:
        undo_all(db, address_key(address), ended_at=left.at, how=how, now=now)
    for entry in _entries(db, leaver, address):
        agree_again(db, entry, ended_at=left.at, how=how, now=now)


def end_agreed(db: Session, entry: Stakeholder, *, how: str, now: datetime) -> bool:
    """End what an entry at an office's mailbox gets by its own yes: news, and what is no office's, official mail too.

    Returns whether there was anything to end.
    """
    lock(db, entry)
    ends = [Purpose.NEWS] if entry.news else []
    if entry.basis is Basis.CONSENT and not is_office(db, entry):
        ends.append(Purpose.CONSULTATIONS)
        entry.basis = Basis.NONE
    entry.news = False
    _keep(db, entry, ends, how, now)
    return bool(ends)


def agree_again(db: Session, entry: Stakeholder, *, ended_at: datetime, how: str, now: datetime) -> None:
    """Take back what was ended at an instant, unless they decided anew since."""
    lock(db, entry)
    ended = [purpose for purpose in (Purpose.NEWS, Purpose.CONSULTATIONS) if _newest(db, entry, purpose) == ended_at]
    if Purpose.NEWS in ended:
        entry.news = True
    if Purpose.CONSULTATIONS in ended and entry.basis is Basis.NONE:
        entry.basis = Basis.CONSENT
    _keep(db, entry, ended, how, now)


def _keep(db: Session, entry: Stakeholder, purposes: list[Purpose], how: str, now: datetime) -> None:
    if purposes:
        entry.updated_at = now
    for purpose in purposes:
        note_consent(db, entry, Told(how), by=THEMSELVES, now=now, purpose=purpose)
    db.flush()


def _newest(db: Session, entry: Stakeholder, purpose: Purpose) -> datetime | None:
    """When the newest act about a purpose was, if it was a no of their own."""
    query = select(Consent).where(Consent.stakeholder_id == entry.id, Consent.purpose == purpose)
    act = db.scalars(query.order_by(Consent.id.desc()).limit(1)).first()
    return act.at if act is not None and act.basis is Basis.NONE and act.by == THEMSELVES.actor else None


def _entries(db: Session, leaver: Entered, address: str) -> list[Stakeholder]:
    """Those at the mailbox; of who has none the entry itself: a letter's code led here."""
    if address:
        return entries_of(db, address)
    kept = leaver.participant.kept_id
    return [db.get_one(Stakeholder, kept)] if kept is not None else []
