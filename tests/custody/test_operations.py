"""Who becomes a protection officer: rules, operations, and the database under both of them."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.accounts.models import Role, Staff
from consult.accounts.operations import change_roles
from consult.accounts.rules import RolesClash
from consult.core import crypto
from consult.core.db import reading, violated, writing
from consult.custody import operations, queries, rules
from consult.custody.models import Appointed, Officer
from tests.custody.fixtures import ANA, BEN, CIA, NOON, STATE, consultation, desk, journal, rows  # noqa: F401
from tests.custody.making import Maker, an_officer, appointment


def sign(desk, by: Maker, newcomer: Maker, *, paper_on=None, content: str | None = None) -> Officer:  # noqa: F811
    with writing() as db:
        return operations.sign_appointment(
            db, content or appointment(by, newcomer), officer=desk.officer(db, by), paper_on=paper_on,
            by=desk.people[by.fingerprint], now=NOON,
        )  # fmt: skip


def serving() -> set[str]:
    with reading() as db:
        return {one.fingerprint for one in queries.list_serving(db)}


@pytest.mark.database
def test_check_appoint_officer_the_administrator_appoints_the_first_by_the_fingerprint_from_paper(desk):  # noqa: F811
    made = desk.hand_in(ANA)

    with pytest.raises(rules.FingerprintWrong), writing() as db:
        operations.appoint_officer(db, db.get_one(Officer, made.id), BEN.fingerprint, by=desk.boss, now=NOON)
    with writing() as db:
        typed = ANA.fingerprint.replace(" ", "")
        operations.appoint_officer(db, db.get_one(Officer, made.id), typed, by=desk.boss, now=NOON)

    assert serving() == {ANA.fingerprint}
    assert [event for event, _ in journal("officer.%")] == ["officer.card_handed_in", "officer.appointed"]


@pytest.mark.database
def test_from_the_first_round_on_no_administrator_appoints_anybody_by_any_route(desk):  # noqa: F811
    desk.in_use()
    state = desk.hand_in(STATE)
    statements = (
        f"UPDATE officer SET appointed_at = '2027-01-01 00:00:00', appointed_how = 'administrator' WHERE id = {state.id}",
        f"UPDATE officer SET appointed_at = '2027-01-01 00:00:00', appointed_how = 'officers' WHERE id = {state.id}",
        f"UPDATE officer SET appointed_at = '2027-01-01 00:00:00', appointed_how = 'paper', paper_on = '2027-01-01' WHERE id = {state.id}",
        f"UPDATE officer SET card = (SELECT card FROM officer WHERE id = {state.id}) WHERE id <> {state.id}",
        f"UPDATE officer SET staff_id = {desk.boss.id} WHERE id <> {state.id}",
        "UPDATE consultation_key SET used_at = NULL",
        "DELETE FROM consultation_key",
        "DELETE FROM appointment",
    )

    with pytest.raises(rules.OfficersDecide), writing() as db:
        operations.appoint_officer(db, db.get_one(Officer, state.id), STATE.fingerprint, by=desk.boss, now=NOON)
    for statement in statements[:-1]:
        with pytest.raises(DBAPIError), writing() as db:
            db.execute(text(statement))

    assert serving() == {ANA.fingerprint, BEN.fingerprint}


@pytest.mark.database
def test_check_sign_appointment_two_officers_appoint_and_one_alone_enrols_nobody(desk):  # noqa: F811
    desk.in_use()
    newcomer = desk.hand_in(CIA)

    sign(desk, ANA, CIA)
    alone = serving()
    with pytest.raises(rules.AppointedAlready):
        sign(desk, ANA, CIA)
    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(
            text(
                "UPDATE officer SET appointed_at = '2027-01-01 00:00:00', appointed_how = 'officers'"
                f" WHERE id = {newcomer.id}"
            )
        )
    sign(desk, BEN, CIA)

    assert violated(caught.value) == "officer_appointed_by_rule"
    assert alone == {ANA.fingerprint, BEN.fingerprint}
    assert serving() == {ANA.fingerprint, BEN.fingerprint, CIA.fingerprint}


@pytest.mark.database
def test_the_only_officer_appoints_with_an_enrolment_on_paper_that_is_shown(desk):  # noqa: F811
    desk.appoint(ANA)
    desk.hand_in(BEN)

    with pytest.raises(rules.PaperMissing):
        sign(desk, ANA, BEN)
    made = sign(desk, ANA, BEN, paper_on=date(2027, 3, 1))

    assert (made.appointed_how, made.paper_on) == (Appointed.PAPER, date(2027, 3, 1))
    assert "2027-03-01" in journal("officer.appointed")[-1][1]


FORGED = {
    "signed by the newcomer": lambda: appointment(BEN, BEN),
    "of another installation": lambda: appointment(ANA, BEN, installation="other"),
    "for another safe": lambda: appointment(ANA, BEN, host="evil.example"),
    "of a card nobody handed in": lambda: appointment(ANA, STATE),
    "cut off": lambda: appointment(ANA, BEN)[:-2],
    "for another purpose": lambda: appointment(ANA, BEN).replace("appointment", "erased", 1),
    "changed": lambda: appointment(ANA, BEN).replace(BEN.fingerprint, STATE.fingerprint),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_appointment_changes_nothing(desk, how):  # noqa: F811
    desk.appoint(ANA)
    desk.hand_in(BEN)

    with pytest.raises((rules.FileWrong, rules.AppointedAlready)):
        sign(desk, ANA, BEN, paper_on=date(2027, 3, 1), content=FORGED[how]())

    assert serving() == {ANA.fingerprint}


def test_check_fingerprint_typed_wrong_by_the_officer(desk):  # noqa: F811
    desk.appoint(ANA)
    desk.hand_in(BEN)

    with pytest.raises(rules.FingerprintWrong):
        sign(desk, ANA, BEN, content=appointment(ANA, BEN, typed=STATE.fingerprint), paper_on=date(2027, 3, 1))


def test_check_hand_in_card_each_hands_in_the_own_card_and_holds_no_other_role(desk):  # noqa: F811
    desk.appoint(ANA)

    with pytest.raises(rules.RoleMissing), writing() as db:
        operations.hand_in_card(db, BEN.card, by=desk.boss, roles=[Role.ADMINISTRATOR], now=NOON)
    with pytest.raises(rules.CardOfAnother), writing() as db:
        person = desk._person(db, BEN)
        operations.hand_in_card(db, ANA.card, by=person, roles=[Role.PROTECTION_OFFICER], now=NOON)
    with pytest.raises(rules.FileWrong), writing() as db:
        stolen = ANA.card.replace(crypto.b64(ANA.box[0]), crypto.b64(STATE.box[0]))
        operations.hand_in_card(db, stolen, by=desk.boss, roles=[Role.PROTECTION_OFFICER], now=NOON)


def test_a_card_that_nobody_appointed_is_replaced_and_one_in_office_is_not(desk):  # noqa: F811
    desk.hand_in(ANA)
    desk.people[BEN.fingerprint] = desk.people[ANA.fingerprint]
    desk.hand_in(BEN)
    with writing() as db:
        operations.appoint_officer(db, desk.officer(db, BEN), BEN.fingerprint, by=desk.boss, now=NOON)
    desk.people[CIA.fingerprint] = desk.people[ANA.fingerprint]

    with pytest.raises(rules.CardInUse):
        desk.hand_in(CIA)

    assert rows("SELECT count(*) FROM officer WHERE ended_at IS NULL") == [(1,)]


@pytest.mark.database
def test_whoever_has_a_card_is_given_no_other_role_and_whoever_has_another_role_no_card(desk):  # noqa: F811
    desk.appoint(ANA)
    with pytest.raises(RolesClash), writing() as db:
        person = db.get_one(Staff, desk.people[ANA.fingerprint].id)
        change_roles(db, person, [Role.ADMINISTRATOR], by=desk.boss, now=NOON)
    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(
            text(
                "INSERT INTO officer (ref, staff_id, card, name, institution, in_ministry, box, sign, fingerprint, handed_in_at)"
                f" SELECT 'x', {desk.boss.id}, card, name, institution, in_ministry, box, sign, 'other', handed_in_at FROM officer"
            )
        )

    assert violated(caught.value) == "officer_begins_unappointed"


@pytest.mark.database
def test_check_end_officer_ends_by_the_own_act_and_the_last_one_stays(desk):  # noqa: F811
    desk.in_use()
    with pytest.raises(rules.OfficersDecide), writing() as db:
        operations.end_officer(db, desk.officer(db, BEN), by=desk.boss, now=NOON)
    with writing() as db:
        operations.end_officer(db, desk.officer(db, BEN), by=desk.people[BEN.fingerprint], now=NOON)
    with pytest.raises(rules.LastOfficer), writing() as db:
        operations.end_officer(db, desk.officer(db, ANA), by=desk.people[ANA.fingerprint], now=NOON)
    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text("UPDATE officer SET ended_at = '2027-01-01 00:00:00' WHERE ended_at IS NULL"))

    assert violated(caught.value) == "last_officer_stays"
    assert serving() == {ANA.fingerprint}


def test_check_is_officer_asks_for_an_appointment_that_has_not_ended(desk):  # noqa: F811
    waiting = desk.hand_in(ANA)

    for officer in (None, waiting):
        with pytest.raises(rules.NotAnOfficer):
            rules.check_is_officer(officer)


def test_an_officer_of_the_ministry_is_told_of_exactly_so(desk):  # noqa: F811
    made = desk.appoint(an_officer("Min", in_ministry=True))

    assert made.in_ministry is True
