"""The custodian file as main serves it: the same bytes, under one address, with a policy that lets only them run."""

import base64
import hashlib
import re

import pytest
from flask import Flask

from consult.custody import custodian as served
from consult.custody.custodian import policy_of
from tests.custody.making import SETTINGS

SCRIPT, STYLE = b'\n"use strict"; WebAssembly;\n', b"\nbody { margin: 0 }\n"
PAGE = (
    b"<!doctype html><html><head><style>"
    + STYLE
    + b"</style></head><body><script>"
    + SCRIPT
    + b"</script></body></html>"
)


@pytest.fixture
def a_file(tmp_path, monkeypatch):
    """A small file of the same form."""
    (tmp_path / "custodian.html").write_bytes(PAGE)
    monkeypatch.setattr(served, "shipped", lambda _folder: tmp_path)
    return PAGE


def hashed(inside: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(inside).digest()).decode()}'"


def test_it_is_the_same_bytes_for_everyone_under_a_policy_of_its_own(client, a_file):
    answer = client.get("/staff/custodian/")

    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert (answer.status_code, answer.data) == (200, a_file)
    assert policy["script-src"] == f"{hashed(SCRIPT)} 'wasm-unsafe-eval'"
    assert policy["style-src"] == hashed(STYLE)
    assert {policy[name] for name in ("default-src", "connect-src", "form-action", "frame-ancestors")} == {"'none'"}
    assert "Set-Cookie" not in answer.headers


def test_no_other_page_runs_a_script(client, a_file):
    assert "script-src" not in client.get("/en/custodian/").headers["Content-Security-Policy"]


@pytest.mark.parametrize("language", ["en", "ar", "zh"])
def test_its_sha256_is_public(client, a_file, language):
    page = client.get(f"/{language}/custodian/")

    digits = re.search(r"<code>([0-9a-f ]+)</code>", page.text)
    assert digits is not None
    assert digits[1].replace(" ", "") == hashlib.sha256(a_file).hexdigest()


def test_another_byte_is_another_file_and_another_policy():
    assert policy_of(PAGE) != policy_of(PAGE.replace(b"margin: 0", b"margin: 1"))
    assert "wasm" not in policy_of(PAGE.replace(b"WebAssembly", b"nothing"))


def test_where_it_was_not_built_the_page_says_so(client, tmp_path, monkeypatch):
    monkeypatch.setattr(served, "shipped", lambda _folder: tmp_path)

    assert client.get("/staff/custodian/").status_code == 404
    assert "does not hold the file" in client.get("/en/custodian/").text


def test_without_a_safe_there_are_officers_and_protected_entries_and_no_desk(settings, database):
    import dataclasses

    import consult
    from consult.custody import sides

    plain = dataclasses.replace(settings, safe_url="", safe_key="", safe_onion="")
    consult.start(plain)
    made: Flask = consult.create_app(plain)
    rules = {rule.endpoint.split(".")[0] for rule in made.url_map.iter_rules()}

    assert SETTINGS["safe_url"]
    assert sides.safe() is None
    assert rules & {"custody_staff", "custody_public", "sealed_staff", "safe_desk_staff"} == {
        "custody_staff",
        "custody_public",
        "sealed_staff",
    }
    assert "comments without a name" not in made.test_client().get("/en/custodian/").text
    assert sides.here().installation == sides.name_of(settings)
