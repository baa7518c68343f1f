"""Canaries over both sides at once: somebody known in every detail visits main and safe, comments on both, errs and breaks off.

Then every file of both sides, their logs, mails, backup and the folders between them are searched. What a person typed into
main under a name may stand there; who sent it from where may not, and nothing of what was written on safe.
Safeguards: QuietLogger in config/gunicorn.py, the log of consult/core/http.py, TOLD in consult/safe/wrapper.py.
"""

import contextlib
import http.client
import re
import socket
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from lxml import html

from consult.safe.scanning import files_below, find_traces
from consult.safe.self_check import ADDRESSES, Visitor, canaries_of, restart_a_worker
from tests.leaks.fixtures import open_nameless, prepare_main
from tests.support.officers import an_officer
from tests.support.sink import Sink
from tests.support.two_sides import (
    SAFE_WEB,
    SLUG,
    WEB,
    WORKER,
    heading_of,
    two_sides,
    until,
    withdraw_nameless,
    write_nameless,
)

WORDS = "The words Quillon-41ce of ana.quillon@example.invalid"
HEADERS = {
    "User-Agent": "Agent-Quillon-88bb/1.0",
    "X-Forwarded-For": ADDRESSES[1],
    "X-Real-IP": ADDRESSES[0],
    "Forwarded": f"for={ADDRESSES[0]}",
    "Via": "1.1 via-quillon.invalid",
    "Referer": "http://referer-quillon.invalid/page",
    "Accept-Language": "en-x-quillon, en",
    "Cookie": "crumb=cookie-quillon-9917",
    "From": "from.quillon@example.invalid",
}
COMMENT = f"/en/consultations/{SLUG}/comment/2/"


def visit_main(port):
    """The public pages, a named comment, what is not there, what is not allowed, what is no HTTP. Returns the statuses."""
    visitor, found = Visitor(f"127.0.0.1:{port}", HEADERS), []
    public = f"/en/consultations/{SLUG}/"
    for path in (
        "/en/",
        public,
        f"{public}paragraphs/2/",
        COMMENT,
        f"{public}my-link/",
        "/en/threatened/",
        "/en/custodian/",
    ):
        found.append(visitor.ask("GET", path)[0])
    found.append(comment_under_a_name(port))
    for method, path, fields in (
        ("GET", f"/en/consultations/{HEADERS['User-Agent']}/", None),
        ("POST", COMMENT, {"text": "", "csrf_token": "wrong"}),
        ("POST", "/staff/sign-in/", {"email": "nobody@x.example", "password": "wrong"}),
        ("PUT", public, {"text": "x"}),
        ("POST", COMMENT, {"text": "y" * 4_000_000}),
    ):
        with contextlib.suppress(BrokenPipeError):  # what is too long is not even read to its end
            found.append(visitor.ask(method, path, fields)[0])
    raw = (
        f"{HEADERS['User-Agent']} {ADDRESSES[0]}\r\n\r\n",
        f"POST {COMMENT} HTTP/1.1\r\nHost: x\r\nUser-Agent: {HEADERS['User-Agent']}\r\n",
    )
    for words in raw:
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(words.encode())
    return found


