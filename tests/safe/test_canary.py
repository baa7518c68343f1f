"""The central test: somebody known in every detail writes, comes back, withdraws, errs and breaks off; then everything is searched.

Against real gunicorn processes, two workers, one killed midway; both listeners. What no scan sees: the memory of the machine,
its kernel, the disk below its files, whoever watches the line.
Safeguards, each taken out by a control below or in test_snapshots: TOLD in wrapper.py, SafeLogger, the pragmas, the schema.
"""

import contextlib
import re
import socket
import sys
import time
from datetime import timedelta

import pytest

from consult.core import clock
from consult.safe import self_check, ticking
from consult.safe.scanning import address_spellings, files_below, find_traces, spellings, time_traces
from consult.safe.self_check import ADDRESSES, Visitor, canaries_of, served, visit
from tests.safe.conftest import FORM
from tests.support.server import ROOT
from tests.support.tools import require

WORDS = "The words Quillon-9f3a of ana.quillon@example.invalid"
HEADERS = {
    "User-Agent": "Agent-Quillon-77aa/1.0",
    "X-Forwarded-For": ", ".join(ADDRESSES),
    "X-Real-IP": ADDRESSES[1],
    "Forwarded": f"for={ADDRESSES[0]}",
    "Via": "1.1 via-quillon.invalid",
    "Referer": "http://referer-quillon.invalid/page",
    "Accept-Language": "en-x-quillon, en",
    "Cookie": "crumb=cookie-quillon-5512",
    "From": "ana.quillon@example.invalid",
}


def misbehave(bind, headers):
    """Everything that ends in a refusal, with the same words in it; and an upload that breaks off half-way."""
    visitor, found = Visitor(bind, headers), []
    for method, path, fields, more in (
        ("POST", FORM, {"text": WORDS, "do": "send", "token": WORDS}, {}),
        ("POST", FORM, {"text": WORDS * 6_000, "do": "check"}, {}),
        ("POST", FORM, {"text": WORDS * 30_000, "do": "check"}, {}),
        ("POST", "/en/return/", {"code": WORDS}, {}),
        ("POST", "/en/return/reply/", {"token": WORDS, "text": WORDS}, {}),
        ("POST", FORM, {"text": WORDS}, {"Sec-Fetch-Site": "cross-site"}),
        ("GET", f"/en/{WORDS.replace(' ', '-')}/", None, {}),
        ("PUT", FORM, {"text": WORDS}, {}),
    ):
        found.append(Visitor(bind, {**visitor.headers, **more}).ask(method, path, fields)[0])
    host, _, port = bind.rpartition(":")
    raw = (
        f"GET / HTTP/1.1\r\n{WORDS} no header\r\n\r\n",
        f"{WORDS}\r\n\r\n",
        "POST /en/upr/comment/2/ HTTP/1.1\r\nHost: x\r\n",
    )
    for words in raw:
        with socket.create_connection((host, int(port))) as line:
            line.sendall(words.encode())
            if words.startswith("POST"):
                form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 900000\r\n\r\ntext="
                line.sendall(form.encode() + WORDS.encode() * 5_000)
            line.settimeout(0.3)
            with contextlib.suppress(TimeoutError, ConnectionError):
                line.recv(65536)
    return found


def whole_life(trial, house, settings, tmp_path, *, headers=HEADERS):
    """Serve, visit, misbehave, tick, release, back up. Returns the folder's traces of anything, and the times of it."""
    began = time.time()
    with served(settings, tmp_path / "log") as master:
        codes = [visit(settings.clearnet_bind, headers, WORDS, restart=master)]
        assert misbehave(settings.clearnet_bind, headers) == [409, 422, 413, 200, 409, 403, 404, 405]
    onion = {name: headers[name] for name in ("User-Agent", "Referer", "Accept-Language", "Cookie", "From")}
    with served(settings, tmp_path / "log", "onion"):
        codes.append(visit(settings.onion_bind, onion, WORDS))
        assert Visitor(settings.onion_bind, headers).ask("GET", "/en/")[0] == 400
    ended = time.time()
    ticking.tick(house, at_once=True)
    ticking.keep_house(house, now=clock.now() + timedelta(days=1))
    secret = [house.secret.salt, house.secret.sign]
    canaries = canaries_of(headers, WORDS, codes[0], secret) | {"code 2": spellings(codes[1], secret)}
    canaries["part of the text"] = spellings("Quillon-9f3a", secret)
    canaries["address of the text"] = spellings("ana.quillon@example.invalid", secret)
    return find_traces([tmp_path], canaries), (began, ended)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Temporary files of the processes go where they are searched."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))


