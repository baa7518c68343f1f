"""Second factors: setting up, passing, recovering, taking away; each change told to the person, none of it readable in a copy."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.accounts import codes, operations, passkeys, queries, rules
from consult.accounts import operations_passkeys as with_passkeys
from consult.accounts import operations_second_factor as factors
from consult.accounts.models import (
    Authenticator,
    AuthenticatorOffer,
    Passkey,
    PasskeyChallenge,
    PasskeyPurpose,
    RecoveryCode,
    Role,
    SessionKind,
    SignInAttempt,
    Staff,
)
from consult.accounts.passkeys import Site
from consult.accounts.queries_second_factor import has_second_factor, second_factors
from consult.audit.models import JournalEntry
from consult.core.db import reading, violated, writing
from consult.mail.models import OutboxMail
from tests.support.second_factor import SECRET, SoftKey, code_at, give_app
from tests.support.together import together
from tests.support.world import everything

NOON = datetime(2027, 3, 14, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SITE = Site("127.0.0.1", "http://127.0.0.1:8000")


def add(*roles, email="dalia@x.example", app=False):
    with writing() as db:
        roles = roles or (Role.SECRETARIAT,)
        person = operations.add_staff(db, name="Dalia", email=email, language="en", roles=roles, by=None, now=NOON)
        if app:
            give_app(db, person, now=NOON)
    return person


def session_of(person, kind=SessionKind.STAFF):
    with writing() as db:
        return operations.begin_session(db, kind, person.actor, now=NOON, lasts=HOUR)


def half(person, now=NOON):
    with writing() as db:
        return factors.begin_half_signed_in(db, db.get_one(Staff, person.id), now=now)


def try_code(person, typed, *, now=NOON, secret=None):
    secret = secret or half(person, now)
    with writing() as db:
        return factors.try_code(db, db.get_one(Staff, person.id), typed, session=secret, now=now)


def lives(secret, kind=SessionKind.STAFF, now=NOON):
    with reading() as db:
        return queries.find_signed_in(db, secret, now=now, kind=kind) is not None


def count(table, **where):
    with reading() as db:
        return db.query(table).filter_by(**where).count()


def events():
    with reading() as db:
        return [(one.event, one.codes) for one in db.query(JournalEntry).order_by(JournalEntry.number)]


def activate(person):
    with writing() as db:
        db.execute(text("UPDATE staff SET state = 'active'"))
    return person


@pytest.fixture
def person(database):
    return activate(add())


def set_up_app(person, secret):
    """Set up an app through the operations, with what it shows. Returns the recovery codes."""
    with writing() as db:
        me = db.get_one(Staff, person.id)
        factors.begin_authenticator(db, me, session=secret, now=NOON)
        db.flush()
        db.query(AuthenticatorOffer).one().sealed_secret = codes.seal(SECRET, me.actor)
    with writing() as db:
        return factors.add_authenticator(db, db.get_one(Staff, person.id), code_at(NOON), session=secret, now=NOON)


def add_key(person, secret, key, name="Phone", **wrong):
    with writing() as db:
        with_passkeys.begin_passkey(db, db.get_one(Staff, person.id), name, session=secret, now=NOON)
    with writing() as db:
        asked = db.query(PasskeyChallenge).filter_by(purpose=PasskeyPurpose.ADD).one()
        return with_passkeys.add_passkey(
            db, db.get_one(Staff, person.id), key.make(asked.challenge, **wrong), site=SITE, session=secret, now=NOON
        )


def test_check_second_factor_keeps_officers_and_administrators_out_until_they_have_one():
    for role in Role:
        if role in (Role.PROTECTION_OFFICER, Role.ADMINISTRATOR):
            with pytest.raises(rules.SecondFactorMissing):
                rules.check_second_factor([role], has_one=False)
        else:
            rules.check_second_factor([role], has_one=False)
        rules.check_second_factor([role], has_one=True)
    with pytest.raises(rules.SecondFactorMissing):
        rules.check_second_factor([Role.SECRETARIAT, Role.ADMINISTRATOR], has_one=False)


def test_check_remove_second_factor_keeps_the_last_one_of_those_who_need_it():
    rules.check_remove_second_factor([Role.SECRETARIAT], left=0)
    rules.check_remove_second_factor([Role.ADMINISTRATOR], left=1)
    with pytest.raises(rules.LastSecondFactor):
        rules.check_remove_second_factor([Role.ADMINISTRATOR], left=0)


def test_check_add_passkey_allows_a_handful():
    rules.check_add_passkey(9)
    with pytest.raises(rules.TooManyPasskeys):
        rules.check_add_passkey(10)


def test_check_reset_second_factor_is_for_others_and_never_for_an_officer():
    rules.check_reset_second_factor([Role.ADMINISTRATOR], is_own=False)
    with pytest.raises(rules.ResetOfOwn):
        rules.check_reset_second_factor([Role.ADMINISTRATOR], is_own=True)
    with pytest.raises(rules.ResetNeedsTwo):
        rules.check_reset_second_factor([Role.PROTECTION_OFFICER], is_own=False)


def test_an_app_is_set_up_with_its_first_code_and_brings_ten_recovery_codes_once(person):
    here, elsewhere = session_of(person), session_of(person)

    first = set_up_app(person, here)

    assert len(first) == 10
    assert (lives(here), lives(elsewhere)) == (True, False)
    assert events()[-1] == ("staff.second_factor_added", {"staff": person.id, "kind": "app"})
    assert count(OutboxMail, template="account_changed", person=person.actor) == 1
    assert set_up_app(person, here) == []  # on a new phone: the codes on paper stay
    assert count(Authenticator) == 1


def test_a_secret_that_is_offered_counts_for_nothing_before_its_first_code(person):
    here = session_of(person)
    with writing() as db:
        factors.begin_authenticator(db, db.get_one(Staff, person.id), session=here, now=NOON)

    with reading() as db:
        assert not has_second_factor(db, person.id)
    for session, now, refusal in (
        (here, NOON, rules.CodeWrong),
        (session_of(person), NOON, rules.OfferOver),
        (here, NOON + HOUR, rules.OfferOver),
    ):
        with pytest.raises(refusal), writing() as db:
            factors.add_authenticator(db, db.get_one(Staff, person.id), "000 000x", session=session, now=now)


def test_the_code_that_set_the_app_up_signs_nobody_in(person):
    set_up_app(person, session_of(person))

    assert try_code(person, code_at(NOON)).refused.code == "CodeWrong"
    assert try_code(person, code_at(NOON, steps=1)).refused is None


@pytest.mark.database
def test_a_code_is_taken_once(database):
    person = activate(add(app=True))

    assert try_code(person, code_at(NOON)).refused is None
    assert try_code(person, code_at(NOON)).refused.code == "CodeWrong"
    assert try_code(person, code_at(NOON, steps=-1)).refused.code == "CodeWrong"


@pytest.mark.database
def test_the_same_code_from_two_browsers_at_once_is_taken_once(database):
    person = activate(add(app=True))
    secrets = [half(person), half(person)]

    ends = together(*(lambda secret=secret: try_code(person, code_at(NOON), secret=secret) for secret in secrets))

    assert sorted(end.refused is None for end in ends) == [False, True]


@pytest.mark.database
def test_the_same_recovery_code_from_two_browsers_at_once_is_taken_once(database):
    person = activate(add())
    code = set_up_app(person, session_of(person))[0]
    secrets = [half(person), half(person)]

    ends = together(*(lambda secret=secret: try_code(person, code, secret=secret) for secret in secrets))

    assert sorted(end.refused is None for end in ends) == [False, True]
    assert count(RecoveryCode) == 9


@pytest.mark.database
def test_signing_in_while_a_second_factor_is_added_leaves_no_session_without_it(database):
    """Either the new session is there first and ends, or it is asked for the code."""
    person = activate(add())
    with writing() as db:
        link = operations.make_password_link(db, db.get_one(Staff, person.id), by=None, now=NOON)
        operations.set_password_by_link(db, link, "four odd words here", now=NOON)
    here = session_of(person)

    def sign_in():
        with writing() as db:
            tried = operations.try_sign_in(db, person.email, "four odd words here", device="", key=b"k", now=NOON)
            if has_second_factor(db, person.id):
                return ""
            return operations.begin_session(db, SessionKind.STAFF, tried.person.actor, now=NOON, lasts=HOUR)

    secret, _ = together(sign_in, lambda: set_up_app(person, here))

    assert not lives(secret)
    assert lives(here)


def test_a_recovery_code_is_good_once_however_it_is_typed_and_told(person):
    first, second = set_up_app(person, session_of(person))[:2]
    arabic = " ".join("".join(chr(0x0660 + int(figure)) for figure in part) for part in codes.in_fours(first).split())
    mails = count(OutboxMail)

    passed = try_code(person, arabic)

    assert (passed.refused, passed.by_recovery_code) == (None, True)
    assert try_code(person, first).refused.code == "CodeWrong"
    assert try_code(person, second).by_recovery_code
    assert events()[-1] == ("staff.recovery_code_used", {"staff": person.id, "left": 8})
    assert count(OutboxMail) == mails + 2


def test_a_recovery_code_of_another_is_none(person):
    theirs = set_up_app(person, session_of(person))[0]
    other = activate(add(email="omar@x.example", app=True))

    assert try_code(other, theirs).refused.code == "CodeWrong"


def test_new_recovery_codes_end_the_older_ones(person):
    here = session_of(person)
    old = set_up_app(person, here)

    with writing() as db:
        new = factors.make_recovery_codes(db, db.get_one(Staff, person.id), session=here, now=NOON)

    assert set(old).isdisjoint(new)
    assert try_code(person, old[0]).refused.code == "CodeWrong"
    assert try_code(person, new[0]).refused is None


def test_there_are_no_recovery_codes_where_there_is_nothing_to_recover(person):
    with writing() as db:
        assert factors.make_recovery_codes(db, db.get_one(Staff, person.id), session="", now=NOON) == []

    assert count(RecoveryCode) == 0


def test_wrong_codes_make_one_wait_and_a_right_one_is_not_even_looked_at(database):
    person = activate(add(app=True))
    for _ in range(5):
        assert try_code(person, "000000").refused.code == "CodeWrong"

    assert try_code(person, code_at(NOON)).refused.code == "WaitBeforeSignIn"
    later = NOON + timedelta(seconds=60)
    assert try_code(person, code_at(later), now=later).refused is None
    assert count(SignInAttempt) == 0


def test_what_counts_wrong_codes_names_nobody_and_is_not_what_counts_passwords(database):
    person = activate(add(app=True))

    try_code(person, "000000")

    with reading() as db:
        kept = db.query(SignInAttempt).one().name_key
    assert kept not in (operations.ids.keyed_name(b"k" * 32, person.email), person.actor.encode())


def test_passing_ends_the_session_of_the_password_and_that_one_ends_soon_by_itself(database):
    person = activate(add(app=True))
    passed, forgotten = half(person), half(person)

    try_code(person, code_at(NOON), secret=passed)

    kind = SessionKind.HALF_SIGNED_IN
    assert (lives(passed, kind), lives(forgotten, kind)) == (False, True)
    assert not lives(forgotten, kind, NOON + timedelta(minutes=11))
    assert not lives(forgotten)  # and it is no session of the desk at all


def test_a_copy_of_the_database_holds_neither_secret_nor_code(person):
    new = set_up_app(person, session_of(person))

    rows = repr(everything())

    assert SECRET not in rows
    assert not [code for code in new if code in rows]


def test_the_last_one_of_an_administrator_stays_and_others_remove_theirs_with_its_codes(database):
    admin, other = add(Role.ADMINISTRATOR, app=True), add(email="o@x.example", app=True)
    with pytest.raises(rules.LastSecondFactor), writing() as db:
        factors.remove_authenticator(db, db.get_one(Staff, admin.id), session="", now=NOON)

    with writing() as db:
        factors.make_recovery_codes(db, db.get_one(Staff, other.id), session="", now=NOON)
        factors.remove_authenticator(db, db.get_one(Staff, other.id), session="", now=NOON)

    with reading() as db:
        assert second_factors(db, other).count == 0
        assert second_factors(db, other).recovery_codes == 0
        assert second_factors(db, admin).count == 1
    assert events()[-1] == ("staff.second_factor_removed", {"staff": other.id, "kind": "app"})


def test_an_administrator_takes_away_what_another_lost_and_nobody_an_officers_or_their_own(database):
    admin, lost = add(Role.ADMINISTRATOR, app=True), activate(add(Role.ADMINISTRATOR, email="l@x.example"))
    officer = add(Role.PROTECTION_OFFICER, email="p@x.example", app=True)
    secret = session_of(lost)
    set_up_app(lost, secret)

    with writing() as db:
        factors.reset_second_factor(db, db.get_one(Staff, lost.id), by=admin, now=NOON)
    for whose, by in ((officer, admin), (officer, None), (admin, admin)):
        with pytest.raises((rules.ResetNeedsTwo, rules.ResetOfOwn)), writing() as db:
            factors.reset_second_factor(db, db.get_one(Staff, whose.id), by=by, now=NOON)

    assert not lives(secret)
    assert count(RecoveryCode) == 0
    with reading() as db:
        assert [has_second_factor(db, one.id) for one in (admin, lost, officer)] == [True, False, True]
        entry = db.query(JournalEntry).filter_by(event="staff.second_factor_reset").one()
    assert (entry.actor, entry.codes) == (admin.actor, {"staff": lost.id})


def test_an_address_that_takes_no_mail_keeps_nobody_from_a_second_factor(database):
    person = activate(add(email="root"))

    assert len(set_up_app(person, session_of(person))) == 10
    assert count(OutboxMail) == 0


def test_a_passkey_is_added_named_and_signs_in(person):
    here, key = session_of(person), SoftKey()

    assert len(add_key(person, here, key)) == 10
    secret = half(person)
    sign(person, secret, key)

    with reading() as db:
        kept = db.query(Passkey).one()
    assert (kept.name, kept.staff_id, kept.sign_count) == ("Phone", person.id, 1)
    assert not lives(secret, SessionKind.HALF_SIGNED_IN)
    assert events()[-1] == ("staff.second_factor_added", {"staff": person.id, "kind": "passkey"})


def sign(person, secret, key, **wrong):
    with reading() as db:
        asked = db.query(PasskeyChallenge).filter_by(session_digest=operations.ids.digest(secret)).one()
    answer = key.sign(wrong.pop("challenge", asked.challenge), **wrong)
    with writing() as db:
        with_passkeys.pass_with_passkey(db, db.get_one(Staff, person.id), answer, site=SITE, session=secret, now=NOON)


WRONG = {
    "challenge": {"challenge": b"another challenge of another day"},
    "origin": {"origin": "https://evil.example"},
    "host": {"host": "evil.example"},
    "not verified": {"verified": False},
    "count not gone up": {"step": 0},
    "kind": {"kind": "webauthn.create"},
}


@pytest.mark.parametrize("how", sorted(WRONG))
def test_an_answer_for_another_purpose_place_or_time_signs_nobody_in(person, how):
    key = SoftKey()
    add_key(person, session_of(person), key)
    sign(person, half(person), key)
    secret = half(person)

    with pytest.raises(rules.PasskeyRefused):
        sign(person, secret, key, **WRONG[how])

    assert lives(secret, SessionKind.HALF_SIGNED_IN)
    sign(person, half(person), key, step=2)


@pytest.mark.parametrize("how", ["origin", "host", "not verified"])
def test_a_new_passkey_for_another_place_or_without_its_lock_is_not_kept(person, how):
    with pytest.raises(rules.PasskeyRefused):
        add_key(person, session_of(person), SoftKey(), **WRONG[how])

    assert count(Passkey) == 0


def test_the_passkey_of_another_signs_nobody_in(person):
    other, mine, theirs = activate(add(email="o@x.example")), SoftKey(), SoftKey(credential_id=b"theirs")
    add_key(person, session_of(person), mine)
    add_key(other, session_of(other), theirs)

    with pytest.raises(rules.PasskeyRefused):
        sign(person, half(person), theirs)
    theirs.credential_id = mine.credential_id
    with pytest.raises(rules.PasskeyRefused):
        sign(person, half(person), theirs)


def test_one_passkey_is_one_persons(person):
    other, key = activate(add(email="o@x.example")), SoftKey()
    add_key(person, session_of(person), key)

    with pytest.raises(rules.PasskeyRefused):
        add_key(other, session_of(other), key)

    assert count(Passkey) == 1


@pytest.mark.database
def test_a_challenge_is_good_once_also_for_two_at_once(database):
    person, key = activate(add()), SoftKey()
    add_key(person, session_of(person), key)
    secret = half(person)
    with reading() as db:
        asked = db.query(PasskeyChallenge).one()
    answers = [key.sign(asked.challenge), key.sign(asked.challenge)]

    def attempt(answer):
        try:
            with writing() as db:
                me = db.get_one(Staff, person.id)
                with_passkeys.pass_with_passkey(db, me, answer, site=SITE, session=secret, now=NOON)
        except rules.PasskeyRefused:
            return False
        return True

    assert sorted(together(*(lambda one=one: attempt(one) for one in answers))) == [False, True]


def test_a_challenge_is_over_after_five_minutes_and_of_its_session_only(person):
    key = SoftKey()
    add_key(person, session_of(person), key)
    secret, other = half(person), half(person)
    with reading() as db:
        asked = db.query(PasskeyChallenge).filter_by(session_digest=operations.ids.digest(secret)).one()
    answer = key.sign(asked.challenge)

    for session, now in ((secret, NOON + timedelta(minutes=6)), (other, NOON)):
        with pytest.raises(rules.PasskeyRefused), writing() as db:
            me = db.get_one(Staff, person.id)
            with_passkeys.pass_with_passkey(db, me, answer, site=SITE, session=session, now=now)


@pytest.mark.parametrize("answer", ["", "{}", "[]", "null", "{" * 5000, '{"id": 5}', "\x00", "x" * 30_000])
def test_an_answer_that_is_none_is_refused_in_words(answer):
    with pytest.raises(rules.PasskeyRefused):
        passkeys.read_new_key(SITE, answer, b"c" * 32)
    with pytest.raises(rules.PasskeyRefused):
        passkeys.read_count(SITE, answer, b"c" * 32, public_key=b"", sign_count=0)
    assert passkeys.credential_of(answer) == b""


@pytest.mark.parametrize(
    ("address", "host", "origin", "takes"),
    [
        ("https://consult.example", "consult.example", "https://consult.example", True),
        ("https://consult.example:443", "consult.example", "https://consult.example", True),
        ("https://Consult.example:8443/x", "consult.example", "https://consult.example:8443", True),
        ("https://استشارة.example", "xn--mgbagc0bji.example", "https://xn--mgbagc0bji.example", True),
        ("http://consult.example", "consult.example", "http://consult.example", False),
        ("http://localhost:8000", "localhost", "http://localhost:8000", True),
        ("http://127.0.0.1:8000", "127.0.0.1", "http://127.0.0.1:8000", False),
    ],
)
def test_the_site_of_passkeys_is_the_one_of_the_settings(address, host, origin, takes):
    site = passkeys.site_of(address)

    assert (site.host, site.origin, site.takes_passkeys) == (host, origin, takes)


@pytest.mark.database
@pytest.mark.parametrize("change", ["staff_id = staff_id + 1", "public_key = credential_id", "name = 'other'"])
def test_the_database_lets_no_passkey_become_anothers(database, change):
    person = activate(add())
    add(email="next@x.example")
    add_key(person, session_of(person), SoftKey())

    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text(f"UPDATE passkey SET {change}"))

    assert violated(caught.value) == "passkey_stays_its_owners"


@pytest.mark.database
@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("UPDATE passkey SET sign_count = -1", "ck_passkey_sign_count_is_a_count"),
        ("UPDATE passkey_challenge SET name = NULL", "ck_passkey_challenge_only_new_passkeys_are_named"),
        ("UPDATE session SET kind = 'other'", "ck_session_session_kind_known"),
    ],
)
def test_the_database_holds_no_nonsense(database, statement, name):
    person = activate(add())
    here = session_of(person)
    add_key(person, here, SoftKey())
    with writing() as db:
        with_passkeys.begin_passkey(db, db.get_one(Staff, person.id), "Next", session=here, now=NOON)

    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text(statement))

    assert violated(caught.value) == name


def test_the_sweep_takes_offers_and_challenges_that_nobody_used(person):
    here = session_of(person)
    with writing() as db:
        me = db.get_one(Staff, person.id)
        factors.begin_authenticator(db, me, session=here, now=NOON)
        with_passkeys.begin_passkey(db, me, "Key", session=here, now=NOON)

    with writing() as db:
        operations.sweep_accounts(db, now=NOON + HOUR)

    assert (count(AuthenticatorOffer), count(PasskeyChallenge)) == (0, 0)
