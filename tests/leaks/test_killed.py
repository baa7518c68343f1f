"""kill -9 of each process at a random instant while the sides exchange: nothing is lost, nothing comes twice, every code answers.

Safeguards: `release` in one transaction and `put_outgoing` after it (consult/safe), the number asked in `keep_batch` and the
file kept before its row (consult/safe_desk).
"""

import http.client
import os
import random
import signal
import threading
from collections import Counter
from datetime import timedelta

import pytest

from consult.core.crypto import CryptoError
from consult.core.db import reading
from consult.core.files import store
from consult.safe.self_check import Visitor, code_in, token_in
from consult.safe_desk.models import Batch
from tests.leaks.fixtures import in_main, opened_bodies
from tests.support.two_sides import SAFE_WEB, SLUG, TICK, WEB, WORKER, heading_of

ROUNDS = [WEB, WORKER, SAFE_WEB, TICK]
BROKEN = (OSError, http.client.HTTPException)


class Writers:
    """People who write while processes die: what each was told, and what was not answered."""

    def __init__(self, sides):
        self.sides, self.sent, self.unsure = sides, {}, {}

    def write(self, text):
        """Check and send once; whoever gets no answer does not know whether it arrived."""
        visitor, form = Visitor(f"127.0.0.1:{self.sides.safe_port}", {}), f"/en/{SLUG}/comment/2/"
        code = ""
        try:
            _, page = visitor.ask("POST", form, {"text": text, "use": "verbatim", "do": "check"})
            code, token = code_in(page), token_in(page)
            status, page = visitor.ask("POST", form, {"text": text, "use": "verbatim", "do": "send", "token": token})
        except BROKEN:
            status = 0
        if status == 200 and code and code_in(page) == code:
            self.sent[code] = text
        elif code:
            self.unsure[code] = text


def kill_while(sides, name, chance, act):
    """Do something in a thread while a process, with all its children, is killed at a random instant; then start it again."""
    acting = threading.Thread(target=act)
    acting.start()
    tick = sides.begin_tick()
    threading.Event().wait(chance.uniform(0.3, 2.5))  # any instant will do: that is what is tried
    victim = tick if name == TICK else sides.processes[name]
    try:
        os.killpg(victim.pid, signal.SIGKILL)
    except ProcessLookupError:
        assert name == TICK, "only the tick ends by itself"
    acting.join()
    tick.wait()
    if name != TICK:
        sides.processes.pop(name).wait()
        sides.start(name)


def kept_batches(sides):
    """The batches that main has taken, in order, as texts."""
    with in_main(sides), reading() as db:
        rows = db.query(Batch).order_by(Batch.number).all()
        assert [one.number for one in rows] == list(range(1, len(rows) + 1))
        return [store().read(one.file_key).decode() for one in rows]


def killed_again_and_again(running, names, seed):
    """One exchange day for each name, in which that process dies."""
    sides, writers, chance = running.sides, Writers(running.sides), random.Random(seed)
    for place, name in enumerate(names):
        writers.write(f"Before {place}.")
        sides.pass_time(timedelta(days=1))
        kill_while(sides, name, chance, lambda place=place: writers.write(f"Meanwhile {place}."))
        sides.tick()
    sides.pass_time(timedelta(days=1))
    sides.tick()
    last = sides.house
    with last.database.reading() as db:
        given = db.exec_driver_sql("SELECT number FROM release").scalar() - 1
    sides.wait_until_told(received=given)
    sides.tick()
    assert given >= len(names), "each day had its release"
    return sides, writers


def check_nothing_lost(running, sides, writers):
    assert len(writers.sent) >= len(ROUNDS), "people could write in between"
    for code in writers.sent:
        assert heading_of(sides, code) == "We have your comment"
    for code in writers.unsure:
        assert heading_of(sides, code) in ("We have your comment", "There is nothing under this code")
    try:
        bodies = [body for text in kept_batches(sides) for body in opened_bodies(running.dossier, text)]
    except CryptoError as problem:
        raise AssertionError("a batch does not open") from problem
    texts = Counter(body["text"] for body in bodies if body["kind"] == "comment")
    assert {text: texts[text] for text in writers.sent.values()} == dict.fromkeys(writers.sent.values(), 1)
    for code, text in writers.unsure.items():
        assert texts[text] == (heading_of(sides, code) == "We have your comment"), text
    for name in ("item", "receipt"):
        assert max(Counter(body[name] for body in bodies).values()) == 1, name
    assert list(sides.between["out"].glob("batch-*")) == []


def test_each_process_killed_once_at_a_random_instant(running):
    """The instants of one run are named by its seed."""
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    sides, writers = killed_again_and_again(running, ROUNDS, seed)

    check_nothing_lost(running, sides, writers)


@pytest.mark.full
@pytest.mark.parametrize("run", range(5))
def test_the_same_many_times(running, run):
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}, run {run}")
    sides, writers = killed_again_and_again(running, random.Random(seed).choices(ROUNDS, k=12), seed)

    check_nothing_lost(running, sides, writers)
