"""The jobs that put mails of campaigns and of announcements into the outbox, a chunk a transaction."""

from collections import deque
from collections.abc import Iterator

from sqlalchemy.orm import Session

from consult.core import clock
from consult.core.db import writing
from consult.jobs.steps import in_steps
from consult.mailings import operations_announcements, operations_approval, operations_queueing, operations_sending

AIM = 0.1  # seconds of a transaction: each costs something of its own, and one takes about as long as the next


def prepare_campaign(campaign_id: int) -> None:
    """Make the list of a campaign whose approval is asked for."""
    deque(preparing(campaign_id), maxlen=0)


def preparing(campaign_id: int) -> Iterator[float]:
    """The same, a transaction at a time: yields the seconds of each."""

    def prepare(db: Session, rows: int) -> bool:
        return operations_approval.prepare_campaign(db, campaign_id, most=rows, now=clock.now())

    return in_steps(prepare, operations_approval.CHUNK, AIM)


def queue_campaign(campaign_id: int) -> None:
    """Queue the mails of a campaign that goes out."""
    deque(queueing(campaign_id), maxlen=0)


def queueing(campaign_id: int) -> Iterator[float]:
    """The same, a transaction at a time: yields the seconds of each."""

    def queue(db: Session, rows: int) -> bool:
        return operations_queueing.queue_recipients(db, campaign_id, most=rows, now=clock.now())

    return in_steps(queue, operations_queueing.CHUNK, AIM)


def settle_mails(campaign_id: int) -> None:
    """Hold, let go or drop the mails of a campaign that was paused, gone on with or stopped."""
    more = True
    while more:
        with writing() as db:
            more = operations_sending.settle_mails(db, campaign_id, now=clock.now())


def pause_halted() -> None:
    """Pause the campaigns whose mails halted by themselves."""
    with writing() as db:
        operations_sending.pause_halted(db, now=clock.now())


def queue_announcement(announcement_id: int) -> None:
    """Queue the mails of an announcement that are left."""
    more = True
    while more:
        with writing() as db:
            more = operations_announcements.queue_announcement(db, announcement_id, now=clock.now())