def test_no_trace_of_who_wrote_or_from_where_is_in_any_file(trial, house, settings, tmp_path, elsewhere):
    traces, (began, ended) = whole_life(trial, house, settings, tmp_path)

    assert traces == []
    searched = {path.name for path in files_below([tmp_path])}
    assert searched >= {"safe.db", "safe.db-journal", "log", "batch-upr-000001.signed", "safe-000001.db", "pins.json"}
    for path in files_below([tmp_path]):
        if not path.name.startswith("manifest-"):  # main's own: when the round opens and closes
            assert list(time_traces(path.read_bytes(), began - 2, ended + 2)) == [], path.name
    log = (tmp_path / "log").read_text()
    assert re.fullmatch(r"(?:(?:\w+ )?at \S+\.py:\d+\n)*", log), log


@pytest.fixture
def leaking(monkeypatch):
    """Serve tests.safe.leaky instead."""

    def begin(how):
        children = self_check.children

        def leaky(settings, *, with_ticks):
            found = children(settings, with_ticks=with_ticks)
            for child in found:
                child.command = [*child.command[:-1], "tests.safe.leaky:app"]
            return found

        monkeypatch.setenv("LEAK", how)
        monkeypatch.setattr(self_check, "children", leaky)

    return begin


@pytest.mark.parametrize(("how", "where"), [("log", "log"), ("digest", "seen")])
def test_the_scan_finds_an_address_in_the_log_and_a_digest_of_it(trial, house, settings, tmp_path, leaking, how, where):
    """Positive controls."""
    leaking(how)
    traces, _ = whole_life(trial, house, settings, tmp_path)

    assert {trace.place for trace in traces} == {str(tmp_path / where)}


def test_the_scan_finds_a_time_in_a_row(house):
    """Positive control: a column created_at."""
    began = time.time()
    with house.database.writing() as db:
        db.exec_driver_sql("CREATE TABLE note (id INTEGER, created_at TEXT DEFAULT CURRENT_TIMESTAMP)")
        db.exec_driver_sql("INSERT INTO note (id) VALUES (1)")
        db.exec_driver_sql("CREATE TABLE other (at REAL)")
        db.exec_driver_sql("INSERT INTO other VALUES (?)", (float(int(time.time())) + 0.5,))

    assert "ISO" in set(time_traces(house.database.path.read_bytes(), began - 2, time.time() + 2))


def test_the_scan_finds_what_a_wal_keeps(trial, house, monkeypatch):
    """Positive control: the spool in WAL. Safeguard: journal_mode=TRUNCATE."""
    from consult.safe import database
    from tests.safe.test_snapshots import test_what_was_deleted_is_nowhere_in_the_file as look

    wal = tuple("journal_mode=WAL" if one.startswith("journal") else one for one in database.PRAGMAS)
    monkeypatch.setattr(database, "PRAGMAS", wal)
    keeping = (
        house.database.engine.connect()
    )  # in WAL the last connection to close empties the file: a server keeps some
    keeping.exec_driver_sql("SELECT count(*) FROM spool")
    try:
        with pytest.raises(AssertionError, match=r"safe\.db-wal"):
            look(house)
    finally:
        keeping.close()


@pytest.mark.parametrize("spelling", sorted(spellings("ana.quillon@example.invalid", [b"key"])))
def test_the_scan_knows_every_spelling(tmp_path, spelling):
    wanted = spellings("ana.quillon@example.invalid", [b"key"])[spelling]
    (tmp_path / "file").write_bytes(b"before " + wanted + b" after")

    found = find_traces([tmp_path], {"address": spellings("ana.quillon@example.invalid", [b"key"])})

    assert spelling in {trace.spelling for trace in found}


