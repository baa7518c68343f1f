"""The jobs that put mails of invitations and of announcements into the outbox, a chunk a transaction."""

from consult.core import clock
from consult.core.db import writing
from consult.mailings import operations, operations_announcements, operations_sending


def queue_invitation(invitation_id: int) -> None:
    """Queue the mails of an invitation that goes out."""
    more = True
    while more:
        with writing() as db:
            more = operations.queue_recipients(db, invitation_id, now=clock.now())


def settle_mails(invitation_id: int) -> None:
    """Hold, let go or drop the mails of an invitation that was paused, gone on with or stopped."""
    more = True
    while more:
        with writing() as db:
            more = operations_sending.settle_mails(db, invitation_id, now=clock.now())


def pause_halted() -> None:
    """Pause the invitations whose mails halted by themselves."""
    with writing() as db:
        operations_sending.pause_halted(db, now=clock.now())


def queue_announcement(announcement_id: int) -> None:
    """Queue the mails of an announcement that are left."""
    more = True
    while more:
        with writing() as db:
            more = operations_announcements.queue_announcement(db, announcement_id, now=clock.now())
