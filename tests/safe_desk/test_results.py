"""What officers hand in: released in groups, once; withdrawn; passed on. And the way to the report."""

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.core import clock, exchange
from consult.core.db import reading, violated, writing
from consult.core.refusals import Refused
from consult.custody import rules as custody_rules
from consult.custody.sides import safe_in_use
from consult.reports import rules as report_rules
from consult.reports.models import Report, ReportKind
from consult.reports.operations import publish_report
from consult.responses import operations as answers
from consult.responses.models import Answer, Outcome
from consult.rounds import rules as round_rules
from consult.rounds.models import UNDATED, Channel, Comment, Round
from consult.safe_desk import operations, queries, rules
from consult.safe_desk.desk_files import hand_out_batches
from consult.safe_desk.jobs import exchange_run
from consult.safe_desk.operations_results import take_result
from consult.safe_desk.results import read_result
from consult.safe_desk.rules import Standing
from tests.custody.fixtures import ANA, BEN, CIA, CLOSES, NOON, consultation, desk, journal, rows  # noqa: F401
from tests.custody.making import Maker, a_ref, lay_batch, manifests, released, result
from tests.support.together import together

FIVE = [released(place) for place in range(5)]


@pytest.fixture
def open_desk(desk):  # noqa: F811
    desk.round = desk.in_use()
    lay_batch(1)
    run()
    return desk


def run(at: datetime = NOON) -> None:
    with clock.at(at):
        exchange_run()


def hand_in(desk, by: Maker, content: bytes, *, now: datetime = NOON) -> None:  # noqa: F811
    with writing() as db:
        officer = desk.officer(db, by)
        read = read_result(content, safe_in_use(), "upr", officer)
        take_result(db, desk.upr(db), read, officer=officer, by=desk.people[by.fingerprint], now=now)


def comments() -> list[str]:
    return sorted(row[0] for row in rows("SELECT text FROM comment"))


@pytest.mark.database
def test_released_comments_stand_in_the_queue_without_author_time_or_order(open_desk):
    hand_in(open_desk, ANA, result(ANA, 1, release=[*FIVE, released(5, use="internal", paragraph="0")], cells=1))

    with reading() as db:
        found = db.query(Comment).all()
    assert comments() == [f"Released {place}." for place in range(6)]
    assert {(one.channel, one.participant_id, one.received_at) for one in found} == {(Channel.SAFE, None, None)}
    assert {one.consent.value for one in found} == {"without_name", "not_published"}
    assert all(one.id < 0 for one in found)
    assert next(one.quoted_text for one in found if one.paragraph_ref == "1").startswith("First paragraph")
    assert rows("SELECT comments, unanswered, unscreened FROM triage_tally") == [(6, 6, 5)]
    run()
    assert [found.number for found in exchange.look(open_desk.safe.folder_in, "cells")] == [1]


def test_the_order_of_release_says_nothing_of_the_order_in_which_they_were_given(open_desk):
    """Rank correlation of place and id over many releases is near nought: each goes its own way."""
    given = [released(place) for place in range(400)]
    hand_in(open_desk, ANA, result(ANA, 1, release=given))

    with reading() as db:
        by_id = [one.ref for one in db.query(Comment).order_by(Comment.id)]
    rank = {a_ref(place): place for place in range(400)}
    distance = sum((place - rank[ref]) ** 2 for place, ref in enumerate(by_id))
    assert abs(1 - 6 * distance / (400 * (400**2 - 1))) < 0.25


def test_check_release_fewer_than_five_wait_and_none_is_fine(open_desk):
    with pytest.raises(rules.TooFewReleased):
        hand_in(open_desk, ANA, result(ANA, 1, release=FIVE[:4]))
    with pytest.raises(rules.NotAtClosing):
        hand_in(open_desk, ANA, result(ANA, 1, release=FIVE[:1], closing=True))
    hand_in(open_desk, ANA, result(ANA, 1))

    assert comments() == []


