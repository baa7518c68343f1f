"""The response report: what stands against it, what it shows of whom, and that it never changes."""

import csv
import io
import json
from datetime import date, timedelta

import pytest
from docx import Document
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.consultations.models import Consultation, Participant
from consult.core import clock
from consult.core.db import reading, violated, writing
from consult.mail.models import OutboxMail
from consult.reports import operations, queries, rules
from consult.reports.document import canonical, digest_of, standing_of
from consult.reports.models import Report, ReportItem, ReportKind
from consult.reports.operations_freezing import begin_frozen
from consult.reports.showing import author_of
from consult.responses import operations as answers
from consult.responses.models import Answer, Grounds, Outcome, RedactionCategory
from consult.responses.queries import Progress
from consult.rounds.models import Comment, Consent, Round
from consult.rounds.operations import send_comment
from tests.consultations.test_doors import admit
from tests.drafts.test_operations import NOON, TWO, consultation, publish, upload  # noqa: F401
from tests.rounds.test_comments import CLOSES, a_remark, open_round, send  # noqa: F401
from tests.support.forms import submit
from tests.support.together import together

AFTER = CLOSES + timedelta(days=2)
PAGE = "/en/consultations/upr/response"
FORMATS = ("/", ".csv", ".json", ".docx")


def answer(ref, consultation, outcome=Outcome.ACCEPTED, reason="", black_out=(), withhold=None):  # noqa: F811
    with writing() as db:
        made, comment = db.get_one(Consultation, consultation.id), db.query(Comment).filter_by(ref=ref).one()
        by = consultation.dalia
        for passage in black_out:
            category = RedactionCategory.THIRD_PERSON_NAME
            answers.redact_comment(db, made, comment, passage, category, by=by, now=AFTER)
        if withhold:
            answers.withhold_comment(db, made, comment, withhold, by=by, now=AFTER)
        elif comment.consent is not Consent.NOT_PUBLISHED:
            answers.mark_screened(db, made, comment, by=by, now=AFTER)
        answers.answer_comment(db, made, comment, Answer(outcome, reason, "en"), by=by, now=AFTER)


def publish_report(consultation, round_, kind=ReportKind.FINAL, answers_by=None, now=AFTER):  # noqa: F811
    with writing() as db:
        made, found = db.get_one(Consultation, consultation.id), db.get_one(Round, round_.id)
        operations.publish_report(db, made, found, kind=kind, answers_by=answers_by, by=consultation.dalia, now=now)
    with reading() as db:
        return queries.newest_report(db, consultation.id)


def pages(client):
    """The report in every format, as text."""
    found = {}
    for ending in FORMATS:
        answer_ = client.get(PAGE + ending)
        assert answer_.status_code == 200
        if ending == ".docx":
            found[ending] = "\n".join(one.text for one in Document(io.BytesIO(answer_.get_data())).paragraphs)
        else:
            found[ending] = answer_.get_data().decode("utf-8-sig")
    return found


@pytest.mark.parametrize(
    ("progress", "changes", "refusal"),
    [
        ((5, 5, 0, 0), {"is_closed": False}, rules.RoundStillOpen),
        ((5, 5, 0, 0), {"is_published": True}, rules.ReportPublished),
        ((0, 0, 0, 0), {}, rules.NoComments),
        ((5, 4, 0, 0), {}, rules.Unanswered),
        ((5, 5, 1, 0), {}, rules.Unscreened),
        ((5, 5, 0, 0), {"objections": 1}, rules.ObjectionsOpen),
        ((5, 4, 0, 0), {"kind": ReportKind.INTERIM}, rules.InterimWithoutDate),
        ((5, 5, 0, 0), {"kind": ReportKind.INTERIM, "answers_by": date(2027, 4, 4)}, rules.InterimNotNeeded),
    ],
)
def test_check_publish_report_refuses(progress, changes, refusal):
    asked = {"objections": 0, "kind": ReportKind.FINAL, "is_closed": True, "is_published": False, "answers_by": None}
    rules.check_publish_report(Progress(5, 5, 0, 1), **asked)

    with pytest.raises(refusal):
        rules.check_publish_report(Progress(*progress), **{**asked, **changes})


