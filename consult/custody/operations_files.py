"""Files for safe: kept with their row, then laid into the folder. Of manifest, answers and cells the highest number counts."""

import hashlib
from contextlib import suppress
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.consultations.models import Consultation
from consult.core import crypto, exchange
from consult.core.db import lock
from consult.core.files import store
from consult.custody import queries
from consult.custody.models import SafeFile
from consult.custody.sides import Safe

KIND = "for-safe"  # of files in the store
MANY = 2**31 - 1


def to_the_minute(instant: datetime) -> datetime:
    """An instant as it may be kept of the exchange."""
    return instant.replace(second=0, microsecond=0)


def keep_for_safe(
    db: Session, safe: Safe, consultation: Consultation, purpose: str, content: dict[str, object]
) -> SafeFile | None:
    """Sign what safe should know, under the next number, where it differs from what it was told last.

    Returns the row, to be laid by `lay_files`; None where nothing changed.
    """
    lock(db, consultation)
    digest = hashlib.sha256(crypto.as_json(content)).hexdigest()
    before = queries.newest_file(db, consultation.id, purpose)
    if before is not None and before.digest == digest:
        return None
    number = before.number + 1 if before else 1
    text = exchange.signed_file(purpose, safe.between, consultation.slug, number, content, safe.our_secret)
    return keep_signed(db, consultation, purpose, number, text, digest=digest)


def keep_signed(
    db: Session, consultation: Consultation, purpose: str, number: int, text: str, *, digest: str = ""
) -> SafeFile:
    """Keep a text that is signed already, ours or an officer's, for laying. Returns the row."""
    made = SafeFile(
        consultation_id=consultation.id,
        purpose=purpose,
        number=number,
        digest=digest or hashlib.sha256(text.encode()).hexdigest(),
        file_key=store().keep(text.encode(), kind=KIND),
    )
    db.add(made)
    db.flush()
    return made


def lay_files(db: Session, safe: Safe, *, now: datetime) -> int:
    """Lay every file that waits into the folder, and take those away that it replaces. Returns how many were laid.

    A worker that dies in between lays it again: the same bytes under the same name.
    """
    waiting = queries.list_to_lay(db)
    for row in waiting:
        consultation = db.get_one(Consultation, row.consultation_id)
        if row.file_key is not None:
            text = store().read(row.file_key).decode()
            exchange.put(safe.folder_in, row.purpose, consultation.slug, row.number, text)
        row.laid_at = to_the_minute(now)
        _drop_older(db, safe, consultation, row)
    db.flush()
    return len(waiting)


def _drop_older(db: Session, safe: Safe, consultation: Consultation, newest: SafeFile) -> None:
    take_back(db, safe, consultation, newest.purpose, before=newest.number)


def take_back(db: Session, safe: Safe, consultation: Consultation, purpose: str, *, before: int = MANY) -> None:
    """Take files of a purpose out of the folder, and let go of what we keep of them: all, or those before a number."""
    query = select(SafeFile).where(
        SafeFile.consultation_id == consultation.id,
        SafeFile.purpose == purpose,
        SafeFile.number < before,
        SafeFile.file_key.is_not(None),
    )
    for row in db.scalars(query):
        name = f"{row.purpose}-{consultation.slug}-{row.number:06d}.signed"
        with suppress(OSError):  # safe may have taken it away already, or hold the folder itself
            (safe.folder_in / name).unlink(missing_ok=True)
        row.file_key = None  # its file is swept: nothing is deleted before we know that this is kept