def test_the_same_comment_twice_is_one_and_does_not_count_as_new(open_desk):
    hand_in(open_desk, ANA, result(ANA, 1, release=FIVE))
    with pytest.raises(rules.TooFewReleased):
        hand_in(open_desk, ANA, result(ANA, 2, release=[*FIVE, released(9)]))
    hand_in(open_desk, ANA, result(ANA, 2, release=[*FIVE, *(released(place) for place in range(5, 10))]))

    assert len(comments()) == 10


BAD = {
    "by another officer": lambda: result(BEN, 1, release=FIVE),
    "of another consultation": lambda: result(ANA, 1, consultation="other", release=FIVE),
    "saying it is by another": lambda: result(ANA, 1, release=FIVE, officer=BEN.fingerprint),
    "cut off": lambda: result(ANA, 1, release=FIVE)[:-4],
    "changed": lambda: result(ANA, 1, release=FIVE).replace(b"Released 0.", b"Released X."),
    "not text": lambda: b"\xff\xfe",
    "empty": lambda: b"",
    "JSON alone": lambda: b"{}",
    "with a ref that is none": lambda: result(ANA, 1, release=[*FIVE[:4], released(7, ref="<script>")]),
    "with a ref twice": lambda: result(ANA, 1, release=[*FIVE, FIVE[0]]),
    "in a language nobody has": lambda: result(ANA, 1, release=[*FIVE[:4], released(7, language="xx")]),
    "with a use nobody knows": lambda: result(ANA, 1, release=[*FIVE[:4], released(7, use="shout")]),
    "on another version": lambda: result(ANA, 1, release=[released(place, version=2) for place in range(5)]),
    "in another round": lambda: result(ANA, 1, release=[released(place, round=2) for place in range(5)]),
    "a list for a text": lambda: result(ANA, 1, release=[*FIVE[:4], released(7, text=["x"])]),
    "batches as words": lambda: result(ANA, 1, batches=0, release=FIVE) and result(ANA, 1, release=FIVE, state=5),
    "withdrawing what is not there": lambda: result(ANA, 1, withdrawn=(a_ref(3),)),
}  # fmt: skip


@pytest.mark.parametrize("how", BAD)
def test_a_wrong_result_changes_nothing(open_desk, how):
    with pytest.raises(custody_rules.FileWrong):
        hand_in(open_desk, ANA, BAD[how]())

    assert (comments(), rows("SELECT count(*) FROM desk_result")) == ([], [(0,)])


@pytest.mark.parametrize(
    "words",
    [{"text": ""}, {"text": "x" * 10_001}, {"paragraph": "99"}, {"evidence": "x" * 2_001}, {"text": "\x00\x07"}],
)
def test_check_release_comment_one_that_cannot_be_read_lets_none_in(open_desk, words):
    with pytest.raises(round_rules.ReleaseWrong):
        hand_in(open_desk, ANA, result(ANA, 1, release=[*FIVE, released(9, **words)]))

    assert comments() == []


def test_check_result_number_replayed_reordered_and_future_results_change_nothing(open_desk):
    first = result(ANA, 1, release=FIVE)
    hand_in(open_desk, ANA, first)

    for content in (first, result(ANA, 1), result(ANA, 3), result(ANA, 2, cells=None, batches=0)):
        with pytest.raises((rules.ResultOutdated, rules.BatchesUnknown)):
            hand_in(open_desk, ANA, content)

    assert rows("SELECT number FROM desk_result") == [(1,)]


def test_check_batches_a_result_covers_what_main_has_and_what_was_covered_before(open_desk):
    lay_batch(2)
    run()
    with pytest.raises(rules.BatchesUnknown):
        hand_in(open_desk, ANA, result(ANA, 1, batches=3))
    hand_in(open_desk, ANA, result(ANA, 1, batches=2))
    with pytest.raises(rules.BatchesUnknown):
        hand_in(open_desk, ANA, result(ANA, 2, batches=1))


def test_cells_are_passed_on_unread_under_growing_numbers_only(open_desk):
    hand_in(open_desk, ANA, result(ANA, 1, cells=4))
    with pytest.raises(rules.ResultOutdated):
        hand_in(open_desk, ANA, result(ANA, 2, cells=4))
    hand_in(open_desk, ANA, result(ANA, 2, cells=5))
    run()

    assert [found.number for found in exchange.look(open_desk.safe.folder_in, "cells")] == [5]