@pytest.mark.database
def test_all_answers_appear_together_and_each_participant_gets_one_mail(open_round, consultation):  # noqa: F811
    participant, _ = admit()
    with writing() as db:
        found, who = db.get_one(Round, open_round.id), db.get_one(Participant, participant.id)
        for once in ("a", "b"):
            send_comment(db, found, None, a_remark(text=f"Whole {once}"), participant=who, once=once, now=NOON)
    with reading() as db:
        refs = [one.ref for one in db.query(Comment)]
    for ref in refs:
        answer(ref, consultation)
    with reading() as db:
        before = queries.published_answers(db, participant.id)

    report = publish_report(consultation, open_round)

    assert before == {}
    with reading() as db:
        assert set(queries.published_answers(db, participant.id)) == set(refs)
        mails = [tuple(row) for row in db.query(OutboxMail.template, OutboxMail.cause)]
    assert mails == [("answers_published", f"report:{report.frozen_id}")]
    with pytest.raises(rules.ReportPublished):
        publish_report(consultation, open_round)


def test_what_each_consent_shows(open_round, consultation, client):  # noqa: F811
    for number, consent in enumerate(Consent):
        sent = send(
            open_round, once=f"k{number}", text=f"TEXT-{consent.value}", name=f"NAME-{consent.value}",
            organisation=f"ORG-{consent.value}", category="academia", consent=consent,
        )  # fmt: skip
        answer(sent.ref, consultation)
    publish_report(consultation, open_round)

    for words in pages(client).values():
        shown = {part for part in ("TEXT", "NAME", "ORG") for one in Consent if f"{part}-{one.value}" in words}
        assert "NAME-with_name" in words
        assert "ORG-with_name" in words
        assert "ORG-organisation_only" in words
        for hidden in ("NAME-organisation_only", "NAME-category_only", "ORG-category_only", "NAME-without_name",
                       "ORG-without_name", "TEXT-not_published", "NAME-not_published", "ORG-not_published"):  # fmt: skip
            assert hidden not in words
        assert shown == {"TEXT", "NAME", "ORG"}
    assert "Academ" not in pages(client)["/"]


@pytest.mark.parametrize(("people", "shown"), [(4, False), (5, True)])
def test_a_category_is_shown_only_where_five_share_it(open_round, consultation, people, shown):  # noqa: F811
    for number in range(people):
        sent = send(open_round, once=f"k{number}", name=f"N{number}", category="cso", consent=Consent.CATEGORY_ONLY)
        answer(sent.ref, consultation)
    publish_report(consultation, open_round)

    with reading() as db:
        authors = [(item.personal["author"], item.author_category) for item in db.query(ReportItem)]
    assert authors == [({}, "cso" if shown else None)] * people


def test_five_comments_of_one_person_are_not_five_people(open_round, consultation):  # noqa: F811
    participant, _ = admit()
    with writing() as db:
        found, who = db.get_one(Round, open_round.id), db.get_one(Participant, participant.id)
        for number in range(6):
            remark = a_remark(text="x", consent=Consent.CATEGORY_ONLY)
            send_comment(db, found, None, remark, participant=who, once=str(number), now=NOON)
    with reading() as db:
        refs = [one.ref for one in db.query(Comment)]
    for ref in refs:
        answer(ref, consultation)
    publish_report(consultation, open_round)

    with reading() as db:
        assert [(item.personal["author"], item.author_category) for item in db.query(ReportItem)] == [({}, None)] * 6
    assert author_of({}) == "A participant"


def by_category(round_, consultation, people, name="N{}"):  # noqa: F811
    """So many answered comments of people who want to be shown by their category only. Their numbers."""
    consent = Consent.CATEGORY_ONLY
    refs = [send(round_, once=f"k{n}", name=name.format(n), category="cso", consent=consent).ref for n in range(people)]
    for ref in refs:
        answer(ref, consultation)
    return refs


def test_one_visitor_who_comments_five_times_is_not_five_people(open_round, consultation, client):  # noqa: F811
    by_category(open_round, consultation, 5, name=" ANA")
    publish_report(consultation, open_round)

    assert all("Civil society" not in words for words in pages(client).values())


