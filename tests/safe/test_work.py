"""Found, not found and mistyped cost the same: derivations, queries and openings are counted.

Safeguard: showing.look_up, which puts a code drawn now in the place of a mistyped one and tries every cell there could be.
"""

import pytest
from sqlalchemy import event

from consult.core import crypto, exchange
from consult.safe import ticking
from consult.safe.receipts import Thread, new_code, thread_of
from consult.safe.showing import look_up


@pytest.fixture
def counted(house, monkeypatch):
    """Counts of one look."""
    found = {"derivations": 0, "queries": 0, "openings": 0}
    derive, unseal = Thread._expand, crypto.unseal

    def counting_derive(self, label, length):
        found["derivations"] += 1
        return derive(self, label, length)

    def counting_unseal(*args):
        found["openings"] += 1
        return unseal(*args)

    monkeypatch.setattr(Thread, "_expand", counting_derive)
    monkeypatch.setattr(crypto, "unseal", counting_unseal)
    event.listen(house.database.engine, "before_cursor_execute", lambda *_: found.update(queries=found["queries"] + 1))

    def look(code):
        found.update(derivations=0, queries=0, openings=0)
        with house.database.reading() as db:
            look_up(db, code, house.secret.salt, house.pins, house.between)
        return dict(found)

    return look


def test_the_work_is_the_same_for_every_code(counted, house, person, trial):
    person.send()
    waiting = counted(person.code)
    thread = thread_of(person.code, house.secret.salt)
    cell = trial.cell("upr", thread.pair[0], state="released", comment="kfhtxmpqrsvw")
    trial.put(exchange.CELLS, "upr", {"cells": [[crypto.b64(thread.lookup), crypto.b64(cell)]]})
    ticking.keep_house(house, now=ticking.clock.now())
    person.reply("More.")
    found = counted(person.code)

    assert waiting == found == counted(new_code()) == counted(None)
    assert found["openings"] == 17
    assert found["queries"] == 3
