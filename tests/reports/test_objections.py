"""What of a comment readers will not see is shown to its author, who may object once; the team replies before it publishes."""

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.consultations.models import Consultation
from consult.core import clock
from consult.core.db import reading, violated, writing
from consult.reports import operations as reports
from consult.reports import rules as report_rules
from consult.responses import operations, rules
from consult.responses.models import Grounds, Objection, Outcome, RedactionCategory
from consult.responses.operations_objections import object_to_screening, settle_objection
from consult.responses.queries_objections import count_objections, kept_back
from consult.rounds.models import Comment
from tests.consultations.test_doors import admit
from tests.drafts.test_operations import NOON, consultation  # noqa: F401
from tests.reports.test_reports import AFTER, answer, publish_report
from tests.responses.test_views_staff import signed_in
from tests.rounds.test_comments import open_round  # noqa: F401
from tests.support.forms import submit

MINE = "/en/consultations/upr/my-comments/"
SAID = "The guard Tupo Lisi hit us."


@pytest.fixture
def mine(open_round, client):  # noqa: F811
    """The number of a comment of a participant who is in, in `client`."""
    participant, token = admit()
    with clock.at(NOON):
        client.post(f"/en/door/{token}")
        submit(client, "/en/consultations/upr/comment/1/", {"text": SAID, "consent": "with_name", "act": "send"})
    with reading() as db:
        return db.query(Comment.ref).filter_by(participant_id=participant.id).scalar()


def found(db, ref):
    return db.query(Comment).filter_by(ref=ref).one()


def screen(consultation, ref, passage="Tupo Lisi", done=True):  # noqa: F811
    with writing() as db:
        made, comment, by = db.get_one(Consultation, consultation.id), found(db, ref), consultation.dalia
        category = RedactionCategory.THIRD_PERSON_NAME
        operations.redact_comment(db, made, comment, passage, category, by=by, now=NOON)
        if done:
            operations.mark_screened(db, made, comment, by=by, now=NOON)


def object_(ref, words="The name must stand there."):
    with writing() as db:
        return object_to_screening(db, found(db, ref), words, now=NOON)


def settle(consultation, ref, reply="We keep it: he cannot answer here."):  # noqa: F811
    with writing() as db:
        made = db.get_one(Consultation, consultation.id)
        settle_objection(db, made, found(db, ref), reply, by=consultation.dalia, now=NOON)


def test_the_author_sees_what_is_blacked_out_objects_once_and_reads_the_reply(mine, consultation, client):  # noqa: F811
    page = f"{MINE}{mine}/screening/"
    with clock.at(NOON):
        assert client.get(page).status_code == 404  # nobody has looked yet
        screen(consultation, mine, done=False)
        assert client.get(page).status_code == 404  # the team is still at it
        screen(consultation, mine, passage="hit us")
        assert page in client.get(MINE).text
        shown = client.get(page).text
        assert "Tupo Lisi" not in shown
        assert "Name of a third person" in shown

        assert submit(client, page, {"text": "  "}).status_code == 422
        assert submit(client, page, {"text": "He is a <public> official."}).status_code == 303
        assert "He is a &lt;public&gt; official." in client.get(page).text
        again = client.post(page, data={"text": "And another thing."})
        assert again.status_code == 409
        assert "You have objected already" in again.text
        settle(consultation, mine)
        assert "We keep it: he cannot answer here." in client.get(page).text


def test_the_team_reads_the_objection_and_replies(mine, consultation, app, client):  # noqa: F811
    screen(consultation, mine)
    object_(mine, "He is a public official.")
    desk = signed_in(app.test_client(), consultation.dalia)
    page = f"/staff/consultations/upr/answers/{mine}/"

    assert "He is a public official." in desk.get(page).text
    with clock.at(AFTER):
        check = signed_in(app.test_client(), consultation.dalia).get("/staff/consultations/upr/report/").text
    assert "that have no reply yet: 1" in check
    assert page in check
    desk = signed_in(desk, consultation.dalia)
    assert desk.post(f"{page}objection/", data={"reply": ""}).status_code == 422
    assert desk.post(f"{page}objection/", data={"reply": "We agree."}).status_code == 303
    assert desk.post(f"{page}objection/", data={"reply": "No, we do not."}).status_code == 409
    with clock.at(NOON):
        assert "We agree." in client.get(f"{MINE}{mine}/screening/").text


