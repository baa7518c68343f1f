"""Waking the exchange with safe once something that safe must know is kept. Losing the call loses nothing: the sweep looks."""

from sqlalchemy.orm import Session

from consult.custody import sides
from consult.jobs.queue import enqueue

EXCHANGE = "safe_desk.exchange"  # the job's name in consult/worker.py


def wake_exchange(db: Session) -> None:
    """Write what safe should know, and take what it has for us; nothing where there is no safe."""
    if sides.safe() is not None:
        enqueue(db, EXCHANGE)
