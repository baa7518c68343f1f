"""What pages say about comments without a name, and that a released one cannot be told from a named one without a name."""

import csv
import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from lxml import html

from consult.accounts.models import SessionKind, Staff, StaffState
from consult.accounts.operations import begin_session
from consult.consultations import doors
from consult.consultations.models import Participant
from consult.core import clock
from consult.core.db import reading, writing
from consult.reports.models import ReportKind
from consult.reports.operations import publish_report
from consult.responses import operations as answers
from consult.responses.models import Answer, Outcome
from consult.rounds import operations as rounds
from consult.rounds.models import Comment, Consent, Round
from consult.rounds.queries import find_quoted
from consult.safe_desk import operations
from consult.safe_desk.jobs import exchange_run
from tests.custody.fixtures import ANA, BEN, CLOSES, NOON, consultation, desk, rows  # noqa: F401
from tests.custody.making import an_officer, lay_batch, manifests, released, result
from tests.safe_desk.test_results import AFTER, UNTIL, hand_in, run
from tests.support.world import a_remark

PUBLIC = "/en/consultations/upr/"
SAFE = "https://safe.example/en/upr/"


@pytest.fixture
def client(app):
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


def test_the_page_says_how_one_comments_without_a_name_and_who_opens_it(desk, client):  # noqa: F811
    desk.in_use()
    with clock.at(NOON):
        page = html.fromstring(client.get(PUBLIC).get_data())

    (link,) = [one for one in page.iter("a") if one.get("href") == SAFE]
    words = page.text_content()
    assert link.get("rel") == "noreferrer"
    assert "http://safeexample.onion/en/upr/" in words
    assert not [one for one in page.iter("a") if ".onion" in (one.get("href") or "")]
    for maker in (ANA, BEN):
        assert maker.fingerprint in words
    assert "\u2068Ombudsman of Maravel\u2069, appointed on" in words
    assert "ministry that writes" not in words


def test_an_officer_in_the_ministry_is_said_to_work_there(desk, client):  # noqa: F811
    inside = an_officer("Min", in_ministry=True)
    desk.appoint(ANA)
    desk.appoint(inside)
    desk.open_key(ANA, officers=(ANA, inside))
    desk.confirm(ANA)
    desk.confirm(inside)
    desk.open_round()

    with clock.at(NOON):
        exchange_run()
        assert "This officer works in the ministry that writes the draft." in client.get(PUBLIC).text
        assert "This officer works in the ministry" in client.get("/en/custodian/").text
    assert "works in the ministry" in manifests(desk.safe)[-1]["officers_note"]["en"]


def test_a_round_that_takes_none_says_nothing_of_it(desk, client):  # noqa: F811
    desk.appoint(ANA)
    desk.open_round(takes_nameless=False)

    with clock.at(NOON):
        for page in (PUBLIC, f"{PUBLIC}comment/1/", f"{PUBLIC}draft/"):
            assert "safe.example" not in client.get(page).text
            assert "without-a-name" not in client.get(page).text


def test_the_form_of_a_named_comment_leads_to_the_other_way(desk, client):  # noqa: F811
    desk.in_use()

    with clock.at(NOON):
        page = client.get(f"{PUBLIC}comment/1/")

    assert f"{PUBLIC}#without-a-name" in page.text
    assert "safe.example" not in page.text


def test_a_door_says_that_it_identifies_and_prints_plain_addresses_without_a_link(desk, client):  # noqa: F811
    desk.in_use()
    with writing() as db:
        made = Participant(
            ref="p",
            consultation_id=desk.upr(db).id,
            name="A",
            organisation="",
            category="",
            email="",
            language="en",
            created_at=NOON,
        )
        db.add(made)
        db.flush()
        token = doors.token_of(doors.door_of(db, made))

    with clock.at(NOON):
        page = html.fromstring(client.get(f"/en/door/{token}").get_data())
    words = " ".join(page.text_content().split())

    assert "This personal link identifies you." in words
    assert "https://safe.example" in words
    assert "http://safeexample.onion" in words
    assert not [one for one in page.iter("a") if "safe" in (one.get("href") or "")]
    assert token not in words
    with clock.at(CLOSES):
        assert "identifies you" not in client.get(f"/en/door/{token}").text