@pytest.mark.database
def test_a_category_goes_when_a_withdrawal_leaves_fewer_than_five(open_round, consultation, client):  # noqa: F811
    refs = by_category(open_round, consultation, 6)
    publish_report(consultation, open_round)
    shown = []
    for ref in (None, *refs[:2]):
        if ref:
            with writing() as db:
                operations.withdraw_comment(db, db.query(Comment).filter_by(ref=ref).one(), now=AFTER)
        shown.append(
            {ending: words.count("Civil society") + words.count('"cso"') for ending, words in pages(client).items()}
        )

    assert [set(one.values()) for one in shown] == [{6}, {5}, {0}]


@pytest.mark.database
def test_two_who_withdraw_at_once_see_each_other(open_round, consultation, client):  # noqa: F811
    refs = by_category(open_round, consultation, 6)
    publish_report(consultation, open_round)

    def withdraw(ref):
        with writing() as db:
            operations.withdraw_comment(db, db.query(Comment).filter_by(ref=ref).one(), now=AFTER)

    together(lambda: withdraw(refs[0]), lambda: withdraw(refs[1]))

    assert "Civil society" not in pages(client)["/"]


@pytest.mark.database
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE report_item SET author_category = 'academia'",
        "UPDATE report_item SET author_category = 'cso' WHERE author_category IS NULL",
    ],
)
def test_the_database_lets_a_category_only_be_taken_away(open_round, consultation, sql):  # noqa: F811
    by_category(open_round, consultation, 5)
    answer(send(open_round, once="named").ref, consultation)
    publish_report(consultation, open_round)

    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text(sql))

    assert violated(caught.value) == "report_item_category_only_taken_away"


def test_what_is_hidden_shows_no_language_and_no_count_of_what_was_withdrawn(open_round, consultation, client):  # noqa: F811
    hidden = send(open_round, once="a", text="本段有误，请改正。", consent=Consent.NOT_PUBLISHED)
    gone = send(open_round, once="b", text="第二条意见。")
    taken = send(open_round, once="c", text="第三条意见。")
    answer(hidden.ref, consultation)
    answer(gone.ref, consultation)
    with writing() as db:
        operations.withdraw_comment(db, db.query(Comment).filter_by(ref=taken.ref).one(), now=AFTER)
    publish_report(consultation, open_round)
    with writing() as db:
        operations.withdraw_comment(db, db.query(Comment).filter_by(ref=gone.ref).one(), now=AFTER)

    document = json.loads(pages(client)[".json"])

    assert '"zh"' not in json.dumps(document)
    assert "withdrawn" not in document["numbers"]
    assert document["numbers"]["comments"] == 2
    assert taken.ref not in pages(client)[".json"]


def test_the_digest_of_a_withdrawn_comment_cannot_be_tried_out(open_round, consultation, client):  # noqa: F811
    sent = send(open_round, text="Yes.", name="Ana")
    answer(sent.ref, consultation)
    publish_report(consultation, open_round)
    before = json.loads(pages(client)[".json"])
    item, said = before["paragraphs"][0]["items"][0], before["said"]["0"]
    with writing() as db:
        operations.withdraw_comment(db, db.query(Comment).filter_by(ref=sent.ref).one(), now=AFTER)

    after = json.loads(pages(client)[".json"])

    assert item["digest"] == digest_of(canonical(said))
    assert item["digest"] != digest_of(canonical({name: value for name, value in said.items() if name != "seal"}))
    assert after["said"] == {"0": None}
    assert said["seal"] not in json.dumps(after)


def test_a_final_report_keeps_the_tombstone_of_an_interim_one(open_round, consultation, client):  # noqa: F811
    first, second = send(open_round, once="a", text="FIRST"), send(open_round, once="b", text="SECOND")
    answer(first.ref, consultation, Outcome.NOTED, "REASON-STAYS")
    with writing() as db:
        made, comment = db.get_one(Consultation, consultation.id), db.query(Comment).filter_by(ref=second.ref).one()
        answers.mark_screened(db, made, comment, by=consultation.dalia, now=AFTER)
    interim = publish_report(consultation, open_round, ReportKind.INTERIM, date(2027, 4, 20))
    with writing() as db:
        operations.withdraw_comment(db, db.query(Comment).filter_by(ref=first.ref).one(), now=AFTER)
    answer(second.ref, consultation)
    final = publish_report(consultation, open_round)

    for words in pages(client).values():
        assert "FIRST" not in words
        assert "REASON-STAYS" in words
    assert "Withdrawn by its author" in pages(client)["/"]
    assert interim.document["numbers"]["comments"] == final.document["numbers"]["comments"] == 2