def test_a_newcomer_who_is_not_appointed_hands_in_nothing(open_desk):
    open_desk.hand_in(CIA)

    with pytest.raises(custody_rules.NotAnOfficer):
        hand_in(open_desk, CIA, result(CIA, 1, release=FIVE))


@pytest.mark.database
def test_two_officers_at_once_one_result_is_taken_and_the_other_is_told(open_desk):
    def act(by: Maker, first: int) -> str:
        try:
            hand_in(open_desk, by, result(by, 1, release=[released(first + place) for place in range(5)]))
        except Refused as problem:
            return problem.code
        return "taken"

    ended = together(lambda: act(ANA, 0), lambda: act(BEN, 100))

    assert sorted(ended) == ["ResultOutdated", "taken"]
    assert len(comments()) == 5


def test_the_desk_file_holds_everything_and_its_handing_out_is_journalled_without_a_count(open_desk):
    hand_in(open_desk, ANA, result(ANA, 1, release=FIVE))
    with writing() as db:
        officer, by = open_desk.officer(db, BEN), open_desk.people[BEN.fingerprint]
        file = hand_out_batches(db, open_desk.safe, open_desk.upr(db), officer, by=by, now=NOON)
    told = json.loads(b"".join(file.pieces()))

    assert (told["format"], told["numbers"], len(told["batches"])) == ("consult-desk", {"result": 1, "cells": 0}, 1)
    assert told["batches"][0].startswith("consult/1 batch\n")
    assert told["state"]
    assert told["manifest"].startswith("consult/1 manifest\n")
    (entry,) = journal("batches.handed_out")
    assert set(json.loads(entry[1].replace("'", '"'))) == {"consultation", "card", "batch"}


def test_nothing_in_the_journal_of_custody_and_exchange_counts_or_names_an_item(open_desk):
    hand_in(open_desk, ANA, result(ANA, 1, release=FIVE, cells=1))
    entries = [
        (event, json.loads(codes.replace("'", '"').replace("True", "true").replace("False", "false")))
        for event, codes in journal()
        if event.split(".")[0] in ("officer", "key", "batches", "result", "safe", "exchange", "withdrawals", "sealed")
    ]

    assert len(entries) > 8
    refs = {a_ref(place) for place in range(5)}
    for event, codes in entries:
        numbers = [value for value in codes.values() if isinstance(value, int) and not isinstance(value, bool)]
        assert (event, numbers) == (event, [])
        assert not refs & {str(value) for value in codes.values()}


# --- the way to the report ---------------------------------------------------------------------------------------------

AFTER = CLOSES + timedelta(hours=3)
UNTIL = AFTER + timedelta(days=5)


def standing(desk, at: datetime) -> Standing:  # noqa: F811
    with reading() as db:
        return queries.find_standing(db, db.get_one(Round, desk.round.id), now=at)


def answer_all(desk) -> None:  # noqa: F811
    with writing() as db:
        for comment in db.query(Comment).filter(Comment.withdrawn_at.is_(None)):
            answers.mark_screened(db, desk.upr(db), comment, by=desk.dalia, now=AFTER)
            answers.answer_comment(
                db, desk.upr(db), comment, Answer(Outcome.ACCEPTED, "", "en"), by=desk.dalia, now=AFTER
            )


def publish(desk, at: datetime):  # noqa: F811
    with writing() as db:
        made = publish_report(
            db,
            desk.upr(db),
            db.get_one(Round, desk.round.id),
            kind=ReportKind.FINAL,
            answers_by=None,
            by=desk.dalia,
            now=at,
        )
        assert made.document  # read while the session is open
        return made


def document_of(report: Report) -> dict[str, object]:
    with reading() as db:
        return db.get_one(Report, report.id).document


def announce(desk, until: datetime, at: datetime) -> None:  # noqa: F811
    with writing() as db:
        operations.announce_withdrawals(
            db, desk.upr(db), db.get_one(Round, desk.round.id), until, by=desk.dalia, now=at
        )


def told_number(desk) -> int:  # noqa: F811
    return manifests(desk.safe)[-1]["number"]


