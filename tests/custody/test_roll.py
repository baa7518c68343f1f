"""Once something is sealed officers decide; where they cannot any more, thirty days that everybody sees are the way out."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.core import clock
from consult.core.db import reading, violated, writing
from consult.custody import operations, operations_roll, queries, queries_roll, queries_sealed, rules, rules_roll
from consult.custody.models import Appointed
from consult.custody.models_roll import RollCall
from consult.mail.captured import list_captured
from consult.mail.connection import mailbox
from consult.mail.delivery import post
from consult.mail.models import OutboxMail
from tests.custody.fixtures import ANA, BEN, CIA, NOON, STATE, desk, journal, rows  # noqa: F401
from tests.custody.making import appointment, entries_file, entry_of
from tests.custody.test_operations import serving, sign
from tests.custody.test_sealed import REF, take
from tests.drafts.test_operations import consultation  # noqa: F401
from tests.support.world import NEWCOMER, World

LATER = NOON + timedelta(days=30)


@pytest.fixture
def sealed(desk):  # noqa: F811
    """Two officers, one protected entry, and the card of somebody else."""
    for maker in (ANA, BEN):
        desk.appoint(maker)
    take(desk, entries_file(ANA, [entry_of(REF, [ANA, BEN])]))
    desk.hand_in(STATE)
    return desk


def call(desk, maker=STATE, typed=None, now=NOON):  # noqa: F811
    with writing() as db:
        newcomer = desk.officer(db, maker)
        return operations_roll.call_roll(db, newcomer, typed or maker.fingerprint, by=desk.boss, now=now).ref


def answer(desk, ref, maker, now=NOON):  # noqa: F811
    with writing() as db:
        found = queries_roll.find_roll(db, ref)
        by = desk.people[maker.fingerprint]
        operations_roll.answer_roll(db, found, desk.officer(db, maker), by=by, now=now)


def end(desk, ref, typed=STATE.fingerprint, now=LATER):  # noqa: F811
    with writing() as db:
        return operations_roll.end_roll(db, queries_roll.find_roll(db, ref), typed, by=desk.boss, now=now)


def call_off(desk, ref):  # noqa: F811
    with writing() as db:
        operations_roll.call_off_roll(db, queries_roll.find_roll(db, ref), by=desk.boss, now=NOON)


@pytest.mark.database
def test_once_an_entry_is_sealed_the_administrator_appoints_and_ends_nobody_by_any_route(sealed):
    for act in (
        lambda db: operations.appoint_officer(
            db, sealed.officer(db, STATE), STATE.fingerprint, by=sealed.boss, now=NOON
        ),
        lambda db: operations.end_officer(db, sealed.officer(db, BEN), by=sealed.boss, now=NOON),
    ):
        with pytest.raises(rules.OfficersDecide), writing() as db:
            act(db)
    for how in ("administrator", "officers", "paper", "replacement"):
        paper = ", paper_on = '2027-01-01'" if how == "paper" else ""
        with pytest.raises(DBAPIError) as caught, writing() as db:
            db.execute(
                text(
                    f"UPDATE officer SET appointed_at = '2028-01-01 00:00:00', appointed_how = '{how}'{paper} WHERE appointed_at IS NULL"
                )
            )
        assert violated(caught.value) == "officer_appointed_by_rule"

    assert serving() == {ANA.fingerprint, BEN.fingerprint}


@pytest.mark.database
def test_a_consultation_key_is_enough_for_officers_to_decide(desk):  # noqa: F811
    desk.appoint(ANA)
    desk.open_key(ANA, officers=(ANA,))

    with pytest.raises(rules.OfficersDecide):
        desk.appoint(BEN)

    assert desk.join(BEN, ANA).appointed_how is Appointed.PAPER


@pytest.mark.database
@pytest.mark.parametrize("safe", [True, False])
def test_two_officers_appoint_with_and_without_a_safe_and_one_alone_enrols_nobody(sealed, safe, monkeypatch):
    if not safe:
        monkeypatch.setattr("consult.custody.sides._safe", None)
    sealed.hand_in(CIA)
    sign(sealed, ANA, CIA)
    alone = serving()
    sign(sealed, BEN, CIA)

    assert (alone, serving()) == (
        {ANA.fingerprint, BEN.fingerprint},
        {ANA.fingerprint, BEN.fingerprint, CIA.fingerprint},
    )
    with reading() as db:
        assert queries.list_appointments(db) == [appointment(ANA, CIA), appointment(BEN, CIA)]


def test_check_call_roll_asks_where_officers_decide_by_the_fingerprint_once_at_a_time(sealed):
    with pytest.raises(rules.FingerprintWrong):
        call(sealed, typed=BEN.fingerprint)
    with pytest.raises(rules.AppointedAlready):
        call(sealed, ANA)
    call(sealed)
    with pytest.raises(rules_roll.RollCallOpen):
        call(sealed)

    assert [event for event, _ in journal("officers.%")] == ["officers.roll_called"]


def test_check_call_roll_is_not_for_an_installation_where_nothing_is_sealed(desk):  # noqa: F811
    desk.appoint(ANA)
    desk.hand_in(STATE)

    with pytest.raises(rules_roll.AdministratorAppoints):
        call(desk)


@pytest.mark.database
def test_check_end_roll_waits_thirty_days_and_nobody_who_answered_is_replaced(sealed):
    ref = call(sealed)
    answer(sealed, ref, BEN, now=LATER)  # however late
    with pytest.raises(rules_roll.StillWaiting):
        end(sealed, ref, now=LATER - timedelta(seconds=1))
    with pytest.raises(rules.FingerprintWrong):
        end(sealed, ref, typed=BEN.fingerprint)

    assert end(sealed, ref) is False

    assert serving() == {BEN.fingerprint}
    assert rows("SELECT count(*) FROM sealed_entry") == [(1,)]
    with pytest.raises(rules_roll.RollCallOver):
        end(sealed, ref)
    assert sealed.join(CIA, BEN).appointed_how is Appointed.PAPER


@pytest.mark.database
def test_where_nobody_answers_the_newcomer_takes_their_place_and_opens_nothing_of_before(sealed):
    ref = call(sealed)

    assert end(sealed, ref) is True

    with reading() as db:
        made = sealed.officer(db, STATE)
        assert (made.appointed_how, serving()) == (Appointed.REPLACEMENT, {STATE.fingerprint})
        listed, _ = queries_sealed.list_protected(db, made)
        assert [(one.mine, one.erased) for one in listed] == [(False, True)]
    assert rows("SELECT count(*) FROM sealed_entry") == [(0,)]
    assert [event for event, _ in journal("officer.%")][-3:] == ["officer.appointed", "officer.ended", "officer.ended"]


@pytest.mark.database
def test_the_database_replaces_nobody_who_answered_before_the_wait_or_after_it_was_called_off(sealed):
    said = "UPDATE officer SET appointed_at = '{}', appointed_how = 'replacement' WHERE appointed_at IS NULL"
    early, late = (f"{one:%Y-%m-%d %H:%M:%S}" for one in (LATER - timedelta(days=1), LATER + timedelta(days=1)))
    ref = call(sealed)
    for when, before in (
        (early, lambda: None),
        (late, lambda: answer(sealed, ref, ANA)),
        (late, lambda: call_off(sealed, ref)),
    ):
        before()
        with pytest.raises(DBAPIError) as caught, writing() as db:
            db.execute(text(said.format(when)))
        assert violated(caught.value) == "officer_appointed_by_rule"
    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.add(
            RollCall(
                ref="x", newcomer_id=sealed.officer(db, STATE).id, called_at=NOON, due_at=LATER - timedelta(hours=1)
            )
        )
    assert violated(caught.value) == "roll_call_waits_30_days"
    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text("DELETE FROM roll_call"))
    assert violated(caught.value) == "roll_call_never_changes"
    for statement, name in (
        ("UPDATE roll_call SET called_off_at = NULL", "roll_call_stays_over"),
        ("DELETE FROM roll_answer", "roll_answer_never_changes"),
        (
            "INSERT INTO roll_answer SELECT 1, id, handed_in_at FROM officer WHERE appointed_at IS NULL",
            "roll_answer_of_who_serves",
        ),
    ):
        with pytest.raises(DBAPIError) as caught, writing() as db:
            db.execute(text(statement))
        assert violated(caught.value) == name


@pytest.mark.database
def test_check_answer_roll_each_officer_once_while_it_goes_on(sealed):
    ref = call(sealed)
    answer(sealed, ref, ANA)
    with pytest.raises(rules_roll.AnsweredAlready):
        answer(sealed, ref, ANA)
    with pytest.raises(rules.NotAnOfficer):
        answer(sealed, ref, STATE)
    call_off(sealed, ref)

    with pytest.raises(rules_roll.RollCallOver):
        answer(sealed, ref, BEN)


def test_check_roll_is_open_refuses_what_is_over(sealed):
    ref = call(sealed)
    call_off(sealed, ref)

    with pytest.raises(rules_roll.RollCallOver):
        call_off(sealed, ref)
    call(sealed)  # another may follow


def test_the_officers_are_asked_by_mail_and_not_once_it_is_called_off(sealed):
    ref = call(sealed)

    with reading() as db:
        asked = [
            one.person for one in db.query(OutboxMail).filter_by(template="officers_asked").order_by(OutboxMail.id)
        ]
    assert asked == [sealed.people[one.fingerprint].actor for one in (ANA, BEN)]
    call_off(sealed, ref)
    with clock.at(NOON):
        post().deliver()
    with reading() as db:
        assert {one.state.value for one in db.query(OutboxMail).filter_by(template="officers_asked")} == {"suppressed"}


def test_everybody_sees_it_and_the_administrator_ends_it_on_the_page(world: World):
    """In the world the officers were asked a month ago."""
    administrator, officer = world.browser("administrator"), world.browser("protection_officer")
    post().deliver()

    captured = list_captured(mailbox(world.app.extensions["consult settings"]))
    (mail,) = [one for one in captured if NEWCOMER.fingerprint in one.text]
    assert mail.to == world.staff["protection_officer"].email
    assert NEWCOMER.fingerprint in world.browser("visitor").get("/en/custodian/").text
    assert "I am there" in officer.get("/staff/custody/").text
    refused = submit_to(administrator, "/end/", {"fingerprint": "12345"})
    assert (refused.status_code, "12345" in refused.text) == (422, True)
    assert submit_to(administrator, "/end/", {"fingerprint": NEWCOMER.fingerprint}).status_code == 303
    with reading() as db:
        (serves,) = queries.list_serving(db)
    assert (serves.fingerprint, serves.appointed_how) == (NEWCOMER.fingerprint, Appointed.REPLACEMENT)
    page = world.browser("visitor").get("/en/custodian/").text
    assert "after thirty days in which no officer answered" in page


def test_whoever_is_there_says_so_on_the_page_and_it_can_be_called_off_and_asked_anew(world: World):
    administrator, officer = world.browser("administrator"), world.browser("protection_officer")

    assert submit_to(officer, "/answer/").status_code == 303
    assert "I am there" not in officer.get("/staff/custody/").text
    assert submit_to(administrator, "/call-off/").status_code == 303
    assert NEWCOMER.fingerprint not in world.browser("visitor").get("/en/custodian/").text
    assert submit_to(administrator, "/ask/", {"fingerprint": "12345"}).status_code == 422
    assert submit_to(administrator, "/ask/", {"fingerprint": NEWCOMER.fingerprint}).status_code == 303
    assert NEWCOMER.fingerprint in world.browser("visitor").get("/en/custodian/").text


def submit_to(client, act, fields=None):
    """The form of the officers' page whose address ends so, with these fields filled."""
    forms = re.findall(r'action="(/staff/custody/[^"]+)"', client.get("/staff/custody/").text)
    (found,) = [one for one in forms if one.endswith(act)]
    return client.post(found, data=fields or {})
