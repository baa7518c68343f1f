"""What every page has in common, tried on the real application with a few probe pages."""

import logging
from dataclasses import replace

import pytest
from flask import Blueprint, render_template_string, session
from sqlalchemy.exc import OperationalError

import consult
from consult.core.error_pages import ERRORS
from consult.core.http import CSP, public_response, safe_next
from consult.core.refusals import Refused

PUBLIC = "public, max-age=60"
PRIVATE = "private, no-store"


class NotYet(Refused):
    message = "Not before %(day)s."


def probes():
    bp = Blueprint("probe", __name__)

    @bp.get("/<lang>/probe/<status>/")
    def refuse(status):
        from flask import abort

        abort(int(status))

    @bp.get("/<lang>/refused/")
    def refused():
        raise NotYet(day="Sunday")

    @bp.get("/<lang>/fault/")
    def fault():
        raise RuntimeError("typed by somebody: anna@example.org")

    @bp.get("/<lang>/away/")
    def away():
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    @bp.get("/<lang>/public/")
    def public():
        return public_response("<p>words</p>", "v1")

    @bp.get("/<lang>/with-session/")
    def with_session():
        session["x"] = 1
        return public_response("<p>words</p>", "v1")

    @bp.get("/<lang>/with-token/")
    def with_token():
        return public_response(render_template_string("{{ csrf_token() }}"), "v1")

    @bp.post("/<lang>/form/")
    def form():
        return "taken"

    return bp


@pytest.fixture
def probe(settings, database):
    app = consult.create_app(settings)
    app.register_blueprint(probes())
    return app.test_client()


@pytest.mark.parametrize("status", sorted(set(ERRORS) - {500}))
@pytest.mark.parametrize("lang", ["en", "ar", "zh"])
def test_every_refusal_has_a_page_in_the_pages_language(probe, status, lang):
    answer = probe.get(f"/{lang}/probe/{status}/")

    assert answer.status_code == status
    assert f'lang="{lang}"' in answer.text
    assert answer.headers["Content-Security-Policy"] == CSP
    assert answer.headers["Cache-Control"] == PRIVATE


def test_a_fault_shows_a_number_and_logs_no_word_of_what_was_typed(probe, caplog):
    with caplog.at_level(logging.INFO):
        answer = probe.get("/en/fault/")

    number = caplog.records[-1].getMessage().split()[-1]
    assert answer.status_code == 500
    assert number in answer.text
    assert "anna" not in caplog.text
    assert "/en/fault" not in caplog.text
    assert "probe.fault" in caplog.text


def test_a_database_that_is_away_answers_503(probe):
    answer = probe.get("/en/away/")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")


def test_a_refusal_is_shown_with_its_sentence(probe):
    answer = probe.get("/en/refused/")

    assert answer.status_code == 422
    assert "Not before Sunday." in answer.text


def test_an_unknown_language_is_not_found(probe):
    assert probe.get("/xx/public/").status_code == 404


def test_a_method_that_is_not_there_names_those_that_are(probe):
    answer = probe.post("/en/public/")

    assert answer.status_code in (400, 405)


@pytest.mark.parametrize("weak", ["", "W/"])  # a proxy that compresses marks the tag as weak
def test_a_public_page_may_be_kept_and_is_not_sent_twice(probe, weak):
    first = probe.get("/en/public/")
    again = probe.get("/en/public/", headers={"If-None-Match": weak + first.headers["ETag"]})

    assert first.headers["Cache-Control"] == PUBLIC
    assert (again.status_code, again.data) == (304, b"")
    assert "Set-Cookie" not in first.headers


@pytest.mark.parametrize("page", ["with-session", "with-token"])
def test_a_page_that_uses_a_session_or_a_token_is_private_whatever_it_says(probe, page):
    answer = probe.get(f"/en/{page}/")

    assert answer.headers["Cache-Control"] == PRIVATE
    assert "ETag" not in answer.headers


@pytest.mark.parametrize("base", ["http://localhost", "https://localhost"])
def test_a_form_without_its_token_is_refused(probe, base):
    assert probe.post("/en/form/", base_url=base).status_code == 400


@pytest.mark.parametrize("base", ["http://localhost", "https://localhost"])
def test_a_form_with_its_token_is_taken(probe, base):
    token = probe.get("/en/with-token/", base_url=base).text

    answer = probe.post("/en/form/", data={"csrf_token": token}, base_url=base)

    assert answer.text == "taken"


@pytest.mark.parametrize(
    ("site", "status"), [("same-origin", 200), ("none", 200), ("cross-site", 403), ("same-site", 403)]
)
def test_a_form_sent_from_elsewhere_is_refused(probe, site, status):
    token = probe.get("/en/with-token/").text

    answer = probe.post("/en/form/", data={"csrf_token": token}, headers={"Sec-Fetch-Site": site})

    assert answer.status_code == status


def test_ten_megabytes_are_refused(probe):
    token = probe.get("/en/with-token/").text

    answer = probe.post("/en/form/", data={"csrf_token": token, "text": "x" * 10_000_000})

    assert answer.status_code == 413


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "", None, "/a\nb"]
)
def test_safe_next_never_leaves_the_site(address):
    assert safe_next(address, "/staff/") == "/staff/"


def test_safe_next_goes_on_within_the_site():
    assert safe_next("/en/consultations/upr/?x=1#p-3", "/staff/") == "/en/consultations/upr/?x=1#p-3"


def test_static_files_are_kept_for_long(probe):
    with probe.get("/static/consult.css") as answer:
        assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Security-Policy"] == CSP


def test_the_brake_counts_what_writes_for_everybody_together(settings, database):
    app = consult.create_app(replace(settings, requests_per_minute=2))
    app.register_blueprint(probes())
    client = app.test_client()

    answers = [client.post("/en/form/").status_code for _ in range(3)]

    assert answers == [400, 400, 429]
    assert client.get("/en/public/").status_code == 200
