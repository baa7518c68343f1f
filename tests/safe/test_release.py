"""The daily release: everything goes, in no order, filled up; killed at any instant it loses nothing and repeats no number."""

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from consult.core import clock, crypto, exchange
from consult.safe import models, operations, ticking
from consult.safe.bodies import Remark
from consult.safe.operations_release import count_class, filled, is_due, put_outgoing, report
from consult.safe.queries import find_manifest, list_manifests
from consult.safe.receipts import new_code, thread_of
from tests.support.server import ROOT

SALT = bytes(32)
DAY = timedelta(days=1)


def send(house, words):
    thread = thread_of(new_code(), SALT)
    with house.database.writing() as db:
        manifest = find_manifest(db, "upr")
        assert operations.send_comment(db, manifest, thread, Remark("2", "en", words), now=clock.now())
    return thread


def batches(house):
    return sorted(Path(house.settings.out_folder).glob("batch-*"))


def test_one_single_comment_reaches_the_officer_among_64(trial, house):
    thread = send(house, "Alone.")

    ticking.keep_house(house, now=clock.now() + DAY)

    (path,) = batches(house)
    content, bodies = trial.open_batch(path)
    assert len(bodies) == 64
    assert [body["text"] for body in bodies if body["text"] == "Alone."] == ["Alone."]
    assert crypto.b64(thread.item(1, 0)) in [one["id"] for one in content["items"]]
    assert content["number"] == content["key"] == 1
    with house.database.reading() as db:
        assert db.scalar(select(func.count()).select_from(models.spool)) == 0
        assert db.scalar(select(func.count()).select_from(models.receipt)) == 64, "every item has its receipts row"


@pytest.mark.parametrize(("waiting", "size"), [(0, 64), (1, 64), (64, 64), (65, 128), (129, 256), (5_000, 8_192)])
def test_a_batch_is_filled_to_a_power_of_two(waiting, size):
    assert filled(waiting) == size


def test_the_decoy_key_travels_sealed_and_tells_the_decoys(trial, house):
    from tests.safe.test_operations import is_decoy

    send(house, "Genuine.")
    ticking.keep_house(house, now=clock.now() + DAY)

    content, bodies = trial.open_batch(batches(house)[0])
    key = crypto.unpad(crypto.unseal(crypto.unb64(content["decoys"]), *trial.key()))

    assert [body["text"] for body in bodies if not is_decoy(body, key)] == ["Genuine."]


def ranks(house, trial, count):
    """The order in which letters lie in a batch, by the order in which they came."""
    words = [f"Letter {number:03d}." for number in range(count)]
    for one in words:
        send(house, one)
    done = len(batches(house))
    ticking.keep_house(house, now=clock.now() + DAY * (done + 1))
    _, bodies = trial.open_batch(batches(house)[-1])
    found = [body.get("text") for body in bodies]
    return [found.index(one) for one in words]


def correlation(places):
    """Spearman's, of the places with the order of arrival."""
    order = sorted(range(len(places)), key=lambda at: places[at])
    rank = {came: at for at, came in enumerate(order)}
    size = len(places)
    return 1 - 6 * sum((rank[came] - came) ** 2 for came in range(size)) / (size * (size * size - 1))


@pytest.mark.parametrize("runs", [8, pytest.param(200, marks=pytest.mark.full)])
def test_the_order_of_a_batch_says_nothing_of_the_order_of_arrival(trial, house, runs):
    """Safeguard: ids from the code, and `order_by(table.c.id)` in operations_release.release.

    With ids that count upwards instead the correlation is 1: the control below.
    """
    size = 12
    mean = sum(correlation(ranks(house, trial, size)) for _ in range(runs)) / runs

    # one run has a standard deviation of 1 / sqrt(size - 1); four of the mean's
    assert abs(mean) < 4 / (size - 1) ** 0.5 / runs**0.5


def test_the_measure_would_see_an_order(trial, house, monkeypatch):
    from consult.safe.receipts import Thread

    counter = iter(range(10_000))
    monkeypatch.setattr(Thread, "item", lambda self, release, act: next(counter).to_bytes(16))

    assert correlation(ranks(house, trial, 12)) > 0.99


def test_the_release_is_due_once_a_day_and_once_more_at_closing(house):
    with house.database.reading() as db:
        (found,) = list_manifests(db)
    day = datetime(2027, 3, 1, tzinfo=UTC)
    manifest = replace(found, closes_at=day + timedelta(hours=12))
    today = (day.date() - date(1970, 1, 1)).days

    def due(last, at, *, is_closed=False):
        return is_due(last, is_closed, manifest, 2, day + timedelta(hours=at))

    assert [due(today - 1, 1.9), due(today - 1, 2), due(today, 2.1), due(today, 11.9)] == [False, True, False, False]
    assert [due(today, 12), due(today, 12.1, is_closed=True), due(today, 26, is_closed=True)] == [True, False, True]


