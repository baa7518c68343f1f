"""The calendar as people and programs ask for it: a page, two files, and the page of the consultation, which says all of it too."""

from datetime import date, timedelta

import pytest
from icalendar import Calendar
from lxml import html

from consult.consultations.models import Consultation, ConsultationState
from consult.consultations.operations import edit_consultation
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.texts import Texts
from consult.rounds.models import Audience, Round
from consult.rounds.operations import extend_round
from consult.site.queries_calendar import list_entries_of
from tests.consultations.test_operations import a_dossier
from tests.support.world import CLOSES, NOON, everything, open_round, upload

FILES = ("/en/calendar.ics", "/en/consultations/upr/calendar.ics")
ALL = ("/en/calendar/", *FILES)
FOREIGN = "BEGIN:VEVENT"


def words_of(page):
    return " ".join(html.fromstring(page).text_content().split())


def say(world, slug="upr", **changes):
    with writing() as db:
        made = db.query(Consultation).filter_by(slug=slug).one()
        kept = {name: getattr(made, name) for name in ("slug", "title", "kind", "cycle", "time_zone", "due_on",
                                                       "what_it_is", "what_we_ask", "other_ways")}  # fmt: skip
        said = a_dossier(**{**kept, "languages": tuple(made.languages), **changes})
        edit_consultation(db, made, said, by=world.staff["secretariat"], now=NOON)


def extend(world, closes_at=CLOSES + timedelta(days=3)):
    with writing() as db:
        made = db.query(Consultation).filter_by(slug="upr").one()
        found = db.get_one(Round, world.rounds["upr"].id)
        extend_round(db, made, found, closes_at=closes_at, by=world.staff["secretariat"], now=NOON)


def events(answer):
    return Calendar.from_ical(answer.data).walk("VEVENT")


