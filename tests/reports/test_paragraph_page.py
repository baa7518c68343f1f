"""A paragraph's own page: its text now, what was said and answered, and where an old number leads."""

import pytest

from consult.core import clock
from consult.core.db import writing
from consult.reports import operations
from consult.responses.models import Outcome
from consult.rounds.models import Comment
from tests.drafts.test_changes import THREE
from tests.drafts.test_operations import NOON, TWO, consultation, publish, upload  # noqa: F401
from tests.reports.test_reports import AFTER, answer, publish_report
from tests.rounds.test_comments import open_round, send  # noqa: F401

PAGE = "/en/consultations/upr/paragraphs/"


@pytest.fixture
def reported(open_round, consultation):  # noqa: F811
    """A round on version 1 with a comment on paragraphs 1 and 2, version 2, and the report."""
    refs = [send(open_round, once=ref, ref=ref, text=f"SAID-ON-{ref}").ref for ref in ("1", "2")]
    for one in refs:
        answer(one, consultation, Outcome.NOTED, f"BECAUSE-{one}")
    version, _ = upload(consultation, TWO)
    publish(consultation, version)
    publish_report(consultation, open_round)
    return refs


def test_a_paragraph_shows_its_text_and_what_was_said_under_its_new_number(reported, client):
    now_third = client.get(f"{PAGE}3/").text

    assert "SAID-ON-2" in now_third
    assert f"BECAUSE-{reported[1]}" in now_third
    assert "SAID-ON-1" not in now_third
    assert "SAID-ON-" not in client.get(f"{PAGE}2/").text


def test_the_number_of_an_older_version_leads_to_the_paragraph_through_its_key(reported, client):
    assert client.get(f"{PAGE}2/?version=1").location == f"{PAGE}3/"
    assert client.get(f"{PAGE}3/?version=2").location == f"{PAGE}3/"


def test_a_sub_item_leads_to_its_paragraph(open_round, client):  # noqa: F811
    assert client.get(f"{PAGE}1a/").location == f"{PAGE}1/"


def test_a_paragraph_that_is_gone_says_so_and_keeps_what_was_said(reported, consultation, client):  # noqa: F811
    version, _ = upload(consultation, THREE)
    publish(consultation, version)

    gone = client.get(f"{PAGE}2/?version=2")

    assert gone.status_code == 410
    assert "no longer in the draft" in gone.text
    assert "as it stood in version 2" in gone.text


@pytest.mark.parametrize(
    "tail", ["99/", "h-nonsense/", "1/?version=9", "1/?version=x", "1/?version=-1", "%00/", "1%27%20OR%201=1/"]
)
def test_nothing_is_found_where_nothing_is(reported, client, tail):
    assert client.get(PAGE + tail).status_code == 404


def test_nothing_is_said_before_the_report_is_published(open_round, consultation, client):  # noqa: F811
    answer(send(open_round, ref="1", text="NOT-YET-PUBLIC").ref, consultation)

    with clock.at(NOON):
        page = client.get(f"{PAGE}1/").text

    assert "NOT-YET-PUBLIC" not in page
    assert "/comment/1/" in page  # the round is open
    with clock.at(AFTER):
        assert "/comment/1/" not in client.get(f"{PAGE}1/").text


def test_the_page_is_kept_by_caches_until_a_comment_is_withdrawn(reported, client):
    before = client.get(f"{PAGE}3/")
    tag = before.headers["ETag"]
    assert before.headers["Cache-Control"] == "public, max-age=60"
    assert client.get(f"{PAGE}3/", headers={"If-None-Match": tag}).status_code == 304

    with writing() as db:
        operations.withdraw_comment(db, db.query(Comment).filter_by(ref=reported[1]).one(), now=AFTER)

    after = client.get(f"{PAGE}3/", headers={"If-None-Match": tag})
    assert after.status_code == 200
    assert "SAID-ON-2" not in after.text
    assert "Withdrawn by its author" in after.text


def test_the_whole_draft_has_a_page_of_its_comments(open_round, consultation, client):  # noqa: F811
    answer(send(open_round, ref="0", text="ON-THE-WHOLE").ref, consultation)
    publish_report(consultation, open_round)

    assert "ON-THE-WHOLE" in client.get(f"{PAGE}0/").text
    assert "ON-THE-WHOLE" not in client.get(f"{PAGE}1/").text


def test_the_page_is_the_same_in_another_language(reported, client):
    page = client.get("/ar/consultations/upr/paragraphs/3/")

    assert page.status_code == 200
    assert 'dir="rtl"' in page.text
    assert "SAID-ON-2" in page.text
