"""A consultation key: opened by an officer, held by all, in use only then; stopped and erased by signed words."""

import dataclasses
import json
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.consultations.models import Consultation
from consult.core.crypto import b64
from consult.core.db import reading, violated, writing
from consult.custody import operations, operations_keys, queries, rules, sides
from consult.custody.halves import sweep_halves
from consult.rounds import rules as round_rules
from consult.rounds.models import Audience
from consult.safe_desk.desk_files import call_of
from tests.custody.fixtures import ANA, BEN, CIA, NOON, STATE, consultation, desk, journal, rows  # noqa: F401
from tests.custody.making import appointment, opening_file, signed


@pytest.fixture
def two(desk):  # noqa: F811
    desk.appoint(ANA)
    desk.appoint(BEN)
    return desk


def halves(two) -> list[str]:
    return sorted(path.name for path in two.safe.halves.iterdir())


def test_halves_are_files_of_their_own_and_go_when_all_have_confirmed(two):
    two.open_key(ANA)
    first = halves(two)
    content = json.loads((two.safe.halves / first[0]).read_text())
    two.confirm(ANA)
    still = halves(two)
    two.confirm(BEN)

    assert (len(first), still, halves(two)) == (2, first, [])
    assert len(content["halves"]) == 1
    assert (two.safe.halves.stat().st_mode & 0o777, content["format"]) == (0o700, "consult-opening")
    assert [event for event, _ in journal("key.%")] == [
        "key.opened", "key.half_handed_out", "key.half_confirmed", "key.half_handed_out", "key.half_confirmed", "key.halves_deleted",
    ]  # fmt: skip
    assert content["halves"][0]["sealed"] not in str(rows("SELECT * FROM opening")) + str(
        rows("SELECT * FROM half_copy")
    )


def test_check_confirm_half_is_for_a_half_that_was_fetched(two):
    two.open_key(ANA)

    with pytest.raises(rules.NotHandedOut), writing() as db:
        key = queries.present_key(db, two.upr(db).id)
        copy = queries.copy_of(db, key.id, two.officer(db, ANA).id)
        operations_keys.confirm_half(db, two.safe, two.upr(db), copy, by=two.people[ANA.fingerprint], now=NOON)


def test_a_half_whose_opening_was_never_kept_is_swept_after_a_day(two):
    stray = two.safe.halves / "stray"
    stray.write_text("x")
    two.open_key(ANA)

    with writing() as db:
        sweep_halves(db, now=NOON)
        kept = stray.exists()
        import os

        os.utime(stray, (0, 0))
        sweep_halves(db, now=NOON)

    assert (kept, stray.exists(), len(halves(two))) == (True, False, 2)


WRONG = {
    "by another officer": lambda: opening_file([ANA, BEN], by=BEN),
    "by nobody": lambda: opening_file([ANA, BEN], by=STATE),
    "of another consultation": lambda: opening_file([ANA, BEN], "other"),
    "with a number left out": lambda: opening_file([ANA, BEN], number=2),
    "without an officer": lambda: opening_file([ANA]),
    "with one nobody appointed": lambda: opening_file([ANA, BEN, STATE]),
    "without halves": lambda: opening_file([ANA, BEN], halves=False),
    "with main's key swapped": lambda: opening_file([ANA, BEN], main="A" * 43),
    "cut off": lambda: opening_file([ANA, BEN])[:-3],
    "not JSON": lambda: "x",
    "a list": lambda: "[]",
    "of another format": lambda: opening_file([ANA, BEN]).replace('"version": 1', '"version": 2'),
    "with a key that has ended": lambda: opening_file([ANA, BEN], last_releases=(3,)),
}


@pytest.mark.parametrize("how", WRONG)
def test_a_wrong_opening_file_changes_nothing(two, how):
    with pytest.raises((rules.FileWrong, rules.OpeningRefused, rules.OfficersDiffer)):
        two.open_key(ANA, WRONG[how]())

    assert rows("SELECT count(*) FROM consultation_key") == [(0,)]


def test_the_list_of_keys_only_grows_and_the_same_again_is_refused(two):
    two.open_key(ANA)

    for content in (opening_file([ANA, BEN]), opening_file([ANA, BEN], number=2, last_releases=())):
        with pytest.raises((rules.OpeningRefused, rules.FileWrong)):
            two.open_key(ANA, content)
    two.open_key(BEN, opening_file([ANA, BEN], by=BEN, number=2, last_releases=(4, None)))
    with pytest.raises(rules.OpeningRefused):
        two.open_key(ANA, opening_file([ANA, BEN], number=3, last_releases=(9, None)))

    assert rows("SELECT number, last_release FROM consultation_key ORDER BY number") == [(1, 4), (2, None)]


def test_a_newcomer_gets_a_half_and_whoever_left_stays_on_the_list_without_one(two):
    two.open_key(ANA)
    two.hand_in(CIA)
    for by in (ANA, BEN):
        with writing() as db:
            operations.sign_appointment(
                db,
                appointment(by, CIA),
                officer=two.officer(db, by),
                paper_on=None,
                by=two.people[by.fingerprint],
                now=NOON,
            )
    with writing() as db:
        operations.end_officer(db, two.officer(db, BEN), by=two.people[BEN.fingerprint], now=NOON)
    two.open_key(ANA, opening_file([ANA, BEN, CIA], number=2))

    mine = rows("SELECT o.name FROM half_copy h JOIN officer o ON o.id = h.officer_id ORDER BY o.name")
    assert mine == [("Ana Tui",), ("Ben Oko",), ("Cia Ruiz",)]
    assert len(halves(two)) == 3


