"""What main laid into the folder in: manifests, published answers, the officers' cells. A file counts by its signature and
number alone; one that is replayed, reordered, cut short or signed by somebody else changes nothing, and is reported.
"""

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from consult.core import crypto, exchange
from consult.core.crypto import Unreadable
from consult.core.exchange import ANSWERS, CELLS, MANIFEST, Between, Found
from consult.safe import models
from consult.safe.bodies import Sealing
from consult.safe.manifests import CLOSED, Manifest, grows, key_for, read_manifest, read_opening, read_stop
from consult.safe.models import ID
from consult.safe.operations_release import release_day
from consult.safe.pins import Pins

Releasing = Callable[[Connection, Sealing], object]


@dataclass(frozen=True, slots=True)
class Reading:
    """With whose keys files are read, and what is done before a key changes."""

    between: Between
    pins: Pins
    release: Releasing
    hour: int
    now: datetime


def take_file(db: Connection, found: Found, reading: Reading, events: Counter[str]) -> bool:
    """Take one file into the database, if its number is higher than the last taken. Returns whether anything changed.

    A file that is not what it should be is counted in `events`, once, and changes nothing.
    """
    table = models.release
    state = db.execute(select(table).where(table.c.consultation == found.consultation)).one_or_none()
    last = getattr(state, _column(found.purpose)) if state else 0
    if found.number <= last or (state is None and found.purpose != MANIFEST):
        return False
    try:
        text = found.text()
    except Unreadable:
        text = ""
    try:
        _TAKERS[found.purpose](db, found, text, reading)
    except Unreadable:
        _count_refused(db, found, text, events)
        return False
    done = update(table).where(table.c.consultation == found.consultation)
    db.execute(done.values({_column(found.purpose): found.number}))
    return True


def _column(purpose: str) -> str:
    return {MANIFEST: "manifest", ANSWERS: "answers", CELLS: "cells"}[purpose]


def _count_refused(db: Connection, found: Found, text: str, events: Counter[str]) -> None:
    """Count a refused file, once whatever it is called."""
    digest = hashlib.sha256(f"{found.purpose}\n{text}".encode()).digest()[:ID]
    new = upsert(models.refused_file).values(digest=digest, consultation=found.consultation)
    if db.execute(new.on_conflict_do_nothing()).rowcount:
        events["refused_file"] += 1


def _take_manifest(db: Connection, found: Found, text: str, reading: Reading) -> None:
    content = exchange.opened_file(
        text, MANIFEST, reading.between, found.consultation, found.number, [reading.pins.main]
    )
    as_json = crypto.as_json(content).decode()
    manifest = read_manifest(as_json)
    opening, stops = _checked_keys(db, content, manifest.name, reading)
    _begin(db, manifest, reading)
    _change_keys(db, manifest, opening, stops, reading)
    values = {"number": manifest.number, "content": as_json}
    kept = upsert(models.manifest).values(consultation=manifest.name, **values)
    db.execute(kept.on_conflict_do_update(index_elements=["consultation"], set_=values))
    if reading.now < manifest.closes_at and manifest.state != CLOSED:
        table = models.release  # more time was given: there will be another release at closing
        db.execute(update(table).where(table.c.consultation == manifest.name).values(is_closed=0))


def _checked_keys(db: Connection, content: dict[str, Any], name: str, reading: Reading) -> tuple[str, str]:
    """The opening and the stops, as JSON, as the officers' own signatures let them be. Raises Unreadable."""
    signers = reading.pins.signers
    opening = read_opening(str(content.get("opening")), reading.between, name, signers)
    stops = [read_stop(str(one), reading.between, name, signers) for one in content.get("stops") or []]
    named = opening.get("officers")
    if not named or not set(named) <= {officer.fingerprint for officer in reading.pins.officers}:
        raise Unreadable
    known = db.execute(select(models.pinned).where(models.pinned.c.consultation == name)).one_or_none()
    if known is not None:
        if not grows(json.loads(known.opening), opening):
            raise Unreadable
        # Main cannot take back what an officer stopped by leaving it out
        stops = [*(one for one in json.loads(known.stops) if one not in stops), *stops]
    return crypto.as_json(opening).decode(), crypto.as_json(stops).decode()


