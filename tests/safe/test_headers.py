"""Headers by value, on every address and every status, over real gunicorn processes: what is not on the list fails.

Safeguards: HEADERS in consult/safe/web.py, SafeWorker in gunicorn_parts.py (no Server), NoSessions (no Set-Cookie).
"""

import http.client
import socket

import pytest

import consult
from consult.safe.self_check import served
from tests.safe.conftest import FORM

NEVER = {"server", "etag", "last-modified", "content-encoding", "x-powered-by", "vary", "set-cookie"}
FEATURES_LEAST = {"camera", "geolocation", "microphone", "payment", "usb"}
FORM_TYPE = {"Content-Type": "application/x-www-form-urlencoded"}


def directives(value):
    """A policy as {directive: set of sources}."""
    return {part.split()[0]: set(part.split()[1:]) for part in value.split(";")}


def check_headers(headers, *, status, is_https=False, path=""):
    """What every answer must have, and may have, read by its meaning."""
    have = {name.lower(): value for name, value in headers}
    assert len(have) == len(headers), "no header twice"
    assert directives(have.pop("content-security-policy")) == {
        "default-src": {"'none'"},
        "style-src": {"'self'"},
        "img-src": {"'self'"},
        "form-action": {"'self'"},
        "base-uri": {"'none'"},
        "frame-ancestors": {"'none'"},
    }
    features = dict(part.strip().split("=", 1) for part in have.pop("permissions-policy").split(","))
    assert set(features.values()) == {"()"}
    assert set(features) >= FEATURES_LEAST
    assert have.pop("referrer-policy") == "no-referrer"
    assert have.pop("x-content-type-options") == "nosniff"
    # each value is one that its own specification knows: they are easily exchanged
    assert have.pop("cross-origin-opener-policy") == "same-origin"
    assert have.pop("cross-origin-resource-policy") == "same-origin"
    assert have.pop("cross-origin-embedder-policy") == "require-corp"
    assert have.pop("cache-control") == "no-store"
    assert have.pop("strict-transport-security", "") == ("max-age=63072000" if is_https else "")
    assert have.pop("content-type") in (
        "text/html; charset=utf-8",
        "text/css; charset=utf-8",
        "text/plain",
        "text/plain; charset=utf-8",
    )
    assert have.pop("content-length").isdigit()
    if "/leave/" in path and status == 200:
        assert have.pop("clear-site-data") == '"cache", "cookies", "storage"'
        assert "Max-Age=0" in have.pop("set-cookie")
    if status in (301, 302, 303, 308):
        assert have.pop("location")
    if status == 405:
        have.pop("allow", "")
    assert not set(have) & NEVER
    assert set(have) <= {"date", "connection"}, have


