"""Waking the worker for the outbox. Below its operations, for all of them do it."""

from sqlalchemy.orm import Session

from consult.jobs.queue import enqueue

DELIVER = "mail.deliver"  # the job's name in consult/worker.py
HALTED = "mail.halted"  # likewise: a campaign halted, and whoever sent it should see why
RELEASE = "mail.release_halted"  # likewise: its mails get their turn again


def wake(db: Session) -> None:
    """Wake the worker for the outbox once the transaction is kept; once a transaction, however many mails it queued."""
    if not db.info.get("mail woken"):
        db.info["mail woken"] = True
        enqueue(db, DELIVER)
