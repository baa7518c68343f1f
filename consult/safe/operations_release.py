"""The daily release: everything in the spool goes out at once, in an order that says nothing, filled up so that its number says nothing.

One transaction empties the spool into a signed text; then the file is laid into the folder out; then the text goes. So
whatever instant the process is killed, nothing is lost and no number is used twice.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, delete, func, insert, select, update

from consult.core import crypto, exchange
from consult.core.crypto import b64
from consult.core.exchange import Between
from consult.safe import models
from consult.safe.bodies import Sealing
from consult.safe.database import SafeDatabase
from consult.safe.decoys import Memory, add_new_decoy
from consult.safe.manifests import Manifest
from consult.safe.models import BATCH_LEAST
from consult.safe.pins import Secrets

EPOCH = date(1970, 1, 1)
COUNT_CLASSES = (100, 20, 5)  # a count is reported as "at least" one of these, or as "few"


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - EPOCH).days


def is_due(day: int, is_closed: bool, manifest: Manifest, hour: int, now: datetime) -> bool:
    """Whether the day's release has not been made at its hour, or the one at closing."""
    if manifest.takes_letters() and not is_closed and now >= manifest.closes_at:
        return True
    return day < release_day(now, hour)


def release_day(now: datetime, hour: int) -> int:
    """The day, in days since 1970, of the last daily release that should have been."""
    return day_number((now - timedelta(hours=hour)).date())


def release(
    db: Connection, sealing: Sealing, memory: Memory, between: Between, secret: Secrets, *, now: datetime, hour: int
) -> int:
    """Empty the spool of a consultation into the next batch, signed, in `outgoing`. Returns its number."""
    name = sealing.manifest.name
    waiting = db.scalar(select(func.count()).select_from(models.spool).where(models.spool.c.consultation == name)) or 0
    for _ in range(filled(waiting) - waiting):
        add_new_decoy(db, sealing, memory)
    # By id: ids come from the codes, and say nothing of when
    table = models.spool
    rows = db.execute(select(table).where(table.c.consultation == name).order_by(table.c.id)).all()
    content = {
        "key": sealing.key.number,
        "decoys": b64(crypto.seal(crypto.pad(sealing.decoy_key), sealing.key.public)),
        # by this main knows, without trusting a clock, which batch holds everything up to a closing
        "manifest": db.scalar(select(models.release.c.manifest).where(models.release.c.consultation == name)),
        "root": b64(crypto.root_of(crypto.filled_leaves(crypto.leaf_of(row.inclusion) for row in rows))),
        "items": [{"id": b64(row.id), "sealed": b64(row.sealed)} for row in rows],
    }
    signed = exchange.signed_file(exchange.BATCH, between, name, sealing.release, content, secret.sign)
    db.execute(
        insert(models.outgoing).values(consultation=name, purpose=exchange.BATCH, number=sealing.release, signed=signed)
    )
    db.execute(delete(table).where(table.c.consultation == name))
    was_last = now >= sealing.manifest.closes_at
    state = {"number": sealing.release + 1, "day": release_day(now, hour), "is_closed": int(was_last)}
    db.execute(update(models.release).where(models.release.c.consultation == name).values(**state))
    return sealing.release


def filled(waiting: int) -> int:
    """The number of items that a batch of so many waiting letters has: a power of two, at least 64."""
    size = BATCH_LEAST
    while size < waiting:
        size *= 2
    return size


def report(db: Connection, name: str, events: Mapping[str, int], between: Between, secret: Secrets) -> None:
    """Tell main what happened, by kind and class, in the next report; nothing where nothing happened."""
    told = [{"code": code, "count_class": count_class(count)} for code, count in sorted(events.items()) if count]
    if not told:
        return
    table = models.release
    number = (db.scalar(select(table.c.report).where(table.c.consultation == name)) or 0) + 1
    signed = exchange.signed_file(exchange.REPORT, between, name, number, {"events": told}, secret.sign)
    db.execute(insert(models.outgoing).values(consultation=name, purpose=exchange.REPORT, number=number, signed=signed))
    db.execute(update(table).where(table.c.consultation == name).values(report=number))


def count_class(count: int) -> str:
    """A count as it may be told: never a number under 5."""
    return next((f"at least {least}" for least in COUNT_CLASSES if count >= least), "few")


def put_outgoing(database: SafeDatabase, folder: Path) -> int:
    """Lay every signed text that waits into the folder out, and drop it once it lies there. Returns how many."""
    table, laid = models.outgoing, 0
    with database.reading() as db:
        waiting = db.execute(select(table.c.consultation, table.c.purpose, table.c.number)).all()
    for row in waiting:
        here = (table.c.consultation == row.consultation, table.c.purpose == row.purpose, table.c.number == row.number)
        with database.reading() as db:
            signed = db.scalar(select(table.c.signed).where(*here))
        if signed is None:
            continue
        exchange.put(folder, row.purpose, row.consultation, row.number, signed)
        with database.writing() as db:
            db.execute(delete(table).where(*here))
        laid += 1
    return laid
