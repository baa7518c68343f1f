"""The job that puts an invitation's mails into the outbox, a chunk a transaction."""

from consult.core import clock
from consult.core.db import writing
from consult.mailings import operations


def queue_invitation(invitation_id: int) -> None:
    """Queue the mails of an invitation that goes out."""
    more = True
    while more:
        with writing() as db:
            more = operations.queue_recipients(db, invitation_id, now=clock.now())
