"""Somebody copies safe's folder after every step: they learn when something was written, not whether a person wrote it.

Safeguard: `add_act`, the one way for people and decoys. The control below lets a person's act write one thing more, and the
same analyst then beats chance.
"""

import random
import secrets
import shutil
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import insert

from consult.core import clock, crypto
from consult.safe import models, operations
from consult.safe.bodies import Remark, _drawn_length
from consult.safe.database import SafeDatabase
from consult.safe.decoys import FOLLOWED_UP, WITHDRAWN, Memory, add_decoy
from consult.safe.queries import find_manifest, find_rows, find_sealing
from consult.safe.receipts import new_code, thread_of

STEPS = [60, pytest.param(200, marks=pytest.mark.full)]


def a_persons_act(house, threads, chance):
    """What people do, as often as decoys do it."""
    drawn = chance.random()
    with house.database.writing() as db:
        manifest = find_manifest(db, "upr")
        thread = chance.choice(threads) if threads and drawn < FOLLOWED_UP + WITHDRAWN else None
        words = secrets.token_urlsafe(9_000)[: min(9_000, max(20, _drawn_length() - 800))]
        if thread is None or find_rows(db, thread).is_withdrawn:
            thread = thread_of(new_code(), bytes(32))
            operations.send_comment(db, manifest, thread, Remark("2", "en", words), now=clock.now())
            threads.append(thread)
        elif drawn < WITHDRAWN:
            operations.withdraw_comment(db, manifest, thread)
            threads.remove(thread)
        else:
            number = find_rows(db, thread).replies + 1
            operations.write_again(db, manifest, thread, words, language="en", number=number)


def a_decoys_act(house):
    memory = Memory.load(house.settings.runtime)
    with house.database.writing() as db:
        add_decoy(db, find_sealing(db, find_manifest(db, "upr")), memory)
    memory.save()


def snapshot(house, folder, number):
    """All that a copy of the data folder holds: names, sizes, and the database's own numbers. (The runtime folder is memory.)"""
    target = folder / f"{number:03d}"
    shutil.copytree(house.settings.data, target)
    return target


