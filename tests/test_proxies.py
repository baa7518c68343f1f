"""The example files for nginx, in use: before the main site, and before safe's clearnet listener."""

import gzip
import re
from urllib.parse import urlencode

import pytest

from consult.core import migrating
from consult.safe.self_check import served, trial_settings
from consult.safe.trial import set_up_trial
from consult.safe.web import PAGE_STEP
from tests.support.nginx import running_nginx
from tests.support.server import ROOT, serving

CONFIG = ROOT / "config"
NAMED = {
    "User-Agent": "CANARY-AGENT",
    "X-Forwarded-For": "203.0.113.77",
    "Cookie": "part=CANARY-COOKIE",
    "Referer": "https://mail.example/CANARY-REFERER",
    "Accept-Encoding": "gzip, br",
}


def ask(proxy, method, path, *, host, body=None, headers=(), encrypted=True):
    """(status, headers by lower-case name, body)."""
    connection = proxy.connection(encrypted=encrypted)
    form = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"} if body else {}
    connection.request(method, path, body, {"Host": host, **form, **dict(headers)})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, [(name.lower(), value) for name, value in answer.getheaders()], content


def files_with(folder, words):
    return [path for path in folder.rglob("*") if path.is_file() and any(word in path.read_bytes() for word in words)]


@pytest.fixture
def before_safe(tmp_path, monkeypatch):
    monkeypatch.setenv("SAFE_BASE_URL", "https://safe.example.org")  # for the processes that answer
    own = {"clearnet_bind": f"unix:{tmp_path / 'clearnet.sock'}", "base_url": "https://safe.example.org"}
    settings = trial_settings(tmp_path / "side", **own)
    set_up_trial(settings, "upr")
    with (
        served(settings, tmp_path / "side" / "log"),
        running_nginx(tmp_path / "nginx", CONFIG / "nginx-safe.conf", upstream=settings.clearnet_bind) as proxy,
    ):
        yield proxy


def test_nginx_before_safe_adds_nothing_to_its_headers_and_compresses_nothing(before_safe):
    status, headers, body = ask(before_safe, "GET", "/en/upr/", host="safe.example.org", headers=NAMED)

    assert status == 200
    assert len(body) % PAGE_STEP == 0
    names = [name for name, _ in headers]
    assert len(names) == len(set(names))
    assert set(names) == {
        "date", "connection", "content-type", "content-length", "cache-control", "content-security-policy", "referrer-policy",
        "x-content-type-options", "cross-origin-opener-policy", "cross-origin-resource-policy", "cross-origin-embedder-policy",
        "permissions-policy", "strict-transport-security",
    }  # fmt: skip


def test_nginx_before_safe_passes_a_long_comment_on_and_leaves_nothing_of_who_sent_it(before_safe, tmp_path):
    fields = {"text": "CANARY-WORDS " * 500, "use": "paraphrase", "do": "send_without", "evidence": "x" * 900}
    path = "/en/upr/comment/2/"
    status, _, body = ask(before_safe, "POST", path, host="safe.example.org", body=urlencode(fields), headers=NAMED)
    too_long, _, _ = ask(
        before_safe, "POST", path, host="safe.example.org", body="text=" + "CANARY-LONG " * 200_000, headers=NAMED
    )
    moved, headers, _ = ask(before_safe, "GET", path, host="safe.example.org", headers=NAMED, encrypted=False)

    assert (status, too_long, moved) == (200, 413, 301)
    assert b"We have your comment" in body
    assert dict(headers)["location"] == f"https://safe.example.org{path}"
    assert "server" not in dict(headers)
    assert files_with(tmp_path, [b"CANARY", b"203.0.113.77"]) == []


@pytest.fixture
def before_main(tmp_path):
    url = f"sqlite:///{tmp_path / 'consult.db'}"
    migrating.upgrade(url)
    environment = {
        "CONSULT_DATA_FOLDER": str(tmp_path / "data"),
        "CONSULT_DATABASE_URL": url,
        "CONSULT_BASE_URL": "https://consult.example.org",
        "CONSULT_PROXIES": "1",
    }
    with (
        serving("wsgi:app", folder=tmp_path, environment=environment) as address,
        running_nginx(tmp_path / "nginx", CONFIG / "nginx.conf", upstream=address.removeprefix("http://")) as proxy,
    ):
        yield proxy


def test_nginx_before_main_compresses_public_pages_and_names_no_server(before_main):
    status, headers, body = ask(before_main, "GET", "/en/", host="consult.example.org", headers=NAMED)
    found = dict(headers)

    assert status == 200
    assert found["content-encoding"] == "gzip"
    assert b"<main" in gzip.decompress(body)
    assert found["strict-transport-security"] == "max-age=31536000"
    assert "server" not in found
    status, again, _ = ask(
        before_main, "GET", "/en/", host="consult.example.org", headers={**NAMED, "If-None-Match": found["etag"]}
    )
    assert status == 304
    assert "server" not in dict(again)


def test_a_form_of_staff_is_taken_through_nginx_and_its_page_is_not_compressed(before_main, tmp_path):
    _, headers, page = ask(before_main, "GET", "/staff/sign-in/", host="consult.example.org", headers=NAMED)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.decode()).group(1)
    cookie = next(value for name, value in headers if name == "set-cookie")
    assert "content-encoding" not in dict(headers)
    assert "Secure" in cookie

    fields = {"csrf_token": token, "email": "nobody@x.example", "password": "four odd words here"}
    status, _, body = ask(
        before_main, "POST", "/staff/sign-in/", host="consult.example.org", body=urlencode(fields),
        headers={**NAMED, "Cookie": cookie.split(";")[0]},
    )  # fmt: skip

    assert status == 422
    assert b"nobody@x.example" in body  # the form came back: its token was taken
    assert files_with(tmp_path, [b"CANARY", b"203.0.113.77"]) == []