def close(desk) -> None:  # noqa: F811
    """The round has closed, safe has given out the rest, and the officers have released all."""
    run(AFTER)
    lay_batch(2, manifest=told_number(desk))
    run(AFTER)
    hand_in(desk, ANA, result(ANA, 1, batches=2, release=FIVE[:3], closing=True), now=AFTER)


def test_check_publish_report_waits_for_each_step_in_turn(open_desk):
    steps = [standing(open_desk, NOON), standing(open_desk, AFTER)]
    hand_in(open_desk, BEN, result(BEN, 1, release=[released(place) for place in range(10, 15)]))
    answer_all(open_desk)
    with pytest.raises(report_rules.NotAllReleased):
        publish(open_desk, AFTER)
    with pytest.raises(rules.NotReleasedYet):
        announce(open_desk, UNTIL, AFTER)
    run(AFTER)
    lay_batch(2, manifest=told_number(open_desk) - 1)  # released before safe knew of the closing
    run(AFTER)
    with pytest.raises(rules.NotAtClosing):
        hand_in(open_desk, ANA, result(ANA, 2, batches=2, release=FIVE[:3], closing=True), now=AFTER)
    lay_batch(3, manifest=told_number(open_desk))
    run(AFTER)
    hand_in(open_desk, ANA, result(ANA, 2, batches=3, release=FIVE[:3], closing=True), now=AFTER)
    answer_all(open_desk)
    steps.append(standing(open_desk, AFTER))
    with pytest.raises(report_rules.WithdrawalsNotAnnounced):
        publish(open_desk, AFTER)
    announce(open_desk, UNTIL, AFTER)
    steps.append(standing(open_desk, AFTER))
    with pytest.raises(report_rules.WithdrawalsOpen):
        publish(open_desk, AFTER)
    steps.append(standing(open_desk, UNTIL))
    run(UNTIL)
    lay_batch(4, manifest=told_number(open_desk) - 1)
    run(UNTIL)
    hand_in(open_desk, BEN, result(BEN, 3, batches=4, closing=True), now=UNTIL)
    with pytest.raises(report_rules.LastRunMissing):
        publish(open_desk, UNTIL)
    lay_batch(5, manifest=told_number(open_desk))
    run(UNTIL)
    hand_in(open_desk, BEN, result(BEN, 4, batches=5, closing=True, withdrawn=(a_ref(0),)), now=UNTIL)
    steps.append(standing(open_desk, UNTIL))
    made = publish(open_desk, UNTIL)

    assert steps == [
        Standing.OPEN, Standing.CLOSED, Standing.RELEASED, Standing.WITHDRAWING, Standing.LAST_RUN, Standing.SETTLED,
    ]  # fmt: skip
    document = document_of(made)
    assert document["numbers"]["comments"] == 7
    assert a_ref(0) not in json.dumps(document)
    assert manifests(open_desk.safe)[-1]["withdrawals_closed"] is True


@pytest.mark.database
def test_the_database_publishes_no_report_before_the_last_run(open_desk):
    close(open_desk)
    report = (
        "INSERT INTO report (consultation_id, round_id, number, kind, published_at, digest, frozen_id)"
        f" SELECT consultation_id, id, 1, 'final', closes_at, 'x', 1 FROM round WHERE id = {open_desk.round.id}"
    )
    statements = {
        report: "report_waits_for_exchange",
        "UPDATE nameless_round SET settled_by_id = 1": "settled_with_the_last_batch",
        "UPDATE nameless_round SET settled_by_id = 1, withdraw_until = '2027-01-01 00:00:00', withdrawn_manifest = 99":
        "settled_with_the_last_batch",
    }  # fmt: skip

    for statement, name in statements.items():
        with pytest.raises(DBAPIError) as caught, writing() as db:
            db.execute(text(statement))
        assert violated(caught.value) in (name, "ck_nameless_round_settled_after_withdrawals"), statement


