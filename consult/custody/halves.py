"""The sealed halves of consultation keys: files in a folder of their own, outside of database, file store and backup."""

import os
import secrets
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.db import after_commit
from consult.core.exchange import sync_folder
from consult.custody import sides
from consult.custody.models import HalfCopy

UNWANTED_AFTER = 86_400.0  # seconds


def keep_half(folder: Path, content: str) -> str:
    """Write a half, synced, readable by its owner only. Returns its name."""
    name = secrets.token_hex(16)
    descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
    sync_folder(folder)
    return name


def drop_half(db: Session, folder: Path, name: str) -> None:
    """Delete a half once the transaction is kept; the sweep does it where we die before."""

    def unlink() -> None:
        with suppress(FileNotFoundError):
            (folder / name).unlink()

    after_commit(db, unlink)


def sweep_halves(db: Session, *, now: datetime) -> int:
    """Delete halves that no row names: they are confirmed, or their opening was never kept. Returns how many."""
    safe = sides.safe()
    if safe is None:
        return 0
    named = set(db.scalars(select(HalfCopy.file_name).where(HalfCopy.file_name.is_not(None))))
    confirmed_gone = 0
    for path in safe.halves.iterdir():
        if path.name not in named and path.stat().st_mtime < time.time() - UNWANTED_AFTER:
            path.unlink()
            confirmed_gone += 1
    return confirmed_gone
