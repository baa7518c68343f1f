"""The reason of an answer in the other languages of the consultation, up to its publication."""

import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.accounts.models import Role
from consult.consultations.models import Consultation
from consult.core import clock
from consult.core.db import reading, violated, writing
from consult.responses import rules
from consult.responses.models import AnswerTranslation, Disposition, Outcome
from consult.responses.operations_translations import translate_answer
from consult.responses.queries_translations import count_untranslated, next_untranslated
from consult.rounds.models import Comment
from tests.drafts.test_operations import NOON, consultation  # noqa: F401
from tests.reports.test_reports import AFTER, answer, publish_report
from tests.responses.test_views_staff import add_to_team, signed_in
from tests.rounds.test_comments import open_round, send  # noqa: F401

ARABIC = "لأن التعداد منشور."
WHY = "The census is public."


@pytest.fixture
def answered(open_round, consultation):  # noqa: F811
    comment = send(open_round, once="a")
    answer(comment.ref, consultation, Outcome.NOT_ACCEPTED, WHY)
    return comment


def translate(consultation, comment, **reasons):  # noqa: F811
    with writing() as db:
        made, found = db.get_one(Consultation, consultation.id), db.get_one(Comment, comment.id)
        translate_answer(db, made, found, reasons, by=consultation.dalia, now=NOON)


def kept():
    with reading() as db:
        return {one.language: one.reason for one in db.query(AnswerTranslation)}


def test_readers_get_the_reason_in_their_language_or_are_told(answered, open_round, consultation, client):  # noqa: F811
    translate(consultation, answered, ar=ARABIC)
    publish_report(consultation, open_round)
    pages = {code: client.get(f"/{code}/consultations/upr/response/").text for code in ("en", "ar", "zh")}

    assert (WHY in pages["en"], ARABIC in pages["en"]) == (True, False)
    assert (WHY in pages["ar"], ARABIC in pages["ar"]) == (False, True)
    assert WHY in pages["zh"]
    with clock.at(NOON):
        document = json.loads(client.get("/en/consultations/upr/response.json").text)
    assert "We have not translated this reason." not in pages["en"]
    assert document["paragraphs"][0]["items"][0]["reasons"] == {"en": WHY, "ar": ARABIC}


def test_a_translation_is_written_anew_or_taken_away_until_it_is_published(answered, open_round, consultation):  # noqa: F811
    translate(consultation, answered, ar="first")
    translate(consultation, answered, ar=f" {ARABIC} ")
    assert kept() == {"ar": ARABIC}
    translate(consultation, answered, ar=" ")
    assert kept() == {}
    translate(consultation, answered, ar=ARABIC)
    publish_report(consultation, open_round)

    with pytest.raises(rules.AnswerPublished):
        translate(consultation, answered, ar="too late")


def test_the_publish_check_counts_what_is_not_translated_and_leads_to_it(answered, open_round, consultation, client):  # noqa: F811
    with reading() as db:
        assert count_untranslated(db, open_round.id, "ar") == 1
        assert count_untranslated(db, open_round.id, "en") == 0
        assert next_untranslated(db, open_round.id, "ar") == answered.ref
    with clock.at(AFTER):
        check = signed_in(client, consultation.dalia).get("/staff/consultations/upr/report/").text
    assert "1 reason is not translated" in check

    translate(consultation, answered, ar=ARABIC)

    with reading() as db:
        assert count_untranslated(db, open_round.id, "ar") == 0
        assert next_untranslated(db, open_round.id, "ar") is None


def test_a_translator_of_the_team_translates_and_does_not_answer(answered, consultation, client):  # noqa: F811
    class Team:
        pass

    Team.consultation = consultation
    translator = signed_in(client, add_to_team(Team, "t@x.example", Role.TRANSLATOR))
    page = f"/staff/consultations/upr/answers/{answered.ref}/"

    assert translator.post(f"{page}translate/", data={"in_ar": ARABIC}).status_code == 303
    assert kept() == {"ar": ARABIC}
    assert ARABIC in translator.get(page).text
    assert translator.post(f"{page}answer/", data={"outcome": "accepted"}).status_code == 403
    too_long = translator.post(f"{page}translate/", data={"in_ar": "x" * 4001})
    assert (too_long.status_code, "x" * 4001 in too_long.text) == (422, True)


def test_check_translate_answer_wants_a_reason_of_bounded_length():
    rules.check_translate_answer(Disposition(reason="why"), ["pourquoi"])

    for held, reasons, refusal in (
        (None, [], rules.NothingToTranslate),
        (Disposition(reason=""), ["x"], rules.NothingToTranslate),
        (Disposition(reason="why"), ["x" * 4001], rules.ReasonTooLong),
    ):
        with pytest.raises(refusal):
            rules.check_translate_answer(held, reasons)


@pytest.mark.database
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE answer_translation SET reason = 'other'",
        "DELETE FROM answer_translation",
        "INSERT INTO answer_translation (disposition_id, language, reason, by_id, at) "
        "SELECT id, 'zh', 'x', by_id, at FROM disposition",
    ],
)
def test_the_database_keeps_a_published_translation(answered, open_round, consultation, sql):  # noqa: F811
    translate(consultation, answered, ar=ARABIC)
    publish_report(consultation, open_round)

    with pytest.raises(DBAPIError) as refused, writing() as db:
        db.execute(text(sql))

    assert violated(refused.value) == "published_translation_never_changes"
