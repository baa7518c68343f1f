"""What could tell found from not found, on the wire of the real servers of both sides: status, names of headers, every byte's count."""

import http.client
import re
import socket
from contextlib import closing
from urllib.parse import urlencode

from lxml import html

from consult.safe.receipts import new_code
from tests.leaks.test_canary import comment_under_a_name
from tests.support.two_sides import SLUG, withdraw_nameless, write_nameless


def on_the_wire(port, method, path, fields=None, *, encoding="gzip, br", cookie=""):
    """(status line, names of headers, length of head, length of body) as they come over the line."""
    body = urlencode(fields or {}).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: {encoding}\r\nConnection: close\r\n"
    if fields is not None:
        head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    head += f"Cookie: {cookie}\r\n" if cookie else ""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.sendall(head.encode() + b"\r\n" + body)
        came = b"".join(iter(lambda: line.recv(65_536), b""))
    top, _, rest = came.partition(b"\r\n\r\n")
    lines = top.decode("latin-1").split("\r\n")
    return lines[0], tuple(one.split(":")[0] for one in lines[1:]), len(top), len(rest), came


def test_a_code_of_safe_that_is_there_and_one_that_is_not_look_the_same(running):
    """Waiting, withdrawn, released to the officer, never there, mistyped. Safeguard: STATUS_LENGTH in consult/safe/web.py."""
    sides = running.sides
    waiting, withdrawn = write_nameless(sides, "It waits."), write_nameless(sides, "It goes.")
    assert withdraw_nameless(sides, withdrawn) == "Your comment is withdrawn"
    given = write_nameless(sides, "It was given out.")
    sides.exchange_day(1)
    fresh = write_nameless(sides, "It came today.")
    unknown = new_code()
    codes = (waiting, withdrawn, given, fresh, unknown, unknown[:-1] + str((int(unknown[-1]) + 1) % 10), "hello", "")

    for encoding in ("gzip, br", "identity"):
        seen = {
            on_the_wire(sides.safe_port, "POST", "/en/return/", {"code": code}, encoding=encoding)[:4] for code in codes
        }
        assert len(seen) == 1, seen
    headings = {
        re.search(rb"<h1>(.*?)</h1>", on_the_wire(sides.safe_port, "POST", "/en/return/", {"code": code})[4])[1]
        for code in codes
    }
    assert len(headings) == 4, "they say different things all the same"


def posted(port, page, fields):
    """The answer to a form of main that was loaded as a browser does."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as line:
        line.request("GET", page)
        answer = line.getresponse()
        body, cookie = answer.read(), answer.headers["Set-Cookie"].split(";")[0]
    form = next(one for one in html.fromstring(body).forms if one.method == "POST" and set(fields) <= set(one.fields))
    return on_the_wire(port, "POST", page, {**dict(form.form_values()), **fields}, cookie=cookie)


def test_main_answers_an_unknown_account_as_it_answers_a_wrong_password(running):
    """What was typed is shown again, so both addresses are of one length. Safeguard: one refusal in accounts/operations.py."""
    port, page = running.sides.main_port, "/staff/sign-in/"
    known, unknown = (
        posted(port, page, {"email": email, "password": "wrong"}) for email in ("ana@nhri.example", "anu@nhri.example")
    )

    assert known[:4] == unknown[:4]
    assert b'name="password"' in known[4]
    assert known[0].split()[1] == "422", known[0]


def test_main_answers_for_a_link_the_same_whether_it_knows_the_address(running):
    """Safeguard: `ask_for_link` answers alike (consult/reports/views_mine.py)."""
    port, page = running.sides.main_port, f"/en/consultations/{SLUG}/my-link/"
    assert comment_under_a_name(port) == 303  # as berta@org.example
    known, unknown = (posted(port, page, {"email": email}) for email in ("berta@org.example", "bertu@org.example"))

    assert known[:4] == unknown[:4]
    assert known[0].split()[1] in ("200", "303"), known[0]
