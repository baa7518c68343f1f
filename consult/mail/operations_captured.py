"""Deleting the mails that a demonstration wrote to files, once they are old."""

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from consult.mail.connection import mailbox
from consult.mail.delivery import post

CAPTURED_LASTS = timedelta(days=30)


def sweep_captured(db: Session, *, now: datetime) -> int:  # every sweep has this shape
    """Delete captured mails, also one that was half written, whose file is older than 30 days. Returns how many."""
    before, gone = (now - CAPTURED_LASTS).timestamp(), 0
    folder = mailbox(post().settings)
    if not folder.is_dir():
        return 0
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # another worker was faster
            if path.suffix in (".eml", ".new") and path.stat().st_mtime < before:
                path.unlink()
                gone += 1
    return gone