ASKS = [
    ("GET", "/", 302),
    ("GET", "/healthz", 200),
    ("GET", "/style.css", 200),
    ("GET", "/en/", 200),
    ("HEAD", "/en/upr/", 200),
    ("GET", "/en/upr/", 200),
    ("GET", "/en/upr", 308),
    ("GET", "/ar/upr/paragraphs/", 200),
    ("GET", FORM, 200),
    ("POST", FORM, 422),
    ("GET", "/en/return/", 200),
    ("POST", "/en/return/", 200),
    ("GET", "/en/return/reply/", 303),
    ("POST", "/en/return/reply/", 409),
    ("GET", "/en/return/withdraw/", 303),
    ("POST", "/en/return/withdraw/", 409),
    ("GET", "/en/leave/", 200),
    ("GET", "/en/threatened/", 200),
    ("GET", "/en/nothing/", 404),
    ("GET", "/xx/", 404),
    ("POST", "/en/upr/", 405),
    ("PUT", FORM, 405),
    ("OPTIONS", "/en/", 405),
]
BODIES = [
    ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x--", 415),
    ({"Content-Type": "application/json"}, b"{}", 415),
    ({**FORM_TYPE, "Content-Length": "1000001"}, b"", 413),
    ({**FORM_TYPE, "Sec-Fetch-Site": "cross-site"}, b"text=x", 403),
]
MALFORMED = [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nbad header\r\n\r\n", b"GET /%s HTTP/1.1\r\n\r\n" % (b"a" * 9000)]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A real server, its address as (host, port)."""
    from consult.safe.self_check import trial_settings
    from consult.safe.trial import set_up_trial

    folder = tmp_path_factory.mktemp("headers")
    settings = trial_settings(folder)
    set_up_trial(settings, "upr")
    with served(settings, folder / "log"):
        host, _, port = settings.clearnet_bind.rpartition(":")
        yield host, int(port)


def ask(site, method, path, headers, body=None):
    connection = http.client.HTTPConnection(*site, timeout=30)
    connection.putrequest(method, path)
    if body is not None and "Content-Length" not in headers:
        headers = {**headers, "Content-Length": str(len(body))}
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.getheaders()


def test_every_address_and_every_status_has_the_headers(site):
    for method, path, wanted in ASKS:
        form = FORM_TYPE if method == "POST" else {}
        status, headers = ask(
            site, method, path, {**form, "Accept-Encoding": "gzip, br"}, b"do=check" if method == "POST" else None
        )
        assert (method, path, status) == (method, path, wanted)
        check_headers(headers, status=status, path=path)
    for headers, body, wanted in BODIES:
        status, got = ask(site, "POST", FORM, headers, body)
        assert status == wanted
        check_headers(got, status=status)


def test_every_rule_is_asked(settings, trial):
    app = consult.create_safe_app(settings, listener="clearnet")
    asked = {path.replace("/ar/", "/en/") for _, path, _ in ASKS}
    rules = {
        str(rule).replace("<lang>", "en").replace("<slug>", "upr").replace("<ref>", "2")
        for rule in app.url_map.iter_rules()
    }

    assert rules <= asked


@pytest.mark.parametrize("words", MALFORMED, ids=["line", "header", "long"])
def test_what_is_no_request_is_answered_without_its_words(site, words):
    with socket.create_connection(site, timeout=30) as line:
        line.sendall(words)
        said = b""
        while chunk := line.recv(65536):
            said += chunk
    head, _, body = said.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    check_headers([tuple(one.split(": ", 1)) for one in lines[1:]], status=400)
    assert body == b"We could not read what your browser sent.\n"


def test_a_fault_outside_of_the_application_has_the_headers(settings, trial, capsys):
    app = consult.create_safe_app(settings, listener="clearnet")

    def broken(_environ, _start):
        raise RuntimeError("what somebody typed")

    app.wsgi_app.application = broken
    answer = app.test_client().get("/en/")

    assert answer.status_code == 500
    check_headers(list(answer.headers), status=500)
    assert "typed" not in capsys.readouterr().err + answer.text


def test_gunicorn_says_nothing_of_a_request_in_its_log(capsys):
    """Safeguard: SafeLogger. (In an installation `logging` is switched off as well, in consult/safe_main.py.)"""
    from gunicorn.config import Config

    from consult.safe.gunicorn_parts import SafeLogger

    log = SafeLogger(Config())
    for say in (log.debug, log.info, log.warning, log.error, log.critical):
        say("Invalid request from ip=%s", "203.0.113.7")
    try:
        raise ValueError("/en/203.0.113.7/")
    except ValueError:
        log.exception("Error handling request %s", "/en/203.0.113.7/")
    log.access(None, None, {"REMOTE_ADDR": "203.0.113.7"}, None)

    said = capsys.readouterr()
    assert "203.0.113.7" not in said.out + said.err
    assert "ValueError at" in said.err


def test_strict_transport_on_https_and_never_on_the_onion(settings, trial):
    from dataclasses import replace

    secure = replace(settings, base_url="https://safe.example.org")
    clearnet = consult.create_safe_app(secure, listener="clearnet").test_client().get("/en/upr/")
    onion = consult.create_safe_app(secure, listener="onion").test_client().get("/en/upr/")

    check_headers(list(clearnet.headers), status=200, is_https=True)
    check_headers(list(onion.headers), status=200)


def test_no_page_of_a_whole_visit_sets_a_cookie(person):
    person.client.get("/en/upr/")
    answers = [person.check(), person.send(), person.come_back(), person.reply("More."), person.withdraw()]

    assert [answer.headers.get("Set-Cookie") for answer in answers] == [None] * 5
