"""Mails that are read ahead and taken in hand one by one, as the post office does it."""

import re
from datetime import timedelta

from consult.core.db import reading
from consult.core.ready import noting
from consult.core.settings import Settings
from consult.mail.ahead import Ahead, Claimed
from consult.mail.delivery import Post
from consult.worker import MAILS
from tests.drafts.test_operations import NOON

LANGUAGES = ("en", "ar", "zh")
LEASE = timedelta(minutes=5)


def ahead_of(settings: Settings) -> Ahead:
    """What a post office has read ahead at noon."""
    made = Post(settings, MAILS).ahead
    with reading() as db:
        made.read(db, now=NOON)
    return made


def claim(ahead: Ahead) -> Claimed | None:
    """The next of it, in hand."""
    with noting() as notes:
        return ahead.claim_next(notes, lease=LEASE, now=NOON)


def plain(content: bytes) -> bytes:
    """A mail without the marks between its parts, which are made at random."""
    return re.sub(rb"={10,}\d+==", b"", content)