@pytest.mark.parametrize("path", ALL)
def test_a_look_changes_nothing_needs_no_session_and_is_answered_from_a_cache(world, path):
    before, client = everything(), world.browser("visitor")

    first = client.get(path)
    head = client.head(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert [first.status_code, head.status_code, again.status_code] == [200, 200, 304]
    assert (head.data, again.data) == (b"", b"")
    for one in (first, head, again):
        assert one.headers["Cache-Control"] == "public, max-age=60"
        assert one.headers["ETag"] == first.headers["ETag"]
        assert "Set-Cookie" not in one.headers
    assert everything() == before
    assert client.post(path).status_code == 405


@pytest.mark.parametrize("path", ALL)
def test_a_change_makes_another_answer_and_an_hour_does_not(world, path):
    client = world.browser("visitor")
    first = client.get(path)
    with clock.at(NOON + timedelta(hours=1)):
        later = client.get(path)
    assert (later.data, later.headers["ETag"]) == (first.data, first.headers["ETag"])

    extend(world)

    changed = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_the_page_moves_what_has_happened_though_nothing_was_written(world):
    client = world.browser("visitor")
    first = client.get("/en/calendar/")

    with clock.at(CLOSES):
        later = client.get("/en/calendar/", headers={"If-None-Match": first.headers["ETag"]})

    assert "No date is ahead just now." not in first.text
    assert "No date is ahead just now." in later.text
    assert client.get("/en/calendar.ics").mimetype == "text/calendar"


@pytest.mark.parametrize("language", ["en", "ar", "zh"])
def test_nothing_stands_in_the_calendar_that_the_page_of_the_consultation_does_not_say(world, language):
    say(world, due_on=date(2027, 5, 3), time_zone="Pacific/Apia")
    extend(world)
    client = world.browser("visitor")

    facts = html.fromstring(client.get(f"/{language}/consultations/upr/").data).xpath(
        "//section[@aria-labelledby='dates']//dd"
    )
    page = [(one.getprevious().text_content(), one.text_content()) for one in facts]
    calendar = html.fromstring(client.get(f"/{language}/calendar/").data)

    rows = [
        one for one in calendar.xpath("//li[contains(@class, 'hung')]") if one.xpath(".//a[contains(@href, '/upr/')]")
    ]
    assert len(rows) == 6
    for row in rows:
        what, _, when = (one.text_content() for one in row.xpath(".//p"))
        assert (what, when) in page
    own, all_ = (
        events(client.get(f"/{language}{path}")) for path in ("/consultations/upr/calendar.ics", "/calendar.ics")
    )
    assert own == [one for one in all_ if "/upr/" in one["URL"]]
    assert [str(one["SUMMARY"]).split(": ")[0].split("：")[0] for one in own] == [
        row.xpath(".//strong")[0].text_content() for row in in_time(rows, calendar)
    ]


def in_time(rows, calendar):
    """The rows of the page as the file has them: what is over stands the other way round."""
    over = calendar.xpath("//section[@aria-labelledby='over']")[0]
    past = [one for one in rows if over in one.iterancestors()]
    return [*reversed(past), *(one for one in rows if one not in past)]


def test_a_round_for_some_tells_its_closing_and_neither_its_opening_nor_for_whom_it_is(world):
    with clock.at(CLOSES + timedelta(days=1)):
        upload(world, "upr", "# I. Overview\n\n1. Another.\n")
        open_round(
            world,
            "upr",
            now=CLOSES + timedelta(days=1),
            closes_at=CLOSES + timedelta(days=9),
            audience=Audience.INVITED,
        )
        found = events(world.browser("visitor").get("/en/consultations/upr/calendar.ics"))
        with reading() as db:
            upr = db.query(Consultation).filter_by(slug="upr").one()
            third = [one for one in list_entries_of(db, upr.id) if one.number == 3]

    assert [one.what.value for one in third] == ["closes"]
    assert [str(one["SUMMARY"]) for one in found].count("Comments open: Draft upr") == 2
    assert [str(one["SUMMARY"]) for one in found].count("Comments close: Draft upr") == 3
    assert not any("nvit" in str(one["DESCRIPTION"]) for one in found)


def test_what_is_not_public_is_absent(world):
    say(world, "other", title=Texts(en="Secret dossier", ar="سر", zh="秘密"), due_on=date(2027, 6, 1))
    client = world.browser("visitor")
    assert "Secret dossier" in client.get("/en/calendar/").text
    with writing() as db:
        db.query(Consultation).filter_by(slug="other").one().state = ConsultationState.PREPARING

    answers = [client.get(path) for path in ALL]

    assert not any("Secret" in one.text or "/other/" in one.text for one in answers)
    assert [client.get(f"/en/consultations/{slug}/calendar.ics").status_code for slug in ("other", "nowhere")] == [
        404,
        404,
    ]


def test_a_calendar_with_nothing_in_it_says_so(world):
    with writing() as db:
        for one in db.query(Consultation):
            one.state = ConsultationState.PREPARING
    client = world.browser("visitor")

    page, answer = client.get("/en/calendar/"), client.get("/en/calendar.ics")

    assert "No date is ahead just now." in page.text
    assert "Over" not in words_of(page.data)
    assert events(answer) == []


def test_the_calendar_is_led_to_from_home_from_the_foot_of_each_page_and_from_beside_the_deadline(world):
    client = world.browser("visitor")
    home, page = (html.fromstring(client.get(path).data) for path in ("/en/", "/en/consultations/upr/"))
    calendar = html.fromstring(client.get("/en/calendar/").data)

    assert home.xpath("//main//a[@href='/en/calendar/']")
    assert page.xpath("//footer//a[@href='/en/calendar/']")
    beside = page.xpath("//p[@class='until']/a[@href='/en/consultations/upr/calendar.ics']")
    assert [one.text_content() for one in beside] == ["Add the dates to your calendar"]
    assert calendar.xpath("//main//a[@href='/en/calendar.ics']")
    kinds = "//link[@rel='alternate'][@type='text/calendar']/@href"
    assert (calendar.xpath(kinds), page.xpath(kinds)) == (["/en/calendar.ics"], ["/en/consultations/upr/calendar.ics"])


def test_a_title_falls_back_like_everywhere_and_is_marked(world):
    say(world, title=Texts(en=f"Draft <b>{FOREIGN}</b>", ar="مشروع"))
    client = world.browser("visitor")

    row = html.fromstring(client.get("/zh/calendar/").data).xpath("//a[@href='/zh/consultations/upr/']")[0]
    found = events(client.get("/zh/consultations/upr/calendar.ics"))

    assert (row.get("lang"), row.get("dir"), row.text_content()) == ("en", "ltr", f"Draft <b>{FOREIGN}</b>")
    assert all(str(one["SUMMARY"]).endswith(f"：Draft <b>{FOREIGN}</b>") for one in found)
    assert len(found) == 5