def test_every_footer_leads_to_what_to_do_when_threatened(desk, client):  # noqa: F811
    desk.in_use()

    with clock.at(NOON):
        for page in (
            "/en/",
            PUBLIC,
            f"{PUBLIC}draft/",
            f"{PUBLIC}comment/1/",
            "/en/custodian/",
            "/staff/sign-in/",
            "/en/nowhere/",
        ):
            footer = html.fromstring(client.get(page).get_data()).find(".//footer")
            assert [one for one in footer.iter("a") if (one.get("href") or "").endswith("/threatened/")], page


# --- nothing tells the one from the other ------------------------------------------------------------------------------


def named(desk, place: int):  # noqa: F811
    """A comment under a name whose author chose “without name”."""
    with writing() as db:
        round_ = db.get_one(Round, desk.round.id)
        quoted = find_quoted(db, round_.version_id, "1", ["en"])
        remark = a_remark(text=f"Named {place}.", consent=Consent.WITHOUT_NAME, name=f"PERSON {place}")
        return rounds.send_comment(db, round_, quoted, remark, once=f"n{place}", now=NOON)


@pytest.fixture
def published(desk):  # noqa: F811
    """Six named and six nameless comments, all “without name”, answered and published; one of each withdrawn afterwards."""
    desk.round = desk.in_use()
    desk.named = [named(desk, place).ref for place in range(6)]
    run(AFTER)
    lay_batch(1, manifest=manifests(desk.safe)[-1]["number"])
    run(AFTER)
    given = [released(place) for place in range(6)]
    desk.nameless = [one["ref"] for one in given]
    hand_in(desk, ANA, result(ANA, 1, release=given, closing=True), now=AFTER)
    with writing() as db:
        for comment in db.query(Comment):
            answers.mark_screened(db, desk.upr(db), comment, by=desk.dalia, now=AFTER)
            answers.answer_comment(
                db, desk.upr(db), comment, Answer(Outcome.NOTED, "Thank you.", "en"), by=desk.dalia, now=AFTER
            )
        operations.announce_withdrawals(
            db, desk.upr(db), db.get_one(Round, desk.round.id), UNTIL, by=desk.dalia, now=AFTER
        )
    run(UNTIL)
    lay_batch(2, manifest=manifests(desk.safe)[-1]["number"])
    run(UNTIL)
    hand_in(desk, ANA, result(ANA, 2, batches=2, closing=True), now=UNTIL)
    with writing() as db:
        publish_report(
            db,
            desk.upr(db),
            db.get_one(Round, desk.round.id),
            kind=ReportKind.FINAL,
            answers_by=None,
            by=desk.dalia,
            now=UNTIL,
        )
    hand_in(desk, ANA, result(ANA, 3, batches=2, withdrawn=(desk.nameless[0],)), now=UNTIL)
    from consult.reports.operations import withdraw_comment

    with writing() as db:
        withdraw_comment(db, db.query(Comment).filter_by(ref=desk.named[0]).one(), now=UNTIL)
    return desk


def alike(shown: dict[str, str], one: list[str], other: list[str]) -> None:
    """What is shown of each comment is the same but for its number and its words."""
    plain = {ref: re.sub(r"(Named|Released) \d\.", "WORDS", words.replace(ref, "REF")) for ref, words in shown.items()}
    plain = {ref: re.sub(r'"seal": "[0-9a-f]{32}"', '"seal": "SEAL"', words) for ref, words in plain.items()}  # random
    for these in (one, other):
        assert set(these) <= set(plain)
    assert {plain[ref] for ref in one[1:]} == {plain[ref] for ref in other[1:]}
    assert plain[one[0]] == plain[other[0]]  # withdrawn