def test_what_was_blacked_out_or_withheld_is_in_no_format(open_round, consultation, client):  # noqa: F811
    planted = send(open_round, once="a", text="The officer Mareko Tull did it.", suggestion="Ask Mareko Tull.")
    hateful = send(open_round, once="b", text="HATEFUL-WORDS", name="HATEFUL-NAME")
    answer(planted.ref, consultation, black_out=["Mareko Tull"])
    answer(hateful.ref, consultation, Outcome.NOT_ACCEPTED, "REASON-SHOWN", withhold=Grounds.HATRED)
    report = publish_report(consultation, open_round)

    with reading() as db:
        stored = json.dumps([report.document, *(item.personal for item in db.query(ReportItem))])
    for words in (*pages(client).values(), stored):
        assert "Mareko" not in words
        assert "Tull" not in words
        assert "HATEFUL" not in words
        assert "REASON-SHOWN" in words
    assert "Name of a third person" in pages(client)["/"]
    assert report.document["numbers"]["withheld"] == 1
    assert report.document["numbers"]["answered"] == 2


@pytest.mark.database
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE report SET digest = 'x'",
        "UPDATE report SET frozen_id = frozen_id + 1",
        "UPDATE frozen_report SET content = '{}'",
        "UPDATE frozen_report SET release_id = release_id + 1",
        "DELETE FROM report",
        "DELETE FROM frozen_report",
        "INSERT INTO report_item (frozen_id, position, comment_ref, personal) SELECT frozen_id, 99, 'x', personal FROM report_item",
        "UPDATE answer_release SET published_at = NULL",
        "DELETE FROM answer_release",
        "DELETE FROM report_item",
        'UPDATE report_item SET personal = \'{"text": "put into the mouth"}\'',
        "UPDATE report_item SET comment_ref = 'x'",
        "UPDATE report_item SET personal = NULL",
        "UPDATE response SET release_id = NULL",
        "UPDATE disposition SET reason = 'another'",
        "UPDATE response SET holds = NULL",
    ],
)
def test_the_database_lets_nobody_change_a_published_report(open_round, consultation, sql):  # noqa: F811
    answer(send(open_round).ref, consultation, Outcome.NOTED, "Thank you.")
    publish_report(consultation, open_round)

    with pytest.raises(DBAPIError), writing() as db:
        db.execute(text(sql))


@pytest.mark.database
def test_the_database_takes_one_final_report_a_round(open_round, consultation):  # noqa: F811
    answer(send(open_round).ref, consultation)
    report = publish_report(consultation, open_round)

    with pytest.raises(DBAPIError) as caught, writing() as db:
        frozen = begin_frozen(db, db.get_one(Round, report.round_id), kind=ReportKind.FINAL, answers_by=None, now=AFTER)
        db.add(Report(consultation_id=report.consultation_id, round_id=report.round_id, number=2, kind=ReportKind.FINAL,
                      published_at=AFTER, answers_by=None, digest="x", frozen_id=frozen.id))  # fmt: skip
        db.flush()
    assert violated(caught.value) == "uq_report_final"


def test_a_withdrawal_after_publication_leaves_a_tombstone_in_every_format(open_round, consultation, client):  # noqa: F811
    sent = send(open_round, text="TAKEN-BACK", name="TAKEN-NAME")
    answer(sent.ref, consultation, Outcome.NOTED, "REASON-STAYS")
    report = publish_report(consultation, open_round)
    before = pages(client)
    tag = client.get(f"{PAGE}/").headers["ETag"]

    with writing() as db:
        operations.withdraw_comment(db, db.query(Comment).filter_by(ref=sent.ref).one(), now=AFTER)

    after = pages(client)
    assert all("TAKEN-BACK" in words for words in before.values())
    for words in after.values():
        assert "TAKEN" not in words
        assert "REASON-STAYS" in words
    assert client.get(f"{PAGE}/").headers["ETag"] != tag
    with reading() as db:
        kept = db.get_one(Report, report.id)
        assert kept.digest == digest_of(kept.frozen.content) == digest_of(canonical(kept.document))


