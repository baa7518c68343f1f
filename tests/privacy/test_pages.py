"""What the pages say of retention is what the table of the code says, and what the last run did."""

import pytest
from lxml import html

from consult.consultations.models import Participant
from consult.core import i18n
from consult.core.db import Base, writing
from consult.privacy.kind import STAYS
from consult.privacy.kinds import KINDS
from consult.privacy.showing import how_long
from consult.privacy.terms import use_terms
from consult.tables import import_all
from tests.privacy.making import HOUR, NOW, a_bounce, a_leaving, over, run
from tests.support.privacy_page import printed, standing

import_all()


def words(element):
    return " ".join(element.text_content().split())


def kinds_on(page):
    """(what, [cells]) of each kind on a page, in its order."""
    rows = html.fromstring(page).xpath("//li[starts-with(@id, 'kind-')]")
    return [(row.get("id"), words(row.find("p")), [words(cell) for cell in row.iter("dd")]) for row in rows]


@pytest.mark.parametrize("language", ["en", "ar", "zh"])
def test_the_privacy_page_says_what_the_table_says_in_every_language(client, language):
    answer = client.get(f"/{language}/privacy/")

    with i18n.use_language(language):
        said = [
            (
                f"kind-{one.code}",
                str(one.what),
                [str(one.why), how_long(one), *([] if one.then is STAYS else [str(one.then)]), str(one.who)],
            )
            for one in KINDS
        ]
    assert kinds_on(answer.text) == said
    assert len({what for _, what, _ in said}) == len(KINDS)


def test_the_privacy_page_is_for_caches_and_changes_with_runs_and_terms(client, settings):
    first = client.get("/en/privacy/")
    again = client.get("/en/privacy/", headers={"If-None-Match": first.headers["ETag"]})
    run()
    after = client.get("/en/privacy/")
    fields = {name: getattr(settings, name) for name in type(settings).__dataclass_fields__}
    use_terms(type(settings)(**{**fields, "retention_mail_days": 40}))
    changed = client.get("/en/privacy/")
    use_terms(settings)

    assert first.headers["Cache-Control"].startswith("public")
    assert "Set-Cookie" not in first.headers
    assert "<script" not in first.text
    assert again.status_code == 304
    assert "It has not been done yet." in first.text
    assert "The last time was on 1 September 2028." in after.text
    assert "40 days, counted from" in changed.text
    assert len({one.headers["ETag"] for one in (first, after, changed)}) == 3


def test_the_page_of_the_site_shows_the_last_runs_to_the_administrator(world):
    with writing() as db:
        for number in (1, 2):
            a_bounce(db, over("bounces") - HOUR, number)
        a_leaving(db, over("leavings") - HOUR, 3)
    before = world.browser("administrator").get("/staff/site/").text
    run()

    page = world.browser("administrator").get("/staff/site/").text

    assert "It has not been done yet." in before
    (shown,) = html.fromstring(page).xpath("//h2[contains(., 'What was erased')]/following-sibling::ul[1]/li")
    assert words(shown.find("p")) == "1 September 2028"
    gone = {words(one) for one in shown.iter("li") if one is not shown}
    by_code = {one.code: str(one.what) for one in KINDS}
    assert {f"2 · {by_code['bounces']}", f"1 · {by_code['leavings']}"} <= gone
    assert not {one for one in gone if one.startswith("0")}
    assert world.browser("secretariat").get("/staff/site/").status_code == 403


def test_who_was_erased_is_said_to_be_erased_on_the_teams_pages(world):
    with writing() as db:
        (one,) = db.query(Participant).filter_by(organisation="Organisation participant")
        one.name, one.organisation, one.erased_at = "", "", NOW

    browser = world.browser("secretariat")

    assert "Name erased" in browser.get("/staff/consultations/upr/participants/").text
    assert "Name erased" in browser.get(f"/staff/consultations/upr/answers/{world.ids['upr']['own']}/").text


# Tables that hold nothing of people: the State's own texts and decisions, numbers, and files that nobody here can open.
OF_NOBODY = {
    "announcement", "answer_release", "batch", "consultation", "consultation_key", "desk_result", "draft_upload",
    "draft_version", "exchange_fault", "frozen_report", "half_copy", "installation", "campaign", "campaign_approval", "campaign_text",
    "code_tries", "import_column", "list_message", "list_words", "mail_halt", "mailing_list", "pace", "smart_group",
    "journal_head", "language_version", "nameless_round", "opening", "paragraph", "paragraph_text", "phones_keyed", "report",
    "result_upload", "retention_run", "round", "safe_file", "safe_report", "terms_text", "triage", "triage_tally", "window",
}  # fmt: skip


def test_every_table_has_its_kind_or_holds_nothing_of_people():
    named = {table for one in KINDS for table in one.tables}

    assert named | OF_NOBODY == set(Base.metadata.tables)
    assert not named & OF_NOBODY


def test_the_page_for_operators_prints_the_table(settings, database):
    with i18n.use_language("en"):
        assert standing() == printed(), "stale: python -m tests.support.privacy_page"