def comment_under_a_name(port):
    """As a browser does it: form, check page, send; cookie and all. Returns the last status."""
    fields = {
        "text": "A comment under a name.",
        "name": "Berta Ruiz",
        "email": "berta@org.example",
        "consent": "with_name",
    }
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as line:
        line.request("GET", COMMENT, headers=HEADERS)
        answer = line.getresponse()
        page, cookie = answer.read(), answer.headers["Set-Cookie"].split(";")[0]
        headers = {
            **HEADERS,
            "Cookie": f"{HEADERS['Cookie']}; {cookie}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        for act in ("check", "send"):
            line.request("POST", COMMENT, urlencode({**fields_of(page), **fields, "act": act}), headers)
            answer = line.getresponse()
            page = answer.read()
    return answer.status


def fields_of(page):
    """What the form of a page holds."""
    form = next(one for one in html.fromstring(page).forms if one.method == "POST" and "text" in one.fields)
    return dict(form.form_values())


def visit_safe(sides):
    """Write, come back, withdraw, err, break off; one worker dies in between. Returns the codes."""
    code = write_nameless(sides, WORDS, headers=HEADERS)
    restart_a_worker(sides.processes[SAFE_WEB].pid)
    other = write_nameless(sides, WORDS + " again", headers=HEADERS)
    visitor = Visitor(f"127.0.0.1:{sides.safe_port}", HEADERS)
    for path, fields in (
        ("/en/return/", {"code": WORDS}),
        (f"/en/{SLUG}/comment/2/", {"text": WORDS * 9_000, "do": "check"}),
    ):
        visitor.ask("POST", path, fields)
    with socket.create_connection(("127.0.0.1", sides.safe_port)) as line:
        line.sendall(f"POST /en/return/ HTTP/1.1\r\nUser-Agent: {HEADERS['User-Agent']}\r\n".encode())
    assert heading_of(sides, code) == "We have your comment"
    assert withdraw_nameless(sides, other) == "Your comment is withdrawn"
    return [code, other]


@pytest.fixture
def visited(tmp_path, sqlite_template):
    """Both sides after such visits and two exchanges, with an SMTP server that keeps its mails."""
    with Sink(tmp_path / "sink") as sink, two_sides(tmp_path / "sides") as sides:
        sides.more = {
            "CONSULT_MAIL_HOST": "127.0.0.1", "CONSULT_MAIL_PORT": str(sink.port), "CONSULT_MAIL_SECURITY": "none",
            "CONSULT_PROXIES": "1", "CONSULT_OFFICERS_MAIL_HOUR": "0",
        }  # fmt: skip
        prepare_main(sides, sqlite_template)
        open_nameless(sides, an_officer(), closes_at=sides.now() + timedelta(days=8))

        def visit():
            sides.start(WEB, WORKER, SAFE_WEB)
            sides.wait_until_told(state="open")
            sides.tick()
            statuses, codes = visit_main(sides.main_port), visit_safe(sides)
            sides.exchange_day(1)
            sides.exchange_day(2)
            until(sink.received, "the officer gets the mail of the day")
            sides.end()
            secrets = [
                (sides.data("main") / "exchange_key").read_bytes(),
                b"only for tests " * 4,
                sides.house.secret.salt,
            ]
            canaries = canaries_of(HEADERS, WORDS, codes[0], secrets)
            canaries |= {"other code": canaries_of({}, WORDS, codes[1], secrets)["code"]}
            canaries |= {"part of the words": canaries_of({}, "Quillon-41ce", codes[0], secrets)["text"]}
            return statuses, find_traces([tmp_path], canaries)

        yield sides, visit


def test_nothing_of_who_came_from_where_is_in_any_file_of_either_side(visited, tmp_path):
    sides, visit = visited
    statuses, traces = visit()

    assert traces == []
    assert statuses[:8] == [200, 200, 200, 200, 200, 200, 200, 303], statuses
    assert set(statuses[8:]) <= {400, 401, 403, 404, 405, 413, 422}, statuses
    searched = {path.name for path in files_below([tmp_path])}
    assert searched >= {"consult.db", "safe.db", "site.log", "worker.log", "pins.json", "exchange_key"}
    assert [path for path in files_below([tmp_path]) if path.name.startswith("manifest-")]
    assert [path for path in files_below([tmp_path / "sink"]) if path.suffix == ".eml"]
    assert list(files_below([sides.folder / "safe" / "backup"]))
    log = sides.log(WEB).read_text() + sides.log(WORKER).read_text()
    assert re.search(r"\d\d:\d\d", log), "the log says when, to the minute"
    assert re.findall(r"\d\d:\d\d:\d\d", log) == []
    assert re.findall(r"127\.0\.0\.1(?!:)", log) == [], "not even the address on the loopback"


@pytest.mark.parametrize(("how", "where"), [("log", "site.log"), ("digest", "seen")])
def test_the_scan_finds_what_main_would_keep(visited, monkeypatch, how, where):
    """Positive controls: main as it must not be."""
    sides, visit = visited
    sides.applications[WEB] = "tests.leaks.leaky:app"
    sides.more["LEAK"] = how
    _, traces = visit()

    assert {trace.place.rsplit("/", 1)[1] for trace in traces} == {where}