@pytest.mark.database
def test_check_announce_withdrawals_leaves_people_days_and_never_less_than_was_said(open_desk):
    close(open_desk)

    with pytest.raises(rules.TooSoon):
        announce(open_desk, AFTER + timedelta(days=2), AFTER)
    announce(open_desk, UNTIL, AFTER)
    with pytest.raises(rules.TooSoon):
        announce(open_desk, UNTIL - timedelta(hours=1), AFTER)
    announce(open_desk, UNTIL + timedelta(days=1), AFTER)
    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text("UPDATE nameless_round SET withdraw_until = '2027-01-01 00:00:00'"))
    with pytest.raises(rules.SettledAlready):
        announce(open_desk, UNTIL + timedelta(days=9), UNTIL + timedelta(days=1))

    assert violated(caught.value) == "announced_hour_never_earlier"
    run(AFTER)
    assert manifests(open_desk.safe)[-1]["withdraw_until"] == (UNTIL + timedelta(days=1)).isoformat()


@pytest.mark.database
def test_a_withdrawal_empties_the_comment_without_a_date_and_afterwards_leaves_an_undated_tombstone(open_desk):
    close(open_desk)
    answer_all(open_desk)
    announce(open_desk, UNTIL, AFTER)
    run(UNTIL)
    lay_batch(3, manifest=told_number(open_desk))
    run(UNTIL)
    hand_in(open_desk, ANA, result(ANA, 2, batches=3, closing=True, withdrawn=(a_ref(0),)), now=UNTIL)
    publish(open_desk, UNTIL)
    run(UNTIL)
    published = exchange.look(open_desk.safe.folder_in, "answers")
    told = json.loads(next(iter(published)).text().split("\n", 2)[2])
    hand_in(open_desk, ANA, result(ANA, 3, batches=3, withdrawn=(a_ref(0), a_ref(1))), now=UNTIL + timedelta(days=3))

    with reading() as db:
        gone = {one.ref: (one.text, one.withdrawn_at) for one in db.query(Comment) if one.withdrawn_at}
    assert gone == {a_ref(0): ("", UNDATED), a_ref(1): ("", UNDATED)}
    assert [one["ref"] for one in told["answers"]] == sorted((a_ref(1), a_ref(2)))
    items = rows("SELECT comment_ref, personal, tombstoned_at FROM report_item ORDER BY comment_ref")
    assert [(row[0], row[1] is None, str(row[2])[:10]) for row in items if row[2]] == [(a_ref(1), True, "1970-01-01")]
    with pytest.raises(DBAPIError), writing() as db:
        db.execute(text(f"UPDATE comment SET text = '', withdrawn_at = '2027-03-14 12:00:00' WHERE ref = '{a_ref(2)}'"))


@pytest.mark.database
@pytest.mark.parametrize(
    "change",
    [
        {"channel": "'site'"},
        {"received_at": "'2027-03-14 12:00:00'"},
        {"consent": "'with_name'"},
        {"participant_id": "1"},
        {"round_id": "2"},
    ],
)
def test_a_comment_without_a_name_has_no_time_no_author_and_no_other_round(open_desk, change):
    with writing() as db:
        if "round_id" in change:
            db.execute(
                text(
                    "INSERT INTO round (id, consultation_id, number, version_id, opens_at, closes_at, audience, extensions, questions,"
                    " takes_nameless) SELECT 2, consultation_id, 2, version_id, opens_at, closes_at, audience, 0, questions, FALSE"
                    " FROM round"
                )
            )
        db.execute(
            text(
                "INSERT INTO participant (id, ref, consultation_id, name, organisation, category, email, language, created_at)"
                " VALUES (1, 'p', 1, 'A', '', '', '', 'en', '2027-01-01 00:00:00')"
            )
        )
    plain = {
        "id": "-5", "ref": "'r'", "round_id": str(open_desk.round.id), "version_id": "1", "paragraph_ref": "'0'", "quoted_text": "''",
        "language": "'en'", "text": "'x'", "suggestion": "''", "evidence": "''", "consent": "'without_name'",
        "channel": "'safe'", "participant_id": "NULL", "received_at": "NULL", "once": "'o'",
    }  # fmt: skip

    def insert(values: dict[str, str]) -> None:
        with writing() as db:
            db.execute(text(f"INSERT INTO comment ({', '.join(values)}) VALUES ({', '.join(values.values())})"))

    with pytest.raises(DBAPIError):
        insert({**plain, **change})
    insert(plain)