@pytest.mark.parametrize("offset", range(6))
def test_the_scan_finds_words_inside_base64_gzip_and_zip(tmp_path, offset):
    import base64
    import gzip
    import io
    import zipfile

    words = b"x" * offset + b"ana.quillon@example.invalid and more"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inner", gzip.compress(words))
    for name, content in (
        ("b64", base64.b64encode(words)),
        ("gz", b"pad" + gzip.compress(words)),
        ("zip", packed.getvalue()),
    ):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "file").write_bytes(content)
        assert find_traces([folder], {"address": spellings("ana.quillon@example.invalid")}), name


def test_the_scan_knows_an_address_by_its_bytes_and_its_network(tmp_path):
    import hashlib
    import ipaddress

    for at, content in enumerate(
        (
            ipaddress.ip_address(ADDRESSES[1]).packed,
            hashlib.sha256(b"203.0.113.0/24").hexdigest().encode(),
            hashlib.sha256(ipaddress.ip_address(ADDRESSES[0]).packed).digest(),
        )
    ):
        (tmp_path / str(at)).mkdir()
        (tmp_path / str(at) / "file").write_bytes(content)
        assert find_traces([tmp_path / str(at)], {one: address_spellings(one) for one in ADDRESSES})


ALLOWED = re.compile(
    r"/(?:safe\.db|safe\.db-journal|forged|log|wgunicorn-[^/]*|null)$|^/dev/|^/proc/|\.pyc(?:\.\d+)?$|__pycache__"
)


def test_no_system_call_writes_it_but_to_the_visitor(trial, house, settings, tmp_path, monkeypatch, elsewhere):
    """strace of every process: the words go to sockets only, and no file is opened for writing that is not on the list."""
    program, calls = require("strace"), tmp_path.parent / f"{tmp_path.name}-calls"
    children = self_check.children

    def traced(settings, *, with_ticks):
        found = children(settings, with_ticks=with_ticks)
        wanted = "trace=open,openat,creat,write,pwrite64,writev,pwritev,mkdir,rename,link,symlink"
        for child in found:
            child.command = [
                program,
                "-f",
                "-qq",
                "-xx",
                "-s",
                "2000000",
                "-e",
                wanted,
                "-o",
                str(calls),
                *child.command,
            ]
        return found

    monkeypatch.setattr(self_check, "children", traced)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    with served(settings, tmp_path / "log"):
        code = visit(settings.clearnet_bind, HEADERS, WORDS)
        misbehave(settings.clearnet_bind, HEADERS)

    text = calls.read_text()
    written = "\n".join(line for line in text.splitlines() if re.match(r"\d+ +(?:write|pwrite|writev|pwritev)", line))
    for canary in (WORDS, "Quillon-9f3a", code, *ADDRESSES, HEADERS["User-Agent"], HEADERS["Cookie"]):
        assert "".join(f"\\x{one:02x}" for one in canary.encode()) not in written, canary
    opened = [
        bytes.fromhex(match[1].replace("\\x", "")).decode()
        for match in re.finditer(r'open(?:at)?\((?:AT_FDCWD, )?"([^"]*)", [^)]*O_(?:WRONLY|RDWR)', text)
    ]
    assert [path for path in opened if not ALLOWED.search(path)] == []
    assert any(path.endswith("safe.db") for path in opened), "the trace sees what is written"


def test_the_self_check_of_a_fresh_machine_finds_nothing(tmp_path):
    """`consult safe self-check --json`, as an operator runs it, in an empty folder."""
    import json
    import os
    import subprocess

    command = [sys.executable, "-m", "consult.cli", "safe", "self-check", "--json"]
    environ = {**{name: os.environ[name] for name in ("PATH",)}, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    ran = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stdout) == (0, json.dumps({"ok": True, "found": []}) + "\n"), ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_self_check_sees_what_is_wrong_with_an_installation(house, settings):
    assert self_check.check(settings) == []

    (settings.data / "salt").chmod(0o644)
    (settings.data / "safe.db-wal").touch(0o600)
    with house.database.writing() as db:
        db.exec_driver_sql("CREATE TABLE visits (address TEXT)")

    found = self_check.check(settings)
    assert [one for one in found if "salt can be read" in one]
    assert [one for one in found if "keeps what was deleted" in one]
    assert [one for one in found if "visits has rowids" in one]
    assert [one for one in found if "visits is none of ours" in one]
