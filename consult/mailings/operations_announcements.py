"""News for participants, in chunks: each person gets one mail a cause, and no transaction is long."""

from datetime import datetime

from sqlalchemy import Select, insert, literal, select
from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.core.db import lock
from consult.jobs.queue import enqueue
from consult.mail.models import Mail, Priority
from consult.mail.operations import queue_mails
from consult.mailings.models import Announcement, AnnouncementRecipient

QUEUE = "mailings.queue_announcement"  # the job's name in consult/worker.py
CHUNK = 500  # recipients a transaction


def announce(
    db: Session, consultation_id: int, template: str, cause: str, to: Select[int], *, now: datetime
) -> Announcement:
    """Tell participants something, each once for this cause: `to` selects their ids, and fixes the list.

    The first chunk goes into the outbox at once, the rest by the worker. Returns the announcement.
    """
    made = Announcement(
        consultation_id=consultation_id, template=template, cause=cause, made_at=now, queued_until=0, finished_at=None
    )
    db.add(made)
    db.flush()
    listed = to.add_columns(literal(made.id))
    db.execute(insert(AnnouncementRecipient).from_select(["participant_id", "announcement_id"], listed))
    if queue_announcement(db, made.id, now=now):
        enqueue(db, QUEUE, made.id)
    return made


def queue_announcement(db: Session, announcement_id: int, *, now: datetime) -> bool:
    """Queue the mails of the next of the list. Returns whether some are left.

    Whoever may not be written to any more gets nothing (invariant 6). May run again after a crash, or twice at once: the outbox
    takes one mail a person and cause (invariant 5).
    """
    announcement = lock(db, db.get_one(Announcement, announcement_id))
    if announcement.finished_at is not None:
        return False
    r = AnnouncementRecipient
    query = select(r.participant_id).where(
        r.announcement_id == announcement.id, r.participant_id > announcement.queued_until
    )
    turn = list(db.scalars(query.order_by(r.participant_id).limit(CHUNK)))
    mails = [
        Mail(
            template=announcement.template,
            person=one.person,
            cause=announcement.cause,
            address=one.address,
            language=one.language,
            parameters={"participant": one.participant_id},
            priority=Priority.CAMPAIGN,
        )
        for one in doors.list_addresses(db, announcement.consultation_id, among=turn)
    ]
    queue_mails(db, mails, now=now)
    announcement.queued_until = turn[-1] if turn else announcement.queued_until
    if len(turn) < CHUNK:
        announcement.finished_at = now
    db.flush()
    return announcement.finished_at is None


def sweep_announcements(db: Session, *, now: datetime) -> int:  # every sweep has this shape
    """Wake the job for announcements whose mails are not all in the outbox. Returns how many."""
    left = db.scalars(select(Announcement.id).where(Announcement.finished_at.is_(None))).all()
    for announcement_id in left:
        enqueue(db, QUEUE, announcement_id)
    return len(left)
