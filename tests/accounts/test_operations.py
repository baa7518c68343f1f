from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.accounts import operations, passwords, queries, rules
from consult.accounts.models import Role, SessionKind, SignInAttempt, Staff, StaffState
from consult.core.db import reading, violated, writing
from tests.support.quick_passwords import FULL_COST

NOON = datetime(2027, 3, 14, 12, 0, tzinfo=UTC)
PASSWORD = "four odd words here"
KEY = b"k" * 32


def add(roles=(Role.SECRETARIAT,), email="dalia@x.example", password=PASSWORD):
    with writing() as db:
        person = operations.add_staff(db, name="Dalia", email=email, language="en", roles=roles, by=None, now=NOON)
        if password:
            secret = operations.make_password_link(db, person, by=None, now=NOON)
            operations.set_password_by_link(db, secret, password, now=NOON)
    return person


def sign_in(email="dalia@x.example", password=PASSWORD, *, device="", now=NOON):
    with writing() as db:
        return operations.try_sign_in(db, email, password, device=device, key=KEY, now=now)


def test_check_may_lets_a_role_do_what_the_table_says():
    rules.check_may([Role.SECRETARIAT], rules.Act.EDIT_DRAFT)

    with pytest.raises(rules.NotAllowed):
        rules.check_may([Role.LOGISTICS], rules.Act.EDIT_DRAFT)


def test_check_may_lets_nobody_without_a_role_do_anything():
    for act in rules.Act:
        with pytest.raises(rules.NotAllowed):
            rules.check_may([], act)


def test_every_role_stands_in_the_table():
    assert set(rules.MAY) == set(Role)


def test_check_roles_lets_a_protection_officer_hold_no_other():
    rules.check_roles([Role.PROTECTION_OFFICER])

    with pytest.raises(rules.RolesClash):
        rules.check_roles([Role.PROTECTION_OFFICER, Role.ADMINISTRATOR])


@pytest.mark.database
@pytest.mark.parametrize(
    ("first", "second"), [("protection_officer", "secretariat"), ("secretariat", "protection_officer")]
)
def test_the_database_too_lets_a_protection_officer_hold_no_other(database, first, second):
    person = add([Role(first)])

    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text(f"INSERT INTO staff_role (staff_id, role) VALUES ({person.id}, '{second}')"))

    assert violated(caught.value) == "officer_holds_no_other_role"


def test_check_reset_sign_in_leaves_a_protection_officer_alone(database):
    officer = add([Role.PROTECTION_OFFICER], email="officer@x.example")
    rules.check_reset_sign_in([Role.PROTECTION_OFFICER], has_begun=False)
    rules.check_reset_sign_in([Role.ADMINISTRATOR], has_begun=True)

    with pytest.raises(rules.SignInOfOfficer), writing() as db:
        operations.make_password_link(db, db.get_one(Staff, officer.id), by=None, now=NOON)
    with pytest.raises(rules.SignInOfOfficer), writing() as db:
        operations.change_roles(db, db.get_one(Staff, officer.id), [Role.SECRETARIAT], by=None, now=NOON)

    assert sign_in("officer@x.example").person is not None
    with reading() as db:
        assert queries.roles_of(db, officer.id) == {Role.PROTECTION_OFFICER}


@pytest.mark.database
def test_the_database_refuses_to_turn_a_second_role_into_an_officers(database):
    add([Role.SECRETARIAT, Role.APPROVER])

    with pytest.raises(DBAPIError), writing() as db:
        db.execute(text("UPDATE staff_role SET role = 'protection_officer' WHERE role = 'approver'"))


@pytest.mark.database
def test_one_address_is_one_person_whatever_the_case(database):
    add()

    with pytest.raises(operations.EmailTaken):
        add(email="DALIA@x.example")


@pytest.mark.parametrize(
    ("password", "refusal"),
    [
        ("short", rules.PasswordTooShort),
        ("x" * 201, rules.PasswordTooLong),
        ("passwordpassword", rules.PasswordGuessable),
        ("aaaaaaaaaaaaaa", rules.PasswordGuessable),
        ("dalia@x.example1", rules.PasswordGuessable),
    ],
)
def test_check_password_refuses_what_others_try_first(password, refusal):
    with pytest.raises(refusal):
        rules.check_password(password, name="Dalia", email="dalia@x.example")


def test_a_password_is_kept_as_argon2id_only(database, monkeypatch):
    monkeypatch.setattr(passwords, "_hasher", FULL_COST)
    person = add()

    with reading() as db:
        kept = db.get_one(Staff, person.id).password_hash
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_link_works_once(database):
    with writing() as db:
        person = operations.add_staff(
            db, name="D", email="d@x.example", language="en", roles=[Role.APPROVER], by=None, now=NOON
        )
        secret = operations.make_password_link(db, person, by=None, now=NOON)
        operations.set_password_by_link(db, secret, PASSWORD, now=NOON)

    with pytest.raises(rules.LinkOver), writing() as db:
        operations.set_password_by_link(db, secret, PASSWORD, now=NOON)