@pytest.mark.database
def test_check_begin_use_takes_two_confirmed_officers_or_one_and_the_sheet(two):
    with pytest.raises(rules.KeyMissing):
        two.open_round()
    two.open_key(ANA)
    with pytest.raises(rules.OfficersTooFew):
        two.open_round()
    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text("UPDATE consultation_key SET used_at = '2027-01-01 00:00:00'"))
    two.confirm(ANA)
    with pytest.raises(rules.OfficersTooFew):
        two.open_round()
    two.confirm(BEN)

    assert violated(caught.value) == "key_in_officers_hands_before_use"
    assert two.open_round().takes_nameless is True


@pytest.mark.database
def test_one_officer_and_a_recovery_sheet_are_enough(desk):  # noqa: F811
    desk.appoint(ANA)
    desk.open_key(ANA, officers=(ANA,))
    desk.confirm(ANA)
    with pytest.raises(rules.OfficersTooFew):
        desk.open_round()
    with writing() as db:
        key = queries.present_key(db, desk.upr(db).id)
        officer, by = desk.officer(db, ANA), desk.people[ANA.fingerprint]
        operations_keys.confirm_sheet(db, desk.upr(db), key, officer=officer, by=by, now=NOON)

    assert desk.open_round().safe_host == "safe.example"


def test_without_a_safe_no_round_takes_nameless_comments_and_others_do_as_before(two, monkeypatch):
    monkeypatch.setattr(sides, "_safe", None)

    with pytest.raises(rules.SafeMissing):
        two.open_round()

    assert two.open_round(takes_nameless=False).takes_nameless is False


def test_check_take_nameless_is_not_for_a_draft_that_only_the_invited_read(two):
    with pytest.raises(round_rules.NamelessNotForInvited):
        round_rules.check_take_nameless(Audience.INVITED)


@pytest.mark.database
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE round SET takes_nameless = FALSE, safe_host = NULL",
        "UPDATE round SET takes_nameless = FALSE",
        "UPDATE round SET safe_host = 'evil.example'",
        "UPDATE round SET audience = 'invited'",
        "DELETE FROM round",
    ],
)
def test_the_switch_of_a_round_never_changes(desk, statement):  # noqa: F811
    desk.in_use()

    with pytest.raises(DBAPIError), writing() as db:
        db.execute(text("DELETE FROM nameless_round"))
        db.execute(text(statement))

    assert [bool(row[0]) for row in rows("SELECT takes_nameless FROM round")] == [True]


@pytest.mark.database
def test_the_switch_of_a_named_round_never_changes_either(two):
    two.open_round(takes_nameless=False)
    statements = {
        "UPDATE round SET takes_nameless = TRUE, safe_host = 'safe.example'": "round_is_fixed_at_its_opening",
        "INSERT INTO round (consultation_id, number, version_id, opens_at, closes_at, audience, extensions, questions, takes_nameless,"
        " safe_host) SELECT consultation_id, 2, version_id, opens_at, closes_at, audience, 0, questions, TRUE, 'x' FROM round":
        "nameless_needs_a_key_in_use",
    }  # fmt: skip

    for statement, name in statements.items():
        with pytest.raises(DBAPIError) as caught, writing() as db:
            db.execute(text(statement))
        assert violated(caught.value) == name


@pytest.mark.database
def test_check_stop_key_any_one_officer_stops_it_once(desk):  # noqa: F811
    desk.in_use()
    stop = signed("stop", BEN, "upr", 1, {"key": 1, "last_release": 3})

    def stopping(content: str) -> None:
        with writing() as db:
            operations_keys.stop_key(
                db,
                desk.safe,
                desk.upr(db),
                content,
                officer=desk.officer(db, BEN),
                by=desk.people[BEN.fingerprint],
                now=NOON,
            )

    with pytest.raises(rules.FileWrong):
        stopping(signed("stop", ANA, "upr", 1, {"key": 1, "last_release": 3}))
    with pytest.raises(rules.FileWrong):
        stopping(signed("stop", BEN, "upr", 1, {"key": 2, "last_release": 3}))
    stopping(stop)
    with pytest.raises(rules.StoppedAlready):
        stopping(stop)

    with pytest.raises(DBAPIError), writing() as db:
        db.execute(text("UPDATE consultation_key SET stop = NULL, stopped_at = NULL"))


def test_check_report_erasure_waits_until_nothing_is_needed_and_then_all_have_confirmed(desk):  # noqa: F811
    desk.in_use()

    def erasing(maker, after: date | None) -> None:
        with writing() as db:
            content = signed("erased", maker, "upr", 1, {"key": 1})
            operations_keys.report_erasure(
                db, desk.safe, desk.upr(db), content, officer=desk.officer(db, maker), destroy_after=after,
                by=desk.people[maker.fingerprint], now=NOON,
            )  # fmt: skip

    for early in (None, NOON.date()):
        with pytest.raises(rules.ErasedTooEarly):
            erasing(ANA, early)
    states = []
    for maker in (ANA, ANA, BEN):
        erasing(maker, NOON.date() - timedelta(days=1))
        with reading() as db:
            states.append(queries.is_erased(db, db.query(Consultation).one().id))

    assert states == [False, False, True]
    assert len(journal("key.erasure_reported")) == 2


def test_check_knows_safe_before_a_key_names_it(two):
    unknown = dataclasses.replace(two.safe, public=b"")
    with pytest.raises(rules.SafeKeyMissing), writing() as db:
        officer, by = two.officer(db, ANA), two.people[ANA.fingerprint]
        operations_keys.open_key(db, unknown, two.upr(db), opening_file([ANA, BEN]), officer=officer, by=by, now=NOON)
    with pytest.raises(rules.SafeKeyMissing), reading() as db:
        call_of(unknown, two.upr(db))

    two.open_key(ANA)
    with reading() as db:
        assert call_of(two.safe, two.upr(db))["safe"] == b64(two.safe.public)