def test_a_cell_that_begins_like_a_formula_is_text(open_round, consultation, client):  # noqa: F811
    answer(send(open_round, text="=HYPERLINK(1)", name="@evil").ref, consultation, Outcome.NOTED, "+1")
    publish_report(consultation, open_round)

    rows = list(csv.reader(io.StringIO(pages(client)[".csv"])))

    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert "'=HYPERLINK(1)" in rows[1]


def test_the_page_is_kept_by_caches_and_holds_no_script(open_round, consultation, client):  # noqa: F811
    answer(send(open_round, text="<script>alert(1)</script>").ref, consultation, Outcome.NOTED, "<b>x</b>")
    publish_report(consultation, open_round)

    page = client.get(f"{PAGE}/")

    assert page.headers["Cache-Control"].startswith("public")
    assert "Set-Cookie" not in page.headers
    assert "<script" not in page.text
    assert "<b>x</b>" not in page.text
    assert client.get(f"{PAGE}/", headers={"If-None-Match": page.headers["ETag"]}).status_code == 304
    assert client.get(f"{PAGE}.exe").status_code == 404


def test_an_interim_report_says_how_many_are_missing_and_by_when(open_round, consultation, client):  # noqa: F811
    first, second = send(open_round, once="a", text="FIRST"), send(open_round, once="b", text="SECOND")
    answer(first.ref, consultation)
    with writing() as db:
        made, comment = db.get_one(Consultation, consultation.id), db.query(Comment).filter_by(ref=second.ref).one()
        answers.mark_screened(db, made, comment, by=consultation.dalia, now=AFTER)
    publish_report(consultation, open_round, ReportKind.INTERIM, date(2027, 4, 20))
    interim = client.get(f"{PAGE}/").text
    answer(second.ref, consultation)
    publish_report(consultation, open_round)
    final = client.get(f"{PAGE}/").text

    assert "1 comment has no answer yet" in interim
    assert "20 April 2027" in interim
    assert "FIRST" in interim
    assert "SECOND" not in interim
    assert "SECOND" in final
    assert "has no answer yet" not in final


def test_the_report_reads_what_became_of_a_paragraph_through_its_key(open_round, consultation, client):  # noqa: F811
    for once, ref in (("a", "1"), ("b", "2"), ("c", "3")):
        answer(send(open_round, once=once, ref=ref).ref, consultation)
    version, _ = upload(consultation, TWO)
    publish(consultation, version)
    report = publish_report(consultation, open_round)

    became = {one["ref"]: (one["ref_now"], one["is_changed"]) for one in report.document["paragraphs"]}

    assert became == {"1": ("1", True), "2": ("3", True), "3": ("4", False)}
    assert "/draft/2/changes/" in client.get(f"{PAGE}/").text
    assert standing_of([], []) == {}


def test_one_s_own_page_shows_the_published_answer_and_nobody_else_s(open_round, consultation, client):  # noqa: F811
    participant, token = admit()
    with clock.at(NOON):
        client.post(f"/en/door/{token}")
        submit(client, "/en/consultations/upr/comment/1/", {"text": "Mine", "consent": "with_name", "act": "send"})
    other = send(open_round, once="x")
    with reading() as db:
        mine = db.query(Comment.ref).filter_by(participant_id=participant.id).scalar()
    answer(mine, consultation, Outcome.NOTED, "ANSWER-TO-ME")
    answer(other.ref, consultation, Outcome.NOTED, "ANSWER-TO-ANOTHER")
    with clock.at(NOON):
        before = client.get("/en/consultations/upr/my-comments/").text
    publish_report(consultation, open_round)

    with clock.at(NOON):
        after = client.get("/en/consultations/upr/my-comments/").text
    assert "ANSWER" not in before
    assert "ANSWER-TO-ME" in after
    assert "ANSWER-TO-ANOTHER" not in after


def test_the_day_of_a_report_is_that_of_the_place_where_the_consultation_is_held(open_round, consultation, client):  # noqa: F811
    answer(send(open_round).ref, consultation)
    with writing() as db:
        db.get_one(Consultation, consultation.id).time_zone = "Pacific/Apia"

    publish_report(consultation, open_round, now=AFTER.replace(hour=20))  # 28 March there is the 29th already

    shown = pages(client)
    assert all("Published on 29 March 2027" in shown[ending] for ending in ("/", ".docx"))
