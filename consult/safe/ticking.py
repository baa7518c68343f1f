"""`consult safe tick`: pick up, release, destroy, tidy; then decoys at random instants of the interval.

Runs as safe's user from a timer, or again and again under `consult safe serve`. Killed at any instant it loses nothing: the
next one goes on where this one was.
"""

import fcntl
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, func, select

from consult.core import clock, exchange
from consult.core.exchange import Between
from consult.safe import models
from consult.safe.bodies import Sealing
from consult.safe.counters import Count
from consult.safe.database import SafeDatabase, overwrite
from consult.safe.decoys import Memory, add_decoy, draw_count, draw_instants
from consult.safe.manifests import Manifest
from consult.safe.operations_pick_up import Reading, destroy, take_file
from consult.safe.operations_release import is_due, put_outgoing, release, report
from consult.safe.pins import Pins, Secrets, load_pins, load_secrets
from consult.safe.queries import find_sealing, list_manifests
from consult.safe.settings import SafeSettings

FORGED = "forged"  # name of the count of cells that were signed by no officer of ours


@dataclass(frozen=True, slots=True)
class House:
    """Safe, as its tick sees it."""

    settings: SafeSettings
    database: SafeDatabase
    pins: Pins
    secret: Secrets

    @classmethod
    def load(cls, settings: SafeSettings) -> "House":
        """The installation of these settings. Raises FileNotFoundError before `consult safe init`."""
        return cls(settings, SafeDatabase(settings.database_url), load_pins(settings.data), load_secrets(settings.data))

    @property
    def between(self) -> Between:
        """Which two sides files are for."""
        return self.settings.between(self.pins.installation)


def tick(house: House, *, at_once: bool = False, rest: Callable[[float], None] = time.sleep) -> None:
    """One interval. `at_once` waits for no decoy (tests, the demonstration)."""
    with alone(house.settings.runtime):
        keep_house(house, now=clock.now())
        add_decoys(house, at_once=at_once, rest=rest)


@contextmanager
def alone(runtime: Path) -> Iterator[None]:
    """Let no two ticks run at once: the second waits for the first."""
    handle = os.open(runtime / "tick.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def keep_house(house: House, *, now: datetime) -> None:
    """Everything but the decoys: lay out what waits, pick up, destroy, release what is due, tidy."""
    out = Path(house.settings.out_folder)
    put_outgoing(house.database, out)
    events = pick_up(house, now=now)
    destroyed = destroy_due(house, now=now)  # first: what a release took out of the spool now would outlive it
    released = release_due(house, events, now=now)
    put_outgoing(house.database, out)
    drop_received(house, out)
    house.database.tidy()
    backups = house.settings.backup_folder
    if backups and (released or destroyed):
        if destroyed:
            for old in Path(backups).glob("safe-*.db"):
                overwrite(old)
        house.database.back_up(Path(backups), released or now.toordinal())


def pick_up(house: House, *, now: datetime) -> dict[str, Counter[str]]:
    """Take the files of the folder in. Returns what is to be reported, by consultation."""
    settings = house.settings
    releasing = partial(_release, house, now=now)
    reading = Reading(house.between, house.pins, releasing, settings.release_hour, now)
    events: dict[str, Counter[str]] = {}
    for purpose in (exchange.MANIFEST, exchange.ANSWERS, exchange.CELLS):
        for found in exchange.look(Path(settings.in_folder), purpose):
            with house.database.writing() as db:
                take_file(db, found, reading, events.setdefault(found.consultation, Counter()))
    return events


def _release(house: House, db: Connection, sealing: Sealing, *, now: datetime) -> int:
    memory = Memory.load(house.settings.runtime)
    number = release(db, sealing, memory, house.between, house.secret, now=now, hour=house.settings.release_hour)
    memory.save()
    return number


def release_due(house: House, events: dict[str, Counter[str]], *, now: datetime) -> int:
    """Release every consultation whose hour has come, with the day's report. Returns the highest number released; 0 for none."""
    highest = 0
    for manifest in _manifests(house):
        with house.database.writing() as db:
            table = models.release
            state = db.execute(select(table).where(table.c.consultation == manifest.name)).one()
            if is_due(state.day, bool(state.is_closed), manifest, house.settings.release_hour, now):
                sealing = find_sealing(db, manifest)
                if sealing is not None:
                    highest = max(highest, _release(house, db, sealing, now=now))
                happened = Counter(forged_cell=Count(house.settings.runtime, FORGED).take())
                report(db, manifest.name, happened, house.between, house.secret)
    for name, counted in events.items():
        with house.database.writing() as db:
            if db.scalar(select(models.release.c.number).where(models.release.c.consultation == name)):
                report(db, name, counted, house.between, house.secret)
    return highest


def destroy_due(house: House, *, now: datetime) -> bool:
    """Destroy what the manifest says must not be kept any longer, and report it. Returns whether anything was."""
    destroyed = False
    for manifest in _manifests(house):
        if manifest.destroy_after is None or now.date() <= manifest.destroy_after:
            continue
        with house.database.writing() as db:
            mine = models.receipt.c.consultation == manifest.name
            count = db.scalar(select(func.count()).select_from(models.receipt).where(mine)) or 0
            destroy(db, manifest.name)
            report(db, manifest.name, {"destroyed": count}, house.between, house.secret)
        memory = Memory.load(house.settings.runtime)
        memory.roots.pop(manifest.name, None)
        memory.save()
        for found in exchange.look(Path(house.settings.out_folder), exchange.BATCH):
            if found.consultation == manifest.name:
                found.path.unlink(missing_ok=True)
        destroyed = True
    return destroyed


def drop_received(house: House, out: Path) -> None:
    """Drop batches that main says it has."""
    received = {manifest.name: manifest.received for manifest in _manifests(house)}
    for found in exchange.look(out, exchange.BATCH):
        if found.number <= received.get(found.consultation, 0):
            found.path.unlink(missing_ok=True)


def add_decoys(house: House, *, at_once: bool, rest: Callable[[float], None]) -> None:
    """The decoys of one interval, each at its own random instant."""
    settings = house.settings
    seconds = settings.tick_minutes * 60
    planned: list[tuple[float, str]] = []
    for manifest in _manifests(house):
        if manifest.takes_letters():
            count = draw_count(settings.decoys_per_day, settings.tick_minutes)
            planned += [(at, manifest.name) for at in draw_instants(count, seconds)]
    passed = 0.0
    for at, name in sorted(planned):
        if not at_once:
            rest(at - passed)
            passed = at
        add_one(house, name)


def add_one(house: House, name: str) -> None:
    """One decoy, now. None where no key is in use: nothing real could come then either."""
    memory = Memory.load(house.settings.runtime)
    with house.database.writing() as db:
        manifest = next((one for one in list_manifests(db) if one.name == name), None)
        sealing: Sealing | None = find_sealing(db, manifest) if manifest else None
        if sealing is not None:
            add_decoy(db, sealing, memory)
    memory.save()


def _manifests(house: House) -> list[Manifest]:
    with house.database.reading() as db:
        return list_manifests(db)