def _begin(db: Connection, manifest: Manifest, reading: Reading) -> None:
    """The row of a consultation's exchange, made when its first manifest comes."""
    row = {
        "number": 1,
        "day": release_day(reading.now, reading.hour),
        "is_closed": 0,
        "decoy_key": secrets.token_bytes(32),
        **dict.fromkeys(("manifest", "answers", "cells", "report"), 0),
    }
    db.execute(upsert(models.release).values(consultation=manifest.name, **row).on_conflict_do_nothing())


def _change_keys(db: Connection, manifest: Manifest, opening: str, stops: str, reading: Reading) -> None:
    """Pin what the keys have grown to. What waits under a key that ends goes out first, under that key."""
    known = db.execute(select(models.pinned).where(models.pinned.c.consultation == manifest.name)).one_or_none()
    state = db.execute(select(models.release).where(models.release.c.consultation == manifest.name)).one()
    if known is not None:
        before = key_for(known.opening, known.stops, state.number)
        after = key_for(opening, stops, state.number)
        waits = db.execute(select(models.spool.c.id).where(models.spool.c.consultation == manifest.name)).first()
        if before is not None and waits and (after is None or after.number != before.number):
            reading.release(db, Sealing(manifest, before, state.number, state.decoy_key))
    values = {"opening": opening, "stops": stops}
    kept = upsert(models.pinned).values(consultation=manifest.name, **values)
    db.execute(kept.on_conflict_do_update(index_elements=["consultation"], set_=values))


def _take_answers(db: Connection, found: Found, text: str, reading: Reading) -> None:
    """All published answers to comments that came through us, in the place of those of before."""
    content = exchange.opened_file(
        text, ANSWERS, reading.between, found.consultation, found.number, [reading.pins.main]
    )
    try:
        rows = [
            {
                "consultation": found.consultation,
                "ref": str(one["ref"])[:40],
                "outcome": str(one["outcome"])[:40],
                "reason": json.dumps({str(code): str(said) for code, said in (one.get("reason") or {}).items()}),
            }
            for one in content["answers"]
            if one.get("published") is True
        ]
    except (KeyError, TypeError, AttributeError) as problem:
        raise Unreadable from problem
    db.execute(delete(models.published).where(models.published.c.consultation == found.consultation))
    if rows:
        db.execute(upsert(models.published).on_conflict_do_nothing(), rows)


def _take_cells(db: Connection, found: Found, text: str, reading: Reading) -> None:
    """A fresh cell for every receipt, in the order of ids: an officer's where there is one, and one that nobody can open elsewhere."""
    content = exchange.opened_file(text, CELLS, reading.between, found.consultation, found.number, reading.pins.signers)
    given = content.get("cells")
    try:
        cells = {crypto.unb64(one, ID): crypto.unb64(cell, crypto.CELL) for one, cell in given or []}
    except (TypeError, ValueError) as problem:
        raise Unreadable from problem
    if list(cells) != sorted(cells):
        raise Unreadable
    table = models.receipt
    ids = db.scalars(select(table.c.id).where(table.c.consultation == found.consultation).order_by(table.c.id)).all()
    for one in ids:
        db.execute(update(table).where(table.c.id == one).values(cell=cells.get(one) or crypto.blank_cell()))


_TAKERS = {MANIFEST: _take_manifest, ANSWERS: _take_answers, CELLS: _take_cells}


def destroy(db: Connection, name: str) -> None:
    """Delete all that came without a name in a consultation, and its codes with it."""
    for table in (models.receipt, models.spool, models.published, models.manifest, models.pinned, models.refused_file):
        db.execute(delete(table).where(table.c.consultation == name))
    table = models.outgoing
    db.execute(delete(table).where(table.c.consultation == name, table.c.purpose == exchange.BATCH))
    fresh = secrets.token_bytes(32)
    db.execute(update(models.release).where(models.release.c.consultation == name).values(decoy_key=fresh))
