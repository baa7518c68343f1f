"""Fetching what came back from a mailbox: each message taken like one that a mail server hands over."""

import logging
import threading
from collections import Counter
from datetime import datetime

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from consult.core import clock
from consult.core.db import writing
from consult.core.settings import Settings
from consult.jobs.queue import enqueue
from consult.mail.delivery import post
from consult.mail.imap import TROUBLE, Mailbox
from consult.mail.operations_bounces import Ingested
from consult.mailings.operations_ingest import take_message

log = logging.getLogger("consult.mail")

FETCH = "mailings.fetch_messages"  # the job's name in consult/worker.py
FETCH_MAX = 500  # messages a run; the next sweep goes on

_turn = threading.Lock()


def fetch_messages(settings: Settings) -> "Counter[Ingested | None]":
    """Take the messages in the mailbox that nobody marked. Returns how many were what; None: set aside for a person.

    A message is marked once what it said is kept: after a crash it is taken again, and changes nothing more. One that cannot be
    taken is set aside and holds up no other. One thread of a process at a time: a mailbox that is silent keeps no second one.
    Raises what `consult.mail.imap.TROUBLE` names, and OperationalError where our own database fails: then it stays unmarked.
    """
    counts: Counter[Ingested | None] = Counter()
    if not _turn.acquire(blocking=False):
        return counts
    try:
        with Mailbox(settings) as box:
            for number in box.list_new(FETCH_MAX):
                raw = box.read(number)
                if raw is None:
                    continue
                taken = _taken(raw, settings)
                box.mark(number, for_a_person=taken is None)
                counts[taken] += 1
    finally:
        _turn.release()
    return counts


def _taken(raw: bytes, settings: Settings) -> Ingested | None:
    """What a message was, kept; None where it made us stumble."""
    try:
        with writing() as db:
            return take_message(db, raw, settings, now=clock.now())
    except OperationalError:
        raise
    except Exception as problem:  # whatever a stranger wrote: by its kind only, for its words may name people
        log.error("a message that came back cannot be taken: %s", type(problem).__name__)
        return None


def fetch_quietly() -> None:
    """The job: fetch, and log what the mailbox said where it failed. The next sweep tries again."""
    try:
        counts = fetch_messages(post().settings)
    except TROUBLE as problem:
        log.warning("the mailbox for bounces cannot be read: %s", type(problem).__name__)
        return
    if counts:
        log.info("messages that came back: %s", ", ".join(f"{kind or 'set aside'} {n}" for kind, n in counts.items()))


def sweep_fetching(db: Session, *, now: datetime) -> int:  # every sweep has this shape
    """Wake the job where there is a mailbox to fetch from. Returns 0: nothing was left lying."""
    if post().settings.imap_host:
        enqueue(db, FETCH)
    return 0
