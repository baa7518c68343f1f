"""Terms of seats: from a day until a day, either of which may lie ahead; counted where the mechanism works."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.core import days
from consult.core.db import reading, violated, writing
from consult.mailings.operations_succession import sweep_seats
from consult.stakeholders import rules_seats
from consult.stakeholders.models import Basis
from consult.stakeholders.models_seats import Seat, SeatRole, SeatState
from consult.stakeholders.operations import change_stakeholder
from consult.stakeholders.operations_merging import merge_stakeholders
from consult.stakeholders.operations_seats import Appointment, appoint_seat, end_seat, hand_over
from consult.stakeholders.queries_seats import Gap, gaps_of, holds_seat, list_seats, read_composition
from tests.stakeholders.test_operations import NOON, Dalia, an_entry
from tests.stakeholders.test_registry import PERSON, TODAY, a_ministry, a_person, again

DAY = timedelta(days=1)
FOCAL, ALTERNATE = SeatRole.FOCAL_POINT, SeatRole.ALTERNATE


def term(institution, person, since, until=None, role=FOCAL, now=NOON):
    with writing() as db:
        made = Appointment(again(db, person), since, "Letter", until)
        return appoint_seat(db, again(db, institution), role, made, by=Dalia(), now=now)


def sweep(now):
    with writing() as db:
        return sweep_seats(db, now=now)


def stands(institution, *people):
    """The state of each seat by number, and the basis of each of these people."""
    with reading() as db:
        states = [one.state.value for one in sorted(list_seats(db, institution.id), key=lambda one: one.number)]
        return states, [again(db, one).basis for one in people]


@pytest.mark.database
def test_a_term_ahead_is_recorded_and_counts_from_its_day_to_its_day(database):
    ministry, alma = a_ministry(), a_person("Alma")

    term(ministry, alma, TODAY + 2 * DAY, TODAY + 5 * DAY)

    assert stands(ministry, alma) == (["coming"], [Basis.NONE])
    assert sweep(NOON + DAY) == 0
    assert stands(ministry, alma) == (["coming"], [Basis.NONE])
    assert sweep(NOON + 2 * DAY) == 1
    assert stands(ministry, alma) == (["held"], [Basis.DUTY])
    assert sweep(NOON + 4 * DAY) == 0
    assert sweep(NOON + 5 * DAY) == 1
    assert stands(ministry, alma) == (["over"], [Basis.NONE])
    assert sweep(NOON + 9 * DAY) == 0


@pytest.mark.database
def test_an_end_ahead_leaves_the_seat_until_then_and_may_still_move(database):
    ministry, alma = a_ministry(), a_person("Alma")
    seat = term(ministry, alma, TODAY - DAY)
    for until in (TODAY + 9 * DAY, TODAY + 3 * DAY):
        with writing() as db:
            end_seat(db, again(db, ministry), db.get_one(Seat, seat.id), until, by=Dalia(), now=NOON)
    with reading() as db:
        seats = list_seats(db, ministry.id)
        composition, vacant = read_composition(db)

    assert (stands(ministry, alma), seats[0].until) == ((["held"], [Basis.DUTY]), TODAY + 3 * DAY)
    assert gaps_of(seats) == [Gap(FOCAL, None, ends=TODAY + 3 * DAY), Gap(SeatRole.ALTERNATE, None)]
    assert (composition[0].filled[FOCAL], vacant[0].gaps) == (1, gaps_of(seats))
    sweep(NOON + 3 * DAY)
    with pytest.raises(rules_seats.SeatOver), writing() as db:
        end_seat(db, again(db, ministry), db.get_one(Seat, seat.id), TODAY + 9 * DAY, by=Dalia(), now=NOON)
    with reading() as db:
        assert gaps_of(list_seats(db, ministry.id))[0] == Gap(FOCAL, TODAY + 3 * DAY)


@pytest.mark.database
def test_a_hand_over_on_a_day_ahead_changes_holder_and_duty_on_that_day(database):
    ministry, alma, bela = a_ministry(), a_person("Alma"), a_person("Bela")
    seat = term(ministry, alma, TODAY - DAY)

    with writing() as db:
        made = Appointment(again(db, bela), TODAY + 3 * DAY, "")
        hand_over(db, again(db, ministry), db.get_one(Seat, seat.id), made, by=Dalia(), now=NOON)

    assert stands(ministry, alma, bela) == (["held", "coming"], [Basis.DUTY, Basis.NONE])
    with reading() as db:
        assert [one.role for one in gaps_of(list_seats(db, ministry.id))] == [SeatRole.ALTERNATE]
        assert [holds_seat(db, one.id) for one in (alma, bela)] == [True, False]
    assert sweep(NOON + 3 * DAY) == 2
    assert stands(ministry, alma, bela) == (["over", "held"], [Basis.NONE, Basis.DUTY])


@pytest.mark.database
def test_check_appoint_seat_takes_terms_that_follow_and_none_that_meet(database):
    ministry, alma, bela = a_ministry(), a_person("Alma"), a_person("Bela")
    term(ministry, alma, TODAY, TODAY + 10 * DAY)
    term(ministry, bela, TODAY + 20 * DAY, TODAY + 30 * DAY)

    term(ministry, bela, TODAY + 10 * DAY, TODAY + 20 * DAY)
    term(ministry, alma, TODAY + 30 * DAY)
    for since, until, refusal in (
        (TODAY + 9 * DAY, TODAY + 10 * DAY, rules_seats.DayWrong),
        (TODAY - 9 * DAY, TODAY + DAY, rules_seats.SeatTaken),
        (TODAY + 40 * DAY, TODAY + 50 * DAY, rules_seats.SeatTaken),
        (TODAY - 5 * DAY, TODAY - 6 * DAY, rules_seats.TermWrong),
        (TODAY, TODAY, rules_seats.TermWrong),  # nobody would hold it
    ):
        with pytest.raises(refusal):
            term(ministry, bela, since, until)
    term(ministry, bela, TODAY - 9 * DAY, TODAY)  # of the past: it is over at once

    assert stands(ministry, alma, bela)[0] == ["held", "coming", "coming", "coming", "over"]


def test_several_hold_a_seat_of_several_with_terms_that_meet(database):
    ministry, alma, bela = a_ministry(), a_person("Alma"), a_person("Bela")

    term(ministry, alma, TODAY, TODAY + 9 * DAY, SeatRole.ALTERNATE)
    term(ministry, bela, TODAY + DAY, None, SeatRole.ALTERNATE)
    term(ministry, alma, TODAY + 9 * DAY, None, SeatRole.ALTERNATE)  # the same again, when the first is over

    assert stands(ministry)[0] == ["held", "coming", "coming"]


@pytest.mark.database
def test_check_appoint_seat_takes_no_two_terms_of_one_holder_that_meet(database):
    ministry, alma, bela = a_ministry(), a_person("Alma"), a_person("Bela")
    first = term(ministry, alma, TODAY, None, ALTERNATE)

    with pytest.raises(rules_seats.HoldsAlready):
        term(ministry, alma, TODAY + 2 * DAY, None, ALTERNATE)
    term(ministry, alma, TODAY + 2 * DAY, None, SeatRole.MEMBER)
    with writing() as db:
        end_seat(db, again(db, ministry), db.get_one(Seat, first.id), TODAY + 5 * DAY, by=Dalia(), now=NOON)
    for since, until in ((TODAY + 4 * DAY, None), (TODAY - DAY, TODAY + DAY)):
        with pytest.raises(rules_seats.HoldsAlready):
            term(ministry, alma, since, until, ALTERNATE)
    term(ministry, alma, TODAY + 5 * DAY, None, ALTERNATE)
    with pytest.raises(rules_seats.HoldsAlready), writing() as db:
        end_seat(db, again(db, ministry), db.get_one(Seat, first.id), TODAY + 6 * DAY, by=Dalia(), now=NOON)
    term(ministry, bela, TODAY, None, ALTERNATE)

    assert stands(ministry)[0] == ["held", "coming", "coming", "held"]


def test_no_two_terms_meet_of_entries_that_are_one(database):
    ministry, alma, twin = a_ministry(), a_person("Alma"), a_person("Alma", email="alma2@gov.example")
    term(ministry, twin, TODAY, None, ALTERNATE)
    with writing() as db:
        merge_stakeholders(db, again(db, twin), again(db, alma), by=Dalia(), now=NOON)

    with pytest.raises(rules_seats.HoldsAlready):
        term(ministry, alma, TODAY + DAY, None, ALTERNATE)


def test_a_seat_that_cannot_begin_keeps_no_other_from_its_day(database, caplog):
    ministry, alma, bela = a_ministry(), a_person("Alma"), a_person("Bela")
    term(ministry, alma, TODAY, None, ALTERNATE)
    with database.engine.begin() as connection:  # as terms were written that met before the database refused them
        trigger = "terms_of_a_holder_never_meet_insert"
        made = connection.scalar(text(f"SELECT sql FROM sqlite_master WHERE name = '{trigger}'"))
        connection.execute(text(f"DROP TRIGGER {trigger}"))
        connection.execute(
            text(
                "INSERT INTO seat (institution_id, number, role, holder_id, since, state, appointed_by)"
                " SELECT institution_id, 2, role, holder_id, '2027-03-16', 'coming', '' FROM seat"
            )
        )
        connection.execute(text(made))
    term(ministry, bela, date(2027, 3, 16), None)

    assert sweep(NOON + 9 * DAY) == 1

    assert stands(ministry, alma, bela) == (["held", "coming", "held"], [Basis.DUTY, Basis.DUTY])
    assert [one.getMessage() for one in caplog.records if one.name == "consult.mailings.operations_succession"] == [
        "seat 2 did not turn: HoldsAlready"
    ]
    with writing() as db:
        first = db.query(Seat).filter_by(number=1).one()
        end_seat(db, again(db, ministry), first, date(2027, 3, 16), by=Dalia(), now=NOON + 9 * DAY)
    assert sweep(NOON + 9 * DAY) == 1
    assert stands(ministry, alma)[0] == ["over", "held", "held"]


def test_a_seat_that_has_not_begun_is_called_off_by_ending_it_on_its_first_day(database):
    ministry, alma, bela = a_ministry(), a_person("Alma"), a_person("Bela")
    seat = term(ministry, alma, TODAY + 5 * DAY)

    with writing() as db:
        end_seat(db, again(db, ministry), db.get_one(Seat, seat.id), TODAY + 5 * DAY, by=Dalia(), now=NOON)
    term(ministry, bela, TODAY)

    assert stands(ministry, alma, bela) == (["over", "held"], [Basis.NONE, Basis.DUTY])


def test_days_are_those_of_the_mechanism(database):
    ministry, alma = a_ministry(), a_person("Alma")
    evening = datetime(2027, 3, 14, 20, 0, tzinfo=UTC)  # the 15th in Apia
    days.use_zone("Pacific/Apia")
    try:
        term(ministry, alma, date(2027, 3, 15), now=evening)
        in_apia = stands(ministry, alma)
        assert days.begins_at(date(2027, 3, 15)) == datetime(2027, 3, 14, 11, 0, tzinfo=UTC)
    finally:
        days.use_zone("UTC")
    other, bela = a_ministry(name="Ministry of Health", email="h@gov.example"), a_person("Bela")
    term(other, bela, date(2027, 3, 15), now=evening)

    assert (in_apia, stands(other, bela)) == ((["held"], [Basis.DUTY]), (["coming"], [Basis.NONE]))


@pytest.mark.database
def test_duty_comes_when_a_holder_who_had_no_address_gets_one(database):
    ministry, alma = a_ministry(), a_person("Alma", email="")
    term(ministry, alma, TODAY)
    assert stands(ministry, alma)[1] == [Basis.NONE]

    with writing() as db:
        entry = an_entry(**PERSON, name="Alma", email="alma@gov.example", basis=Basis.NONE)
        change_stakeholder(db, again(db, alma), entry, by=Dalia(), now=NOON)
    sweep(NOON)

    assert stands(ministry, alma)[1] == [Basis.DUTY]
    assert sweep(NOON) == 0


@pytest.mark.database
@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("UPDATE seat SET until = '2090-01-01' WHERE number = 1", "terms_of_a_seat_never_meet"),
        ("UPDATE seat SET state = 'held' WHERE number = 2", "uq_seat_one_holder"),
        ("UPDATE seat SET since = '2099-01-01' WHERE number = 2", "seat_only_ends"),
        ("UPDATE seat SET follows_id = 99 WHERE number = 2", "seat_only_ends"),
        ("UPDATE seat SET until = '2027-03-10' WHERE number = 3", "ended_seat_never_changes"),
        ("UPDATE seat SET state = 'held' WHERE number = 3", "ended_seat_never_changes"),
    ],
)
def test_the_database_refuses_terms_that_cannot_be(database, sql, name):
    ministry, alma, bela = a_ministry(), a_person("Alma"), a_person("Bela")
    term(ministry, alma, TODAY, TODAY + 9 * DAY)
    term(ministry, bela, TODAY + 9 * DAY)
    term(ministry, bela, TODAY - 9 * DAY, TODAY)

    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text(sql))

    assert violated(caught.value) == name
    with reading() as db:
        assert [one.state for one in list_seats(db, ministry.id)] == [SeatState.HELD, SeatState.COMING, SeatState.OVER]