@pytest.mark.parametrize("later", [timedelta(days=8), None])
def test_a_link_ends_by_age_and_by_a_newer_one(database, later):
    person = add(password="")
    with writing() as db:
        person = db.get_one(Staff, person.id)
        secret = operations.make_password_link(db, person, by=None, now=NOON)
        if later is None:
            operations.make_password_link(db, person, by=None, now=NOON)

    with pytest.raises(rules.LinkOver), writing() as db:
        operations.set_password_by_link(db, secret, PASSWORD, now=NOON + (later or timedelta(0)))


def test_signing_in_works_with_the_right_password_only(database):
    person = add()

    assert sign_in().person.id == person.id
    assert sign_in(password="wrong").person is None


@pytest.mark.parametrize("case", ["unknown", "wrong", "disabled", "invited"])
def test_a_failure_never_says_what_was_wrong(database, case):
    if case != "unknown":
        person = add(password="" if case == "invited" else PASSWORD)
        if case == "disabled":
            with writing() as db:
                operations.disable_staff(db, db.get_one(Staff, person.id), by=None, now=NOON)

    tried = sign_in(password="wrong" if case == "wrong" else PASSWORD)

    assert (tried.person, tried.refused.code) == (None, "SignInRefused")


def test_an_unknown_name_costs_the_same_work_as_a_known_one(database, monkeypatch):
    """Counted, not timed: one Argon2 verification, and the same number of queries."""
    from sqlalchemy import event

    add()
    counted = []
    real = passwords._hasher.verify
    monkeypatch.setattr(
        passwords, "_hasher", type("Counting", (), {"verify": lambda _, h, p: counted.append("argon2") or real(h, p)})()
    )

    def work(email):
        counted.clear()
        statements = []
        listener = lambda *arguments: statements.append(arguments[2].split()[0])  # noqa: E731
        event.listen(database.engine, "before_cursor_execute", listener)
        sign_in(email=email, password="wrong")
        event.remove(database.engine, "before_cursor_execute", listener)
        return counted.copy(), statements

    assert work("dalia@x.example") == work("nobody@x.example")


def test_check_sign_in_now_waits_longer_each_time_but_never_for_ever():
    waits = []
    for failures in range(4, 30):
        try:
            rules.check_sign_in_now(failures, NOON, now=NOON)
            waits.append(0)
        except rules.WaitBeforeSignIn as problem:
            waits.append(problem.values["seconds"])

    assert waits[:4] == [0, 6, 11, 21]
    assert max(waits) <= 601


def test_guessing_makes_one_wait_and_a_known_device_passes(database):
    person = add()
    with writing() as db:
        device = operations.remember_device(db, db.get_one(Staff, person.id), now=NOON)
    for _ in range(6):
        sign_in(password="wrong")

    assert sign_in().refused.code == "WaitBeforeSignIn"
    assert sign_in(device=device).person.id == person.id
    assert sign_in(now=NOON + timedelta(hours=7)).person is not None


def test_attempts_keep_no_name(database):
    sign_in(email="someone@x.example", password="wrong")

    with reading() as db:
        kept = db.query(SignInAttempt).one()
    assert b"someone" not in bytes(kept.name_key)


@pytest.mark.database
@pytest.mark.parametrize("act", ["disable", "lose a role", "new password", "sign out"])
def test_a_session_ends_at_once(database, act):
    person = add([Role.SECRETARIAT, Role.APPROVER])
    with writing() as db:
        secret = operations.begin_session(db, SessionKind.STAFF, person.actor, now=NOON, lasts=timedelta(hours=1))
        assert queries.find_signed_in(db, secret, now=NOON).id == person.id

    with writing() as db:
        found = db.get_one(Staff, person.id)
        if act == "disable":
            operations.disable_staff(db, found, by=None, now=NOON)
        elif act == "lose a role":
            operations.change_roles(db, found, [Role.APPROVER], by=None, now=NOON)
        elif act == "new password":
            operations.change_password(db, found, PASSWORD, "another four odd words", now=NOON)
        else:
            operations.revoke_session(db, secret, now=NOON)

    with reading() as db:
        assert queries.find_signed_in(db, secret, now=NOON) is None


def test_a_session_ends_by_time_and_serves_its_kind_only(database):
    person = add()
    with writing() as db:
        secret = operations.begin_session(db, SessionKind.STAFF, person.actor, now=NOON, lasts=timedelta(hours=1))

        assert queries.find_session(db, secret, SessionKind.PARTICIPANT, now=NOON) is None
        assert queries.find_session(db, secret, SessionKind.STAFF, now=NOON + timedelta(hours=2)) is None


def test_the_sweep_removes_what_is_over(database):
    add()
    sign_in(password="wrong")

    with writing() as db:
        operations.sweep_accounts(db, now=NOON + timedelta(days=400))
        assert db.query(SignInAttempt).count() == 0


def test_change_password_asks_for_the_old_one(database):
    person = add()

    with pytest.raises(rules.SignInRefused), writing() as db:
        operations.change_password(db, db.get_one(Staff, person.id), "not it", "another four odd words", now=NOON)

    with reading() as db:
        assert db.get_one(Staff, person.id).state is StaffState.ACTIVE
