"""Background work of the outbox."""

from consult.core import clock
from consult.core.db import writing
from consult.mail import operations_halts
from consult.mail.delivery import post


def deliver_mails() -> None:
    """Send what is due."""
    post().deliver()


def release_halted(halt_id: int) -> None:
    """Give the mails that a halt held back their turn, now that somebody went on."""
    more = True
    while more:
        with writing() as db:
            more = operations_halts.release_halted(db, halt_id, now=clock.now())