def test_nothing_is_published_over_an_objection_without_reply(mine, open_round, consultation):  # noqa: F811
    screen(consultation, mine)
    object_(mine)
    answer(mine, consultation, Outcome.NOTED, "WHY")

    with pytest.raises(report_rules.ObjectionsOpen):
        publish_report(consultation, open_round)
    settle(consultation, mine)
    publish_report(consultation, open_round)
    with pytest.raises(rules.AnswerPublished), writing() as db:
        object_to_screening(db, found(db, mine), "Too late", now=AFTER)


def test_a_withheld_comment_can_be_objected_to(mine, consultation):  # noqa: F811
    with writing() as db:
        made = db.get_one(Consultation, consultation.id)
        operations.withhold_comment(db, made, found(db, mine), Grounds.THREATS, by=consultation.dalia, now=NOON)

    object_(mine, "It is a quotation.")

    with reading() as db:
        assert kept_back(db, found(db, mine).id).objection.text == "It is a quotation."


def test_another_participant_finds_nothing(mine, consultation, app):  # noqa: F811
    screen(consultation, mine)
    _, token = admit(name="Somebody else", email="else@x.example")
    stranger = app.test_client()
    with clock.at(NOON):
        stranger.post(f"/en/door/{token}")
        assert stranger.get(MINE).status_code == 200
        assert stranger.get(f"{MINE}{mine}/screening/").status_code == 404
        assert stranger.post(f"{MINE}{mine}/screening/", data={"text": "x"}).status_code == 404
        assert app.test_client().post(f"{MINE}{mine}/screening/", data={"text": "x"}).status_code == 403


def test_withdrawing_empties_the_objection_too(mine, open_round, consultation):  # noqa: F811
    screen(consultation, mine)
    object_(mine)
    with writing() as db:
        reports.withdraw_comment(db, found(db, mine), now=NOON)

    with reading() as db:
        assert db.query(Objection.text).scalar() == ""
        assert count_objections(db, open_round.id) == 0


@pytest.mark.database
def test_two_clicks_make_one_objection(mine, consultation):  # noqa: F811
    screen(consultation, mine)
    barrier, ends = threading.Barrier(2), []

    def press():
        barrier.wait()
        try:
            object_(mine)
            ends.append("kept")
        except rules.ObjectedAlready:
            ends.append("already")

    both = [threading.Thread(target=press) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert sorted(ends) == ["already", "kept"]


@pytest.mark.database
@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("UPDATE objection SET text = 'other words'", "objection_only_emptied"),
        ("UPDATE objection SET made_at = '2020-01-01 00:00:00+00:00'", "objection_only_settled"),
        ("UPDATE objection SET reply = 'other'", "settled_objection_stays"),
        ("UPDATE objection SET settled_at = NULL, settled_by_id = NULL", "settled_objection_stays"),
        ("DELETE FROM objection", "objection_only_settled"),
    ],
)
def test_the_database_keeps_a_settled_objection(mine, consultation, sql, name):  # noqa: F811
    screen(consultation, mine)
    object_(mine)
    settle(consultation, mine)

    with pytest.raises(DBAPIError) as refused, writing() as db:
        db.execute(text(sql))

    assert violated(refused.value) == name


@pytest.mark.database
@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("settled_by_id = 1", "ck_objection_settled_by_someone"),
        ("settled_by_id = 1, settled_at = '2027-01-01 00:00:00+00:00'", "ck_objection_settled_with_a_reply"),
    ],
)
def test_the_database_wants_a_reply_by_someone(mine, consultation, change, name):  # noqa: F811
    screen(consultation, mine)
    object_(mine)

    with pytest.raises(DBAPIError) as refused, writing() as db:
        db.execute(text(f"UPDATE objection SET {change}"))

    assert violated(refused.value) == name


@pytest.mark.parametrize(
    ("words", "state", "refusal"),
    [
        ("x", {"has_objected": True}, rules.ObjectedAlready),
        ("x", {"is_kept_back": False}, rules.NothingToObject),
        (" ", {}, rules.ObjectionEmpty),
        ("x" * 2001, {}, rules.ReasonTooLong),
    ],
)
def test_check_object_refuses(words, state, refusal):
    rules.check_object("x", is_kept_back=True, has_objected=False)

    with pytest.raises(refusal):
        rules.check_object(words, **{"is_kept_back": True, "has_objected": False, **state})


def test_check_settle_objection_takes_one_reply_in_words():
    rules.check_settle_objection(Objection(text="x"), "We agree.")

    for settled, reply, refusal in (
        (NOON, "x", rules.ObjectionSettled), (None, " ", rules.ReplyMissing), (None, "x" * 2001, rules.ReasonTooLong),
    ):  # fmt: skip
        with pytest.raises(refusal):
            rules.check_settle_objection(Objection(text="x", settled_at=settled), reply)
