"""Theft: whoever has both databases, all files, the backups and the folders between the sides, but no officer's key, opens nothing.

And whoever holds main, or writes into safe's database, puts no word and no key in place of the officers': it is refused, and told.
"""

import base64
import hashlib
import re
import shutil
import sqlite3
from datetime import timedelta

import pytest

from consult.audit.models import JournalEntry
from consult.consultations.models import Consultation
from consult.core import crypto, exchange
from consult.core.crypto import Unreadable, b64, unb64
from consult.core.db import reading, writing
from consult.custody.operations_files import keep_signed
from consult.safe.receipts import thread_of
from consult.safe_desk.jobs import sweep_sealed_files
from tests.leaks.fixtures import in_main, opened_bodies
from tests.support.officers import an_officer
from tests.support.two_sides import SAFE_WEB, SLUG, heading_of, until, write_nameless

WORDS = "The words Ferrit-5d10 that nobody may open"
PLAIN = {size + crypto.SEAL_OVERHEAD for size in crypto.PADDED} | {crypto.CELL}
LONG = re.compile(rb"[A-Za-z0-9_-]{43,}")


def contents(folder):
    """Every file below a folder, and every value of every database there."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        yield path.read_bytes()
        if path.suffix == ".db":
            yield from values_of(path)


def values_of(path):
    raw = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    for (table,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        for row in raw.execute(f'SELECT * FROM "{table}"'):  # names out of the file itself
            yield from (one if isinstance(one, bytes) else str(one).encode() for one in row if one is not None)
    raw.close()


def loot(folder):
    """(all that could be a key, all that is sealed) in a folder: 32 bytes and their spellings; what begins as sealed text does."""
    keys, sealed = set(), set()
    for content in contents(folder):
        if len(content) == 32:
            keys.add(content)
        if content[:2] == crypto.PREFIX and len(content) in PLAIN:
            sealed.add(content)
        if len(content) == crypto.CELL:
            sealed.add(content)
        for match in LONG.findall(content):
            if len(match) == 43:
                keys.add(base64.urlsafe_b64decode(match + b"="))
                continue
            raw = base64.urlsafe_b64decode(match + b"=" * (-len(match) % 4)) if len(match) % 4 != 1 else b""
            if raw[:2] == crypto.PREFIX or len(raw) == crypto.CELL:
                sealed.add(raw)
    return keys, sealed


def pairs_of(keys):
    """Every pair that a thief would try: a key as secret, as seed, and as an officer's or a thread's seed."""
    for key in keys:
        yield crypto.box_pair(key)
        yield crypto.box_pair(hashlib.sha256(b"consult officer box 1" + key).digest())


def opened(keys, sealed):
    """What any of the keys opens."""
    found = []
    for pair in pairs_of(keys):
        for one in sealed:
            try:
                found.append(crypto.unseal(one, *pair))
            except Unreadable:
                continue
    return found


def an_exchange(running):
    """A comment, its batch, an officer's question. Returns the code."""
    code = write_nameless(running.sides, WORDS)
    running.sides.exchange_day(1)
    say(running, code, 1, QUESTION)
    return code


QUESTION = "A question Ferrit-6e21 that nobody may open"


def cell_for(running, code, number, text, *, thread=None, by=None, sealed_to=None):
    """A cell for the thread of a code; what a forger changes is said by name."""
    public = thread_of(code, running.sides.house.secret.salt).pair[0]
    content = {
        "thread": b64(thread or public), "state": "received", "comment": "", "leaf": "", "place": 0, "path": [],
        "messages": [{"number": 1, "kind": "question", "language": "en", "text": text}],
    }  # fmt: skip
    secret = (by or running.officer).signing[1]
    return crypto.seal_cell(running.dossier.signed("cell", number, content, secret).encode(), sealed_to or public)


def say(running, code, number, text):
    """An officer's question, by a cells file that main passes on."""
    sides, lookup = running.sides, thread_of(code, running.sides.house.secret.salt).lookup
    rows = [[b64(lookup), b64(cell_for(running, code, number, text))]]
    signed = running.dossier.signed("cells", number, {"cells": rows}, running.officer.signing[1])
    with in_main(sides), writing() as db:
        keep_signed(db, db.query(Consultation).one(), exchange.CELLS, number, signed)
    sides.wait_until_laid(exchange.CELLS, number)
    sides.tick()
    assert heading_of(sides, code) == "The officers have your comment"


def test_all_that_both_sides_have_opens_nothing(running, tmp_path):
    """Safeguard: no key that opens is anywhere but with the officers (`drop_half` in consult/custody/halves.py, main's empty hands)."""
    sides = running.sides
    an_exchange(running)
    write_nameless(sides, WORDS + ", waiting")
    sides.end()

    keys, sealed = loot(tmp_path)

    assert len(sealed) > 64, "batch, spool and cells are there"
    assert {(sides.data("safe") / "salt").read_bytes(), (sides.data("safe") / "exchange.key").read_bytes()} <= keys
    assert opened(keys, sealed) == []
    for content in contents(tmp_path):
        assert b"Ferrit-5d10" not in content
        assert b"Ferrit-6e21" not in content
    with_officer = opened({running.dossier.seed}, sealed)  # the control: with the officers' key it opens
    assert sum(WORDS.encode() in one for one in with_officer) == 2


def test_a_half_left_on_the_server_is_found_by_this_search(running, tmp_path):
    """Positive control: an officer's seed in a file."""
    running.sides.exchange_day(1)
    running.sides.end()
    (tmp_path / "main" / "left").write_bytes(running.dossier.seed)

    keys, sealed = loot(tmp_path)
    assert len(opened({one for one in keys if one == running.dossier.seed}, sealed)) >= 64