def test_a_batch_that_main_has_is_dropped(trial, house):
    ticking.keep_house(house, now=clock.now() + DAY)
    assert len(batches(house)) == 1

    trial.put(exchange.MANIFEST, "upr", trial.manifest(received=1))
    ticking.keep_house(house, now=clock.now() + DAY)

    assert batches(house) == []


def test_a_backup_is_written_by_the_release_and_two_are_kept(house):
    folder = Path(house.settings.backup_folder)
    ticking.keep_house(house, now=clock.now())
    assert list(folder.iterdir()) == [], "not by a tick that releases nothing"

    for number in range(1, 4):
        ticking.keep_house(house, now=clock.now() + DAY * number)

    assert sorted(path.name for path in folder.iterdir()) == ["safe-000002.db", "safe-000003.db"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())


def test_what_is_over_is_destroyed_with_its_codes_and_reported(trial, house):
    thread = send(house, "To be forgotten.")
    ticking.keep_house(house, now=clock.now() + DAY)
    day = (clock.now() - DAY).date().isoformat()
    trial.put(exchange.MANIFEST, "upr", trial.manifest(state="over", destroy_after=day))

    ticking.keep_house(house, now=clock.now() + DAY)

    with house.database.reading() as db:
        for table in (models.receipt, models.spool, models.manifest, models.pinned, models.published):
            assert db.scalar(select(func.count()).select_from(table)) == 0
    assert thread.lookup not in Path(house.database.path).read_bytes()
    assert batches(house) == []
    (told,) = Path(house.settings.out_folder).glob("report-upr-*")
    content = exchange.opened_file(told.read_text(), exchange.REPORT, trial.between, "upr", 1, [house.secret.public])
    assert content["events"] == [{"code": "destroyed", "count_class": "at least 20"}]


def test_what_waits_when_all_is_over_is_destroyed_and_not_given_out_any_more(trial, house):
    """The release of the same day comes too late, and so does a batch that was not laid yet."""
    send(house, "Too late.")
    with house.database.writing() as db:
        db.execute(
            models.outgoing.insert().values(consultation="upr", purpose=exchange.BATCH, number=9, signed="not laid yet")
        )
    day = (clock.now() - DAY).date().isoformat()
    trial.put(exchange.MANIFEST, "upr", trial.manifest(state="over", destroy_after=day))
    ticking.keep_house(house, now=clock.now() + DAY)
    ticking.keep_house(house, now=clock.now() + DAY * 2)

    assert batches(house) == []
    with house.database.reading() as db:
        waiting = db.execute(select(models.outgoing.c.purpose)).scalars().all()
    assert waiting == []


@pytest.mark.parametrize(
    ("count", "told"), [(1, "few"), (4, "few"), (5, "at least 5"), (99, "at least 20"), (200, "at least 100")]
)
def test_a_report_tells_no_number(count, told):
    assert count_class(count) == told


def test_a_report_of_nothing_is_none(house):
    with house.database.writing() as db:
        report(db, "upr", {"forged_cell": 0}, house.between, house.secret)

    assert put_outgoing(house.database, Path(house.settings.out_folder)) == 0


KILLED = """
import sys
from datetime import timedelta
from consult.core import clock
from consult.safe import ticking
from consult.safe.settings import load
house = ticking.House.load(load())
print("ready", flush=True)
sys.stdin.readline()
for number in range(1, 40):
    ticking.keep_house(house, now=clock.now() + timedelta(days=number))
"""


def killed_release(house, after):
    """Releases in a process of its own, killed some seconds after it began."""
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        **{f"SAFE_{name.upper()}": getattr(house.settings, name) for name in ("data_folder", "runtime_folder")},
    }
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("go\n")
    process.stdin.flush()
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdin.close()
    process.stdout.close()


@pytest.mark.parametrize("kills", [6, pytest.param(60, marks=pytest.mark.full)])
def test_killed_at_any_instant_nothing_is_lost_and_no_number_comes_twice(trial, house, kills):
    """Safeguards: one transaction in `release`, and `outgoing` between spool and folder.

    With `put` before the transaction ends, a second version of a number appears; without `outgoing`, letters are lost.
    """
    chance, sent, seen = random.Random(7), [], {}
    for number in range(kills):
        for at in range(3):
            sent.append(f"Letter {number}, {at}.")
            send(house, sent[-1])
        killed_release(house, chance.uniform(0, 0.25))
        for path in batches(house):
            assert seen.setdefault(path.name, path.read_bytes()) == path.read_bytes(), "a second version of a number"
    ticking.keep_house(house, now=clock.now() + DAY * 400)

    arrived = [
        body["text"] for path in batches(house) for body in trial.open_batch(path)[1] if body.get("text") in sent
    ]
    assert sorted(arrived) == sorted(sent)
    numbers = [int(path.name[-13:-7]) for path in batches(house)]
    assert numbers == list(range(1, len(numbers) + 1)), "none left out"
    assert not list(Path(house.settings.out_folder).glob("report-*"))