def features(before, after):
    """What an analyst can measure of one step."""

    def of(folder):
        files = {path.name: path.stat().st_size for path in folder.iterdir() if path.is_file()}
        with closing(sqlite3.connect(folder / "safe.db")) as db:
            rows = {
                name: dict(db.execute(f"SELECT {key}, length({value}) FROM {name}"))
                for name, key, value in (("receipt", "id", "cell"), ("spool", "id", "sealed"))
            }
            sealed = dict(db.execute("SELECT id, sealed FROM spool"))
            tables = {
                name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
                for name in (*models.metadata.tables, "sqlite_master")
            }
            free = db.execute("PRAGMA freelist_count").fetchone()[0]
        return files, rows, sealed, tables, free

    was, now = of(before), of(after)
    new = [one for one in now[1]["spool"] if one not in was[1]["spool"]]
    receipts = [one for one in now[1]["receipt"] if one not in was[1]["receipt"]]
    return {
        "files": tuple(sorted(set(now[0]) - {"safe.db"})),
        "journal": now[0].get("safe.db-journal", 0),
        "tables": tuple(now[3][name] - was[3][name] for name in sorted(now[3])),
        "size": tuple(now[1]["spool"][one] for one in new),
        "overwritten": sum(1 for one in was[2] if now[2].get(one, was[2][one]) != was[2][one]),
        "receipt": len(receipts),
        "place": tuple(sorted(now[1]["spool"]).index(one) * 8 // len(now[1]["spool"]) for one in new),
        "first byte": tuple(one[0] >> 6 for one in receipts),
        "free": now[4] - was[4],
    }


def guessed(steps, labels):
    """The share of right guesses on the second half of a rule learned on the first: for each feature alone, the best of all.

    For each value of a feature the analyst guesses what it mostly was.
    """
    half, best = len(steps) // 2, {}
    for name in steps[0]:
        seen = {}
        for step, label in zip(steps[:half], labels[:half], strict=True):
            seen.setdefault(step[name], []).append(label)
        rule = {value: sum(found) * 2 > len(found) for value, found in seen.items()}
        right = [rule.get(step[name], False) == label for step, label in zip(steps[half:], labels[half:], strict=True)]
        best[name] = sum(right) / len(right)
    return best


def attack(house, tmp_path, steps, act):
    chance, threads, labels, measured = random.Random(11), [], [], []
    labels = [True, False] * (steps // 2)
    chance.shuffle(labels)
    before = snapshot(house, tmp_path / "copies", 0)
    for number, is_real in enumerate(labels, start=1):
        if is_real:
            act(house, threads, chance)
        else:
            a_decoys_act(house)
        after = snapshot(house, tmp_path / "copies", number)
        measured.append(features(before, after))
        shutil.rmtree(before)
        before = after
    return guessed(measured, labels)


@pytest.mark.parametrize("steps", STEPS)
def test_an_analyst_of_snapshots_does_not_beat_chance(house, tmp_path, steps):
    best = attack(house, tmp_path, steps, a_persons_act)

    # nine features are tried: four standard deviations above one half
    assert max(best.values()) < 0.5 + 4 * 0.5 / (steps / 2) ** 0.5, best


def test_the_analyst_would_see_one_row_more(house, tmp_path):
    def telltale(house, threads, chance):
        a_persons_act(house, threads, chance)
        with house.database.writing() as db:
            db.execute(insert(models.refused_file).values(digest=secrets.token_bytes(16), consultation="upr"))

    best = attack(house, tmp_path, 40, telltale)

    assert best["tables"] == 1.0


def test_two_backups_differ_by_a_power_of_two(house, tmp_path):
    from datetime import timedelta
    from pathlib import Path

    from consult.safe import ticking

    counts = []
    for number in (1, 2):
        for _ in range(5):
            a_decoys_act(house)
        ticking.keep_house(house, now=clock.now() + timedelta(days=number))
        (copy,) = Path(house.settings.backup_folder).glob(f"safe-{number:06d}.db")
        with closing(sqlite3.connect(copy)) as db:
            counts.append(db.execute("SELECT (SELECT count(*) FROM receipt), (SELECT count(*) FROM spool)").fetchone())

    assert counts == [(64, 0), (128, 0)]


def filled(folder, rows):
    """A database whose receipts came in this order."""
    folder.mkdir()
    database = SafeDatabase(f"sqlite:///{folder / 'safe.db'}")
    database.upgrade()
    for one, cell in rows:
        with database.writing() as db:
            db.execute(insert(models.receipt).values(id=one, consultation="upr", cell=cell))
    return database


def test_after_a_tick_nothing_in_the_file_tells_in_which_order_rows_came(tmp_path):
    """Safeguard: `database.tidy()` in keep_house: the page where a row lies would tell what came before what."""
    rows = sorted((secrets.token_bytes(16), crypto.blank_cell()) for _ in range(60))
    shuffled = random.Random(3).sample(rows, len(rows))
    one, other = filled(tmp_path / "one", rows), filled(tmp_path / "other", shuffled)

    def places(database):
        raw = database.path.read_bytes()
        return [raw.find(row) for row, _ in rows]

    assert places(one) != places(other), "control: before it they lie as they came"
    for database in (one, other):
        database.tidy()

    assert places(one) == places(other)


def test_every_tick_tidies(house, monkeypatch):
    from consult.safe import ticking

    tidied = []
    monkeypatch.setattr(SafeDatabase, "tidy", lambda self: tidied.append(self))
    ticking.tick(house, at_once=True)

    assert len(tidied) == 1


def test_what_was_deleted_is_nowhere_in_the_file(house):
    """Safeguards: secure_delete=ON and journal_mode=TRUNCATE in database.PRAGMAS."""
    thread = thread_of(new_code(), bytes(32))
    with house.database.writing() as db:
        operations.send_comment(db, find_manifest(db, "upr"), thread, Remark("2", "en", "Gone."), now=clock.now())
        sealed = db.exec_driver_sql("SELECT sealed FROM spool").scalar()
    middle = sealed[2_000:2_060]
    assert any(middle in path.read_bytes() for path in house.settings.data.iterdir() if path.is_file())
    with house.database.writing() as db:
        db.exec_driver_sql("DELETE FROM spool")

    for path in house.settings.data.iterdir():
        assert not path.is_file() or middle not in path.read_bytes(), path.name
