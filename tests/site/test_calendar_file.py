"""The calendar as a file: read again by icalendar, and by its lines, whatever a title says."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from consult.core import i18n
from consult.core.texts import Texts
from consult.rounds.models import Audience
from consult.site.calendar import Of, ToldRound, entries_of_round, entry_of_due_date, entry_of_report
from consult.site.calendar_file import Feed, calendar_file, uid_of

NOON = datetime(2027, 3, 14, 12, 0, tzinfo=UTC)
DAY = NOON.replace(hour=0)
CLOSES = NOON + timedelta(days=12)
BASE, KEY = "https://consult.example.org", b"k" * 32
UPR = Of(7, "upr", Texts(en="Draft"), "Pacific/Apia", 0, NOON)
ROUND = ToldRound(1, Audience.PUBLIC, NOON, CLOSES, 0, None, True)
FEED = Feed("Calendar", f"{BASE}/en/calendar/", f"{BASE}/en/calendar.ics")


@pytest.fixture(autouse=True)
def languages():
    i18n.configure([i18n.KNOWN[code] for code in ("en", "ar", "zh")], [])


def made(entries, feed=FEED, key=KEY):
    return calendar_file(feed, entries, base_url=BASE, key=key)


def events(content):
    return Calendar.from_ical(content).walk("VEVENT")


def all_entries(of=UPR):
    return [
        *entries_of_round(of, ROUND),
        entry_of_due_date(of, date(2027, 5, 3), changes=0, changed_at=NOON),
        entry_of_report(of, 1, CLOSES),
    ]


def test_the_file_says_what_it_is_and_how_often_to_ask_again():
    found = Calendar.from_ical(made(all_entries()))

    said = {name: found[name].to_ical().decode() for name in found}

    assert said == {
        "VERSION": "2.0", "PRODID": "-//Consult//Consult//EN", "CALSCALE": "GREGORIAN", "METHOD": "PUBLISH",
        "NAME": "Calendar", "X-WR-CALNAME": "Calendar", "URL": FEED.page, "SOURCE": FEED.source, "REFRESH-INTERVAL": "PT6H",
        "X-PUBLISHED-TTL": "PT6H",
    }  # fmt: skip
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT6H\r\n" in made([])


def test_an_instant_is_one_of_the_worlds_time_and_a_day_is_a_day():
    opens, closes, due, answers = events(made(all_entries()))

    assert [one["DTSTART"].dt for one in (opens, closes)] == [NOON, CLOSES]
    assert [one["DTSTART"].dt for one in (due, answers)] == [date(2027, 5, 3), date(2027, 3, 27)]
    lines = made(all_entries()).decode().splitlines()
    assert [line for line in lines if line.startswith("DTSTART")] == [
        "DTSTART:20270314T120000Z", "DTSTART:20270326T120000Z", "DTSTART;VALUE=DATE:20270503", "DTSTART;VALUE=DATE:20270327",
    ]  # fmt: skip
    assert "Saturday 27 March 2027, 01:00 (UTC+13)" in closes["DESCRIPTION"], "where the consultation is held"


def test_each_entry_has_all_that_a_program_needs_to_keep_it():
    closes = events(made(all_entries()))[1]

    said = {name: str(closes[name]) for name in ("SUMMARY", "DESCRIPTION", "URL", "STATUS", "TRANSP", "CLASS")}

    page = f"{BASE}/en/consultations/upr/"
    assert said == {
        "SUMMARY": "Comments close: Draft", "URL": page, "STATUS": "CONFIRMED", "TRANSP": "TRANSPARENT", "CLASS": "PUBLIC",
        "DESCRIPTION": f"Comments are taken until Saturday 27 March 2027, 01:00 (UTC+13).\n{page}",
    }  # fmt: skip
    assert (closes["DTSTAMP"].dt, closes["LAST-MODIFIED"].dt, closes["SEQUENCE"]) == (DAY, DAY, 0), (
        "no second tells of an act"
    )


def test_an_entry_says_the_minute_that_the_page_says_and_no_second():
    opens, _closes = events(made(list(entries_of_round(UPR, ROUND._replace(opens_at=NOON + timedelta(seconds=45))))))

    assert opens["DTSTART"].dt == NOON


def test_an_entry_keeps_its_name_when_its_time_moves_and_its_number_grows():
    longer = ROUND._replace(closes_at=CLOSES + timedelta(days=2), extensions=1, extended_at=NOON + timedelta(days=1))
    before = events(made(list(entries_of_round(UPR, ROUND))))
    after = events(made(list(entries_of_round(UPR, longer))))

    assert [one["UID"] for one in after] == [one["UID"] for one in before]
    assert before[0] == after[0], "its opening"
    assert [(one[1]["SEQUENCE"], one[1]["LAST-MODIFIED"].dt) for one in (before, after)] == [
        (0, DAY), (1, DAY + timedelta(days=1)),
    ]  # fmt: skip
    assert after[1]["DTSTART"].dt == CLOSES + timedelta(days=2)
    assert "The time was extended." in after[1]["DESCRIPTION"]
    assert "The time was extended." not in before[1]["DESCRIPTION"]


def test_names_of_entries_are_all_different_the_same_in_every_language_and_betray_no_number():
    entries = [*all_entries(), *all_entries(UPR._replace(id=71)), *entries_of_round(UPR, ROUND._replace(number=2))]

    names = [uid_of(one, KEY) for one in entries]
    with i18n.use_language("ar"):
        in_arabic = [str(one["UID"]) for one in events(made(entries))]

    assert len(set(names)) == len(entries)
    assert in_arabic == names
    assert uid_of(entries[0], b"x" * 32) != names[0], "by whoever has not the key it cannot be told which id it is of"


@pytest.mark.parametrize("title", ["مشروع التقرير الوطني " * 12, "国家报告草稿征求意见稿" * 20, "🏳️‍🌈" * 40, "a" * 200])
@pytest.mark.parametrize("language", ["en", "ar", "zh"])
def test_no_line_is_longer_than_75_octets_and_none_is_cut_within_a_letter(title, language):
    with i18n.use_language(language):
        content = made(all_entries(UPR._replace(title=Texts({language: title}))), Feed(title, FEED.page, FEED.source))

    lines = content.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert all(line.decode("utf-8") is not None for line in lines)
    assert b"\n" not in b"".join(lines)
    assert all(title.strip() in one["SUMMARY"] for one in events(content))


EVIL = "Draft\r\nEND:VEVENT\nBEGIN:VEVENT\rATTENDEE:mailto:x@x.example\u2028SUMMARY:x;,:\\n\\"


def test_a_title_that_looks_like_a_calendar_stays_a_title():
    plain, content = (
        made(all_entries()),
        made(all_entries(UPR._replace(title=Texts(en=EVIL))), FEED._replace(name=EVIL)),
    )

    found = events(content)

    assert [sorted(one) for one in found] == [sorted(one) for one in events(plain)], "no entry and no property more"
    assert content.count(b"\r\nBEGIN:") == plain.count(b"\r\nBEGIN:")
    said = "Draft END:VEVENT BEGIN:VEVENT ATTENDEE:mailto:x@x.example SUMMARY:x;,:\\n\\"
    assert found[0]["SUMMARY"] == f"Comments open: {said}"
    assert Calendar.from_ical(content)["NAME"] == said


@given(st.text(max_size=200), st.sampled_from(["en", "ar", "zh"]), st.sampled_from(["en", "ar", "zh"]))
def test_whatever_a_title_says_the_file_has_the_same_shape(title, language, written):
    of = UPR._replace(title=Texts({written: title}))
    with i18n.use_language(language):
        content, plain = made(all_entries(of), FEED._replace(name=title)), made(all_entries())

        lines = content.split(b"\r\n")
        assert max(len(line) for line in lines) <= 75
        assert not any(octet < 32 or octet == 127 for line in lines for octet in line)
        assert [sorted(one) for one in events(content)] == [sorted(one) for one in events(plain)]
        for one, other in zip(events(content), events(plain), strict=True):
            assert {name: one[name] for name in one if name != "SUMMARY"} == {
                name: other[name] for name in other if name != "SUMMARY"
            }


def test_a_title_in_another_language_is_marked_off_and_its_language_is_not_claimed():
    with i18n.use_language("ar"):
        foreign = events(made(all_entries()))[0]
        own = events(made(all_entries(UPR._replace(title=Texts(ar="مشروع")))))[0]

    assert "\u2068Draft\u2069" in foreign["SUMMARY"]
    assert "LANGUAGE" not in foreign["SUMMARY"].params
    assert own["SUMMARY"].params["LANGUAGE"] == "ar"


def test_a_calendar_without_an_entry_is_a_calendar_still():
    """RFC 5545 3.6: there must be at least one component."""
    found = Calendar.from_ical(made([]))

    assert [one.name for one in found.subcomponents] == ["VTIMEZONE"]
    assert made([]) == made([])
