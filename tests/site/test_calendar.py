"""What stands in the calendar of a consultation, in which order, and when an entry counts as changed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event

from consult.consultations.models import Consultation, ConsultationState
from consult.consultations.operations import (
    Dossier,
    archive_consultation,
    create_consultation,
    edit_consultation,
    save_terms,
)
from consult.core import clock
from consult.core.db import bound, reading, writing
from consult.core.texts import Texts
from consult.drafts.models import DraftVersion
from consult.rounds.models import Audience, Round
from consult.rounds.operations import extend_round
from consult.rounds.operations import open_round as open_next
from consult.site.calendar import (
    LONG_AGO,
    Entry,
    Of,
    ToldRound,
    What,
    entries_of_round,
    entry_of_due_date,
    entry_of_report,
    in_order,
    split,
)
from consult.site.queries_calendar import list_entries, list_entries_of
from tests.consultations.terms import whole_terms
from tests.drafts.test_operations import TWO, consultation, upload  # noqa: F401
from tests.reports.test_reports import answer, publish_report
from tests.rounds.test_comments import CLOSES, NOON, open_round, send  # noqa: F401

SHOWN = NOON - timedelta(days=40)
UPR = Of(7, "upr", Texts(en="Draft"), "UTC", 0, SHOWN)
HOUR = timedelta(hours=1)


def told(**changes):
    return ToldRound(**{
        "number": 2, "audience": Audience.PUBLIC, "opens_at": NOON, "closes_at": CLOSES, "extensions": 0, "extended_at": None,
        "is_newest": True, **changes,
    })  # fmt: skip


def test_a_round_for_everyone_opens_and_closes():
    assert list(entries_of_round(UPR, told())) == [
        Entry(UPR, What.OPENS, 2, NOON, 0, NOON),
        Entry(UPR, What.CLOSES, 2, CLOSES, 0, NOON),
    ]


def test_an_extended_round_says_so_at_its_closing_and_its_opening_stays_as_it_was():
    longer = told(closes_at=CLOSES + HOUR, extensions=2, extended_at=NOON + HOUR)

    opens, closes = entries_of_round(UPR, longer)

    assert opens == next(entries_of_round(UPR, told()))
    assert closes == Entry(UPR, What.CLOSES, 2, CLOSES + HOUR, 2, NOON + HOUR, is_extended=True)
    assert (opens.note, closes.note) == ("", "The time was extended.")


@pytest.mark.parametrize("audience", [Audience.INVITED, Audience.REGISTERED])
def test_of_a_round_for_some_the_closing_alone_is_told_while_it_is_the_newest(audience):
    """Neither when it opened, nor that it was extended, nor for whom it is: the page says none of it."""
    newest = told(audience=audience, extensions=1, extended_at=None)

    assert list(entries_of_round(UPR, newest)) == [Entry(UPR, What.CLOSES, 2, CLOSES, 1, SHOWN)]
    assert list(entries_of_round(UPR, newest._replace(is_newest=False))) == []


def test_what_nobody_noted_a_change_of_is_as_of_long_ago():
    of = UPR._replace(changed_at=None)

    assert entry_of_due_date(of, date(2027, 5, 3), changes=0, changed_at=None).changed_at == LONG_AGO
    assert entry_of_report(of, 1, NOON).changed_at == NOON


def test_days_and_months_are_those_of_the_place_where_the_consultation_is_held():
    late = datetime(2027, 3, 31, 20, 0, tzinfo=UTC)
    here, there = UPR, UPR._replace(id=8, zone="Pacific/Apia")
    entries = [next(entries_of_round(of, told(opens_at=late))) for of in (there, here)]

    with clock.at(NOON):
        coming = split(entries, NOON).coming

    assert [(one.first, one.entries) for one in coming] == [
        (date(2027, 3, 1), [entries[1]]),
        (date(2027, 4, 1), [entries[0]]),
    ]
    assert entries[0].written == "Thursday 1 April 2027, 09:00 (UTC+13)"
    assert entry_of_report(there, 1, late).when == date(2027, 4, 1)


def test_what_is_coming_has_the_next_first_and_what_is_over_the_last_first():
    due = entry_of_due_date(UPR, NOON.date(), changes=0, changed_at=None)
    opens, closes = entries_of_round(UPR, told())
    before = next(entries_of_round(UPR, told(opens_at=NOON - timedelta(days=60))))
    entries = [closes, due, before, opens]

    with clock.at(NOON):  # a round opens with its instant, a day is over with its last minute
        now = split(entries, NOON)
    with clock.at(NOON + timedelta(days=1)):
        tomorrow = split(entries, NOON + timedelta(days=1))

    assert [one for month in now.coming for one in month.entries] == [due, closes]
    assert [one for month in now.over for one in month.entries] == [opens, before]
    assert [one for month in tomorrow.over for one in month.entries] == [due, opens, before]
    assert in_order(entries) == [before, opens, due, closes], "what has no hour comes last on its day"


def test_answers_are_over_as_soon_as_they_are_published():
    answers = entry_of_report(UPR, 1, NOON - timedelta(minutes=1))

    assert split([answers], NOON).coming == []


# Of what is there


def dossier(made, **changes):
    kept = {name: getattr(made, name) for name in Dossier.__slots__}
    return Dossier(**{**kept, "languages": tuple(made.languages), **changes})


def edit(consultation, now, **changes):  # noqa: F811
    with writing() as db:
        made = db.get_one(Consultation, consultation.id)
        edit_consultation(db, made, dossier(made, **changes), by=consultation.dalia, now=now)


def extend(consultation, round_, now, closes_at):  # noqa: F811
    with writing() as db:
        made, found = db.get_one(Consultation, consultation.id), db.get_one(Round, round_.id)
        extend_round(db, made, found, closes_at=closes_at, by=consultation.dalia, now=now)


def versions(consultation):  # noqa: F811
    """How often and when each entry changed."""
    with reading() as db:
        return {one.what.value: (one.changes, one.changed_at) for one in list_entries_of(db, consultation.id)}


@pytest.mark.database
def test_an_entry_counts_as_changed_exactly_when_it_changes(consultation, open_round):  # noqa: F811
    edit(consultation, NOON, due_on=date(2027, 5, 3))
    begun = {"opens": (0, NOON), "closes": (0, NOON), "due": (1, NOON)}
    assert versions(consultation) == begun
    hours = [NOON + number * HOUR for number in range(1, 6)]

    edit(consultation, hours[0], cycle="fourth", what_it_is=Texts(en="A text"))
    with writing() as db:
        save_terms(db, db.get_one(Consultation, consultation.id), whole_terms(), by=consultation.dalia, now=hours[0])
    assert versions(consultation) == begun, "what no entry tells changed"

    extend(consultation, open_round, hours[1], CLOSES + HOUR)
    assert versions(consultation) == begun | {"closes": (1, hours[1])}

    edit(consultation, hours[2], due_on=date(2027, 5, 2))
    assert versions(consultation) == {"opens": (0, NOON), "closes": (1, hours[1]), "due": (2, hours[2])}

    edit(consultation, hours[3], title=Texts(en="Draft", ar="مشروع آخر"))
    assert versions(consultation) == {"opens": (1, hours[3]), "closes": (2, hours[3]), "due": (3, hours[3])}

    edit(consultation, hours[4], due_on=None)
    assert versions(consultation) == {"opens": (1, hours[3]), "closes": (2, hours[3])}
    edit(consultation, hours[4] + HOUR, due_on=date(2027, 5, 2))
    assert versions(consultation)["due"] == (5, hours[4] + HOUR), "a date that comes back is newer than when it went"


@pytest.mark.database
def test_nothing_tells_of_the_time_in_which_it_was_prepared(consultation):  # noqa: F811
    edit(consultation, NOON, due_on=date(2027, 5, 3), title=Texts(en="Another", ar="آخر"))
    with reading() as db:
        assert (list_entries_of(db, consultation.id), list_entries(db, now=NOON)) == ([], [])
        made = db.get_one(Consultation, consultation.id)
        assert (made.calendar_changes, made.calendar_changed_at, made.due_changes, made.due_changed_at) == (
            0,
            None,
            0,
            None,
        )


@pytest.mark.database
def test_the_calendar_holds_what_everybody_sees_and_nothing_of_what_is_prepared(consultation, open_round):  # noqa: F811
    with writing() as db:
        hidden = dossier(consultation, slug="hidden", due_on=date(2027, 6, 1))
        create_consultation(db, hidden, by=consultation.dalia, now=NOON)
    upload(consultation, TWO)

    with reading() as db:
        entries = list_entries(db, now=NOON)

    assert [(one.of.slug, one.what) for one in entries] == [("upr", What.OPENS), ("upr", What.CLOSES)]


@pytest.mark.database
def test_a_report_stands_there_on_its_day_and_all_stays_when_it_is_archived(consultation, open_round):  # noqa: F811
    ref = send(open_round).ref
    answer(ref, consultation)
    edit(consultation, NOON, time_zone="Pacific/Apia")
    late = datetime(2027, 4, 1, 20, 0, tzinfo=UTC)
    publish_report(consultation, open_round, now=late)
    with reading() as db:
        before = list_entries(db, now=late)
    with writing() as db:
        made = db.get_one(Consultation, consultation.id)
        archive_consultation(db, made, unanswered=0, sent_on=None, by=consultation.dalia, now=late + HOUR)
        assert made.state is ConsultationState.ARCHIVED

    with reading() as db:
        entries = list_entries(db, now=late + HOUR)
        much_later = list_entries(db, now=late + timedelta(days=3 * 366))
        own = list_entries_of(db, consultation.id)

    assert entries == before == own
    assert (entries[-1].what, entries[-1].when, entries[-1].changed_at) == (What.ANSWERS, date(2027, 4, 2), late)
    assert much_later == []


def open_another(consultation, audience, opens_at):  # noqa: F811
    """A round on a version that was just uploaded."""
    upload(consultation, TWO)
    with writing() as db:
        made = db.get_one(Consultation, consultation.id)
        version = db.query(DraftVersion).order_by(DraftVersion.number.desc()).first()
        open_next(
            db, made, version, closes_at=opens_at + HOUR, audience=audience, questions=Texts(),
            by=consultation.dalia, now=opens_at,
        )  # fmt: skip


def told_of(consultation):  # noqa: F811
    with reading() as db:
        return [(one.what.value, one.number) for one in list_entries_of(db, consultation.id)]


@pytest.mark.database
def test_a_round_for_the_invited_is_told_like_on_the_page_until_a_newer_one_opens(consultation, open_round):  # noqa: F811
    first = [("opens", 1), ("closes", 1)]

    open_another(consultation, Audience.INVITED, CLOSES + timedelta(days=1))
    assert told_of(consultation) == [*first, ("closes", 2)]

    open_another(consultation, Audience.PUBLIC, CLOSES + timedelta(days=2))
    assert told_of(consultation) == [*first, ("opens", 3), ("closes", 3)]


def test_twenty_consultations_ask_the_database_as_often_as_one(consultation, open_round):  # noqa: F811
    extend(consultation, open_round, NOON + HOUR, CLOSES + HOUR)
    asked = []
    event.listen(bound().engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    def ask():
        asked.clear()
        with reading() as db:
            return len(list_entries(db, now=NOON)), len([one for one in asked if one.startswith("SELECT")])

    one = ask()
    with writing() as db:
        version = db.query(DraftVersion).first()
        for number in range(19):
            made = create_consultation(
                db, dossier(consultation, slug=f"more-{number}", due_on=NOON.date()), by=consultation.dalia, now=NOON
            )
            made.state = ConsultationState.OPEN
            db.add(Round(
                consultation_id=made.id, number=1, version_id=version.id, opens_at=NOON, closes_at=CLOSES,
                audience=Audience.PUBLIC, extensions=1, questions=Texts(),
            ))  # fmt: skip

    assert one == (2, 4)
    assert ask() == (2 + 3 * 19, 4)
