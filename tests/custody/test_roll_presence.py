"""While officers are asked whether they are there: whatever they do is an answer, and nobody is kept from giving one."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.accounts.models import Staff, StaffState
from consult.accounts.operations import disable_staff
from consult.accounts.rules import OfficerServes
from consult.core import clock
from consult.core.db import reading, violated, writing
from consult.custody import operations, operations_sealed, queries, queries_roll, rules_roll
from consult.custody.mails import sweep_roll_mails
from consult.custody.models_roll import RollCall
from consult.custody.queries_sealed import find_protected
from consult.custody.rules_sealed import Reason
from consult.mail.delivery import post
from consult.mail.models import OutboxMail
from consult.mail.operations_delivery import find_delivery
from consult.mailings.operations_deliveries import close_delivery
from consult.safe_desk.desk_files import hand_out_batches
from tests.custody.fixtures import ANA, BEN, CIA, NOON, STATE, desk, journal  # noqa: F401
from tests.custody.making import appointment, entries_file, entry_of
from tests.custody.test_operations import serving
from tests.custody.test_roll import LATER, answer, call, call_off, end, sealed  # noqa: F401
from tests.custody.test_sealed import REF, take
from tests.drafts.test_operations import consultation  # noqa: F401
from tests.support.world import World

NEXT_DAY = NOON + timedelta(days=1)


def sign_for(desk, by, newcomer, *, now=NEXT_DAY):  # noqa: F811
    with writing() as db:
        paper_on = NOON.date() if len(queries.list_serving(db)) == 1 else None
        operations.sign_appointment(
            db, appointment(by, newcomer), officer=desk.officer(db, by), paper_on=paper_on,
            by=desk.people[by.fingerprint], now=now,
        )  # fmt: skip


def there(desk):  # noqa: F811
    """The names of those who count as having answered."""
    with reading() as db:
        roll = queries_roll.open_roll(db, now=LATER)
        return {one.name for one in queries.list_serving(db) if one.id in roll.there}


@pytest.mark.database
def test_whoever_serves_keeps_the_account_once_something_is_sealed(sealed):  # noqa: F811
    ref = call(sealed)
    for maker in (ANA, BEN):
        with pytest.raises(OfficerServes), writing() as db:
            disable_staff(db, db.get_one(Staff, sealed.people[maker.fingerprint].id), by=sealed.boss, now=NOON)
    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text("UPDATE staff SET state = 'disabled'"))
    assert violated(caught.value) == "serving_officer_keeps_the_account"

    with writing() as db:  # whose card only waits, and who has ended
        disable_staff(db, db.get_one(Staff, sealed.people[STATE.fingerprint].id), by=sealed.boss, now=NOON)
        operations.end_officer(db, sealed.officer(db, BEN), by=sealed.people[BEN.fingerprint], now=NOON)
        disable_staff(db, db.get_one(Staff, sealed.people[BEN.fingerprint].id), by=sealed.boss, now=NOON)
    answer(sealed, ref, ANA)


@pytest.mark.database
def test_before_anything_is_sealed_an_officers_account_can_be_disabled(desk):  # noqa: F811
    desk.appoint(ANA)
    with writing() as db:
        found = db.get_one(Staff, desk.people[ANA.fingerprint].id)
        disable_staff(db, found, by=desk.boss, now=NOON)
        assert found.state is StaffState.DISABLED


@pytest.mark.database
def test_the_database_knows_one_open_call_only(sealed):  # noqa: F811
    sealed.hand_in(CIA)
    call(sealed)
    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.add(RollCall(ref="second", newcomer_id=sealed.officer(db, CIA).id, called_at=NOON, due_at=LATER))
    assert violated(caught.value) == "uq_roll_call_open"


@pytest.mark.database
def test_a_second_call_at_the_same_time_is_refused_in_words(sealed, monkeypatch):  # noqa: F811
    """As another transaction sees it on PostgreSQL, where the first is not kept yet."""
    sealed.hand_in(CIA)
    call(sealed)
    monkeypatch.setattr(queries_roll, "open_roll", lambda db, now: None)

    with pytest.raises(rules_roll.RollCallOpen):
        call(sealed, CIA)


@pytest.mark.database
def test_an_officer_who_signs_is_there(sealed):  # noqa: F811
    sealed.hand_in(CIA)
    ref = call(sealed)
    sign_for(sealed, ANA, CIA)

    assert there(sealed) == {"Ana Tui"}
    assert end(sealed, ref) is False
    assert serving() == {ANA.fingerprint}


@pytest.mark.database
def test_an_officer_who_fetches_or_hands_in_entries_is_there(sealed):  # noqa: F811
    call(sealed)
    with writing() as db:
        by, officer = sealed.people[BEN.fingerprint], sealed.officer(db, BEN)
        operations_sealed.hand_out(db, find_protected(db, [REF]), officer, Reason.WRITE, by=by, now=NEXT_DAY)
    assert there(sealed) == {"Ben Oko"}
    take(sealed, entries_file(ANA, [entry_of("abcdefgh45", [ANA, BEN])]))

    assert there(sealed) == {"Ana Tui", "Ben Oko"}
    assert [event for event, _ in journal("officers.roll_answered")] == ["officers.roll_answered"] * 2


@pytest.mark.database
def test_an_officer_who_has_a_key_is_there(sealed):  # noqa: F811
    call(sealed)
    sealed.open_key(ANA)
    assert there(sealed) == {"Ana Tui"}
    sealed.confirm(BEN)

    assert there(sealed) == {"Ana Tui", "Ben Oko"}


@pytest.mark.database
def test_an_officer_who_fetches_the_desk_file_is_there(sealed):  # noqa: F811
    sealed.open_key(ANA)
    call(sealed)
    with writing() as db:
        who, by = sealed.officer(db, BEN), sealed.people[BEN.fingerprint]
        hand_out_batches(db, sealed.safe, sealed.upr(db), who, by=by, now=NEXT_DAY)

    assert there(sealed) == {"Ben Oko"}


@pytest.mark.database
def test_whoever_became_an_officer_meanwhile_need_not_answer(sealed):  # noqa: F811
    sealed.hand_in(CIA)
    ref = call(sealed)
    for maker in (ANA, BEN):
        sign_for(sealed, maker, CIA)
    with writing() as db:  # the others end: only the one who was never asked is left
        for maker in (ANA, BEN):
            sealed.officer(db, maker).ended_at = NEXT_DAY
    assert there(sealed) == {"Cia Ruiz"}
    said = f"UPDATE officer SET appointed_at = '{LATER:%Y-%m-%d %H:%M:%S}', appointed_how = 'replacement'"
    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text(f"{said} WHERE appointed_at IS NULL"))
    assert violated(caught.value) == "officer_appointed_by_rule"

    assert end(sealed, ref) is False
    assert serving() == {CIA.fingerprint}


@pytest.mark.database
@pytest.mark.parametrize("how", ["ends", "hands in another", "is appointed"])
def test_a_call_is_over_once_its_card_waits_no_more(sealed, how):  # noqa: F811
    ref = call(sealed)
    by = sealed.people[STATE.fingerprint]
    if how == "ends":
        with writing() as db:
            operations.end_officer(db, sealed.officer(db, STATE), by=by, now=NEXT_DAY)
    elif how == "hands in another":
        sealed.people[CIA.fingerprint] = by
        sealed.hand_in(CIA, now=NEXT_DAY)
    else:
        for maker in (ANA, BEN):
            sign_for(sealed, maker, STATE)

    with reading() as db:
        assert queries_roll.open_roll(db, now=LATER) is None
        assert queries_roll.lapsed_roll(db).ref == ref
    assert {ANA.fingerprint, BEN.fingerprint} <= serving()
    assert [event for event, _ in journal("officers.roll_%")][-1] == "officers.roll_over"
    with pytest.raises(rules_roll.RollCallOver):
        end(sealed, ref)


def test_a_call_that_was_called_off_has_not_lapsed(sealed):  # noqa: F811
    ref = call(sealed)
    call_off(sealed, ref)
    with reading() as db:
        assert queries_roll.lapsed_roll(db) is None


@pytest.mark.database
def test_officers_who_have_not_answered_are_asked_again_after_15_and_25_days(sealed):  # noqa: F811
    ref = call(sealed)

    def asked(days):
        with writing() as db:
            return sweep_roll_mails(db, now=NOON + timedelta(days=days))

    assert [asked(14), asked(15), asked(16)] == [0, 2, 0]
    answer(sealed, ref, ANA)
    assert [asked(25), asked(25)] == [1, 0]
    with reading() as db:
        causes = [(one.person, one.cause) for one in db.query(OutboxMail).filter_by(template="officers_asked")]
    ana, ben = (sealed.people[one.fingerprint].actor for one in (ANA, BEN))
    assert sorted(causes) == sorted(
        [(one, f"roll:{ref}{day}") for one, day in ((ana, ""), (ben, ""), (ana, ":15"), (ben, ":15"), (ben, ":25"))]
    )
    call_off(sealed, ref)
    assert asked(26) == 0


@pytest.mark.database
def test_no_mail_goes_to_an_officer_who_has_answered(sealed):  # noqa: F811
    ref = call(sealed)
    answer(sealed, ref, ANA)
    with clock.at(NOON):
        post().deliver()
    with reading() as db:
        states = {one.person: one.state.value for one in db.query(OutboxMail).filter_by(template="officers_asked")}
    assert states[sealed.people[ANA.fingerprint].actor] == "suppressed"
    assert states[sealed.people[BEN.fingerprint].actor] != "suppressed"


@pytest.mark.database
def test_days_are_those_of_the_site(sealed, monkeypatch):  # noqa: F811
    monkeypatch.setattr("consult.core.days._zone", ZoneInfo("Pacific/Kiritimati"))  # fourteen hours before UTC
    call(sealed)
    with reading() as db:
        roll = queries_roll.open_roll(db, now=NOON)
    assert (roll.asked_on, roll.due_on) == ((NOON + timedelta(days=1)).date(), (LATER + timedelta(days=1)).date())


def test_the_page_says_why_an_officers_account_stays(world: World):
    administrator = world.browser("administrator")
    shown = administrator.post(f"/staff/people/{world.staff['protection_officer'].ref}/disable/")

    assert (shown.status_code, "serves as protection officer" in shown.text) == (409, True)


def test_an_officer_who_hands_a_message_over_is_there(world: World):
    with writing() as db:
        found = find_delivery(db, world.ids[""]["delivery"])
        close_delivery(db, found, reached=True, by=world.staff["protection_officer"], now=NOON)
    with reading() as db:
        roll = queries_roll.open_roll(db, now=NOON)
        assert roll.there == {one.id for one in queries.list_serving(db)}


def test_the_page_says_that_it_is_over(world: World):
    with writing() as db:
        found = queries.find_officer(db, world.ids[""]["newcomer"])
        operations.end_officer(db, found, by=db.get_one(Staff, found.staff_id), now=NOON)

    assert "waits no more" in world.browser("administrator").get("/staff/custody/").text


def test_an_officer_sees_it_on_the_first_page_until_they_answer(world: World):
    officer = world.browser("protection_officer")
    assert "Are you still a protection officer?" in officer.get("/staff/").text
    officer.post(f"/staff/custody/roll/{world.ids['']['roll']}/answer/")
    assert "Are you still a protection officer?" not in officer.get("/staff/").text