def test_every_public_format_shows_both_alike(published, client):
    with clock.at(UNTIL):
        whole = json.loads(client.get(f"{PUBLIC}response.json").data)
        sheet = client.get(f"{PUBLIC}response.csv").data.decode("utf-8-sig")
        word = client.get(f"{PUBLIC}response.docx").data
        pages = [client.get(f"{PUBLIC}response/").text, client.get(f"{PUBLIC}paragraphs/1/").text]
    items = {one["comment"]: one for part in whole["paragraphs"] for one in part["items"]}
    said = {
        ref: json.dumps([{**one, "position": 0, "digest": ""}, whole["said"][str(one["position"])]], sort_keys=True)
        for ref, one in items.items()
    }
    lines = {row[1]: "|".join(row) for row in csv.reader(io.StringIO(sheet)) if row[1] in items}

    alike(said, published.named, published.nameless)
    alike(lines, published.named, published.nameless)
    assert {len(ref) for ref in items} == {12}
    text_of_word = zipfile.ZipFile(io.BytesIO(word)).read("word/document.xml").decode()
    for page in (*pages, text_of_word, sheet, json.dumps(whole)):
        for trace in ("PERSON", "safe", "1970", "nameless"):
            assert trace not in re.sub(r"https://safe\.example\S*", "", page), trace
    for page in pages:
        alike(shown_on(page, list(items)), published.named, published.nameless)


def shown_on(page: str, refs: list[str]) -> dict[str, str]:
    """The smallest part of a page that holds a comment's number and its answer."""
    tree = html.fromstring(page)
    found = {}
    for ref in refs:
        holding = [
            one
            for one in tree.iter()
            if isinstance(one.tag, str) and ref in one.text_content() and "Thank you." in one.text_content()
        ]
        smallest = min(holding, key=lambda one: len(one.text_content()))
        found[ref] = html.tostring(smallest, with_tail=False).decode()
    return found


def test_totals_are_given_for_both_together(published, client):
    with clock.at(UNTIL):
        numbers = json.loads(client.get(f"{PUBLIC}response.json").data)["numbers"]

    assert (numbers["comments"], numbers["answered"]) == (12, 12)
    assert not [name for name in numbers if "safe" in name or "name" in name or "channel" in name]


def test_the_place_in_the_report_says_nothing_of_the_way_it_came(published):
    """By number, and numbers are random for both."""
    with reading() as db:
        from consult.reports.models import ReportItem

        refs = [one.comment_ref for one in db.query(ReportItem).order_by(ReportItem.position)]

    assert refs == sorted(refs)


def test_the_team_sees_no_time_and_no_name_and_no_number_under_five(published, app, client):
    with writing() as db:
        db.get_one(Staff, published.dalia.id).state = StaffState.ACTIVE
        secret = begin_session(db, SessionKind.STAFF, published.dalia.actor, now=UNTIL, lasts=timedelta(hours=1))
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = secret, True
    with clock.at(UNTIL):
        pages = {
            name: client.get(f"/staff/consultations/upr/{name}").text
            for name in (
                "comments/",
                "answers/?show=all",
                f"answers/{published.nameless[1]}/",
                "without-a-name/",
                "round/",
            )
        }
    listed = re.findall(r"(?:Named|Released) \d", pages["comments/"])

    assert [words for words in listed if "Named" in words] == [f"Named {place}" for place in range(1, 6)]
    assert all("Released" in words for words in listed[:5])
    assert "Arrived" not in pages[f"answers/{published.nameless[1]}/"]
    assert "Without a name" in pages[f"answers/{published.nameless[1]}/"]
    cannot_see = html.fromstring(pages["without-a-name/"])
    for one in cannot_see.xpath("//header | //footer | //ol | //*[contains(@class, 'muted')]"):
        one.drop_tree()
    words = re.sub(r"\d{1,2} \w+ \d{4}|\d{4}|\d\d:\d\d|UTC", "", cannot_see.find(".//main").text_content())
    assert re.findall(r"\d+", words) == []


def test_nothing_of_the_channel_is_in_the_journal(published):
    words = str(
        rows("SELECT event, actor, codes FROM journal_entry WHERE event LIKE 'comment.%' OR event LIKE 'report.%'")
    )

    assert "safe" not in words
    for ref in (*published.named[1:], *published.nameless[1:]):
        assert words.count(ref) == 2  # screened, answered