def test_after_destruction_yesterdays_backup_opens_nothing_and_todays_files_hold_nothing(running, tmp_path):
    """Safeguards: `destroy` and the deletion of backups (consult/safe), `destroy_sealed` (consult/safe_desk)."""
    sides = running.sides
    code = an_exchange(running)
    sides.pass_time(timedelta(days=8))
    sides.wait_until_told(state="closed")
    sides.tick()
    yesterday = tmp_path.with_name(tmp_path.name + "-backup")
    shutil.copytree(tmp_path, yesterday)
    send_to_the_mechanism(sides)
    sides.pass_time(timedelta(days=92))
    sides.wait_until_told(state="over")
    sides.tick()
    until(lambda: "destroyed" in told_in_journal(sides), "safe's word that all is destroyed stands in the journal")
    assert heading_of(sides, code) == "There is nothing under this code"
    sides.end()
    with in_main(sides) as now, writing() as db:
        sweep_sealed_files(db, now=now)

    keys, sealed = loot(yesterday)
    now_keys, still_sealed = loot(tmp_path)
    assert len(sealed) > 64
    assert opened(keys | now_keys, sealed) == []
    assert still_sealed == set()
    pieces = {one[100:140] for one in sealed}  # nor in a page of a database that is no row any more
    left = b"".join(path.read_bytes() for path in sides.data("safe").glob("safe.db*"))
    assert not [one for one in pieces if one in left]
    shutil.rmtree(yesterday)


def send_to_the_mechanism(sides):
    with in_main(sides) as now, writing() as db:
        db.query(Consultation).one().submitted_on = now.date()


def told_in_journal(sides):
    """The codes of what safe reported."""
    with in_main(sides), reading() as db:
        rows = db.query(JournalEntry).filter_by(event="safe.reported").all()
        return " ".join(str(one.codes) for one in rows)


# --- words and keys put in the officers' place -------------------------------------------------------------------------


def main_secret(sides):
    """Main's own key: whoever holds main has it."""
    return crypto.sign_pair(unb64((sides.data("main") / "exchange_key").read_text().strip(), 32))[1]


def a_reply_that_main_signed(running, code):
    rows = [[b64(thread_of(code, running.sides.house.secret.salt).lookup), b64(crypto.blank_cell())]]
    text = running.dossier.signed("cells", 1, {"cells": rows}, main_secret(running.sides))
    exchange.put(running.sides.between["in"], exchange.CELLS, SLUG, 1, text)


def another_consultation_key(running, code):
    """Main's true signature around an opening of a State's own officer."""
    theirs, told = an_officer("The State's own"), running.sides.told()
    seed = crypto.box_pair(bytes(range(32)))[0]
    content = {
        "keys": [{"number": 1, "public": b64(seed), "last_release": None}], "officers": [theirs.fingerprint],
        "safe": b64(running.dossier.safe[0]), "main": b64(running.dossier.main[0]),
    }  # fmt: skip
    opening = running.dossier.signed("opening", 1, content, theirs.signing[1])
    changed = told | {"opening": opening, "cards": [theirs.card]}
    number = told["number"] + 50
    text = running.dossier.signed("manifest", number, changed, main_secret(running.sides))
    exchange.put(running.sides.between["in"], exchange.MANIFEST, SLUG, number, text)


@pytest.mark.parametrize("forge", [a_reply_that_main_signed, another_consultation_key])
def test_what_main_puts_in_the_officers_place_is_refused_and_reported(running, forge):
    """Safeguards: `reading.pins.signers` in `_take_cells` and `_checked_keys` (consult/safe/operations_pick_up.py)."""
    sides, code = running.sides, write_nameless(running.sides, WORDS)
    forge(running, code)
    sides.tick()

    until(lambda: "refused_file" in told_in_journal(sides), "main's journal has safe's report")
    assert heading_of(sides, code) == "We have your comment"
    for path in sides.between["in"].glob("*-0000[0-9][0-9].signed"):
        if int(path.name[-13:-7]) > 50:
            path.unlink()
    sides.exchange_day(1)
    assert WORDS in [body.get("text") for body in opened_bodies(running.dossier, the_batch(sides))]


def the_batch(sides):
    (path,) = (sides.data("main") / "files" / "batches").iterdir()
    return path.read_text("utf-8")


def by_a_stranger(running, code):
    return cell_for(running, code, 1, "Come to the bridge alone.", by=an_officer("A stranger"))


def of_another_thread(running, code):
    return cell_for(running, code, 1, "Come to the bridge alone.", thread=crypto.box_pair(bytes(32))[0])


@pytest.mark.parametrize("forge", [by_a_stranger, of_another_thread])
def test_a_forged_reply_and_one_for_another_thread_are_not_shown_and_reported(running, forge):
    """Written straight into safe's database. Safeguards: `pins.signers` and the thread in `_read_cell` (consult/safe/showing.py)."""
    sides, code = running.sides, write_nameless(running.sides, WORDS)
    house = sides.house
    lookup = thread_of(code, house.secret.salt).lookup
    with house.database.writing() as db:
        db.exec_driver_sql("UPDATE receipt SET cell = ? WHERE id = ?", (forge(running, code), lookup))

    assert heading_of(sides, code) == "We have your comment", "nothing of it is believed"
    sides.exchange_day(1)
    until(lambda: "forged_cell" in told_in_journal(sides), "main's journal has safe's report")
    assert SAFE_WEB in sides.processes
