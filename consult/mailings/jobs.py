"""The jobs that put mails of campaigns and of announcements into the outbox, a chunk a transaction."""

from consult.core import clock
from consult.core.db import writing
from consult.mailings import operations_announcements, operations_approval, operations_queueing, operations_sending


def prepare_campaign(campaign_id: int) -> None:
    """Make the list of a campaign whose approval is asked for."""
    more = True
    while more:
        with writing() as db:
            more = operations_approval.prepare_campaign(db, campaign_id, now=clock.now())


def queue_campaign(campaign_id: int) -> None:
    """Queue the mails of a campaign that goes out."""
    more = True
    while more:
        with writing() as db:
            more = operations_queueing.queue_recipients(db, campaign_id, now=clock.now())


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
