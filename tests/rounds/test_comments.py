"""A round through its pages: opened by the team, a comment written, checked, sent once; closed to everyone after the time."""

from datetime import timedelta

import pytest
from lxml import html
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.consultations.models import Consultation, Participant
from consult.consultations.operations import open_consultation, save_terms
from consult.core import clock
from consult.core.db import reading, violated, writing
from consult.core.texts import Texts
from consult.drafts.models import DraftVersion, VersionState
from consult.rounds import operations, queries, rules
from consult.rounds.models import Audience, Comment, Consent, Round
from consult.rounds.operations import Remark
from tests.consultations.terms import whole_terms
from tests.drafts.test_operations import NOON, ONE, consultation, publish, upload  # noqa: F401

CLOSES = NOON + timedelta(days=12)
PAGE = "/en/consultations/upr/comment/1/"


@pytest.fixture
def open_round(consultation):  # noqa: F811
    version, _ = upload(consultation, ONE)
    publish(consultation, version)
    with writing() as db:
        made = db.get_one(Consultation, consultation.id)
        save_terms(db, made, whole_terms(), by=consultation.dalia, now=NOON)
        open_consultation(db, made, by=consultation.dalia, now=NOON)
        return operations.open_round(
            db,
            made,
            db.get_one(DraftVersion, version.id),
            closes_at=CLOSES,
            audience=Audience.PUBLIC,
            questions=Texts(),
            by=consultation.dalia,
            now=NOON,
        )


def a_remark(**changes):
    return Remark(
        **{
            "text": "The figure is wrong.",
            "suggestion": "",
            "evidence": "",
            "name": "Ana",
            "organisation": "Women’s Network",
            "category": "cso",
            "email": "",
            "consent": Consent.WITH_NAME,
            "language": "en",
            **changes,
        }
    )


def send(round_, once="k1", now=NOON, ref="1", **changes):
    with writing() as db:
        found = db.get_one(Round, round_.id)
        quoted = queries.find_quoted(db, found.version_id, ref, ["en"]) if ref != "0" else None
        return operations.send_comment(db, found, quoted, a_remark(**changes), once=once, now=now)


def comments():
    with reading() as db:
        return [(one.paragraph_ref, one.text, one.suggestion) for one in db.query(Comment).order_by(Comment.id)]


@pytest.mark.database
def test_a_comment_keeps_the_paragraph_as_its_author_saw_it(open_round):
    made = send(open_round)

    assert made.quoted_text == "First paragraph of the report.\n(a) An item;"
    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text("UPDATE comment SET quoted_text = 'x'"))
    assert violated(caught.value) in ("comment_only_withdrawn", "comment_text_never_changes")


@pytest.mark.parametrize(
    ("words", "page", "kept"),
    [
        ("هذا الرقم غير صحيح ولا يشمل الجزر الخارجية.", "en", "ar"),
        ("这个数字不对，没有包括外岛。", "en", "zh"),
        ("The figure is wrong for the outer islands, and it was so in the last report.", "ar", "en"),
        ("Le chiffre est faux pour les villages de la côte.", "en", "en"),  # letters of both: the page decides
        ("1234", "zh", "zh"),
    ],
)
def test_a_comment_in_letters_of_another_language_is_kept_as_of_that_language(open_round, words, page, kept):
    with writing() as db:
        made = operations.send_comment(
            db, db.get_one(Round, open_round.id), None, a_remark(text=words, language=page), once="x", now=NOON
        )
        participant = db.get_one(Participant, made.participant_id)

    assert (made.language, participant.language) == (kept, page)


@pytest.mark.database
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE comment SET text = 'put into the mouth'",
        "UPDATE comment SET consent = 'with_name', text = 'y'",
        "UPDATE comment SET consent = 'without_name'",
        "DELETE FROM comment",
        "UPDATE comment SET withdrawn_at = '2027-03-14 12:00:00'",
    ],
)
def test_the_database_lets_nobody_change_a_comment(open_round, sql):
    send(open_round)

    with pytest.raises(DBAPIError), writing() as db:
        db.execute(text(sql))


@pytest.mark.database
def test_a_withdrawn_comment_is_empty_and_stays_so(open_round):
    send(open_round)
    with writing() as db:
        db.execute(text("UPDATE comment SET withdrawn_at = '2027-03-14 12:00:00', text = ''"))

    with pytest.raises(DBAPIError), writing() as db:
        db.execute(text("UPDATE comment SET withdrawn_at = NULL, text = 'again'"))


@pytest.mark.database
def test_the_same_form_twice_makes_one_comment(open_round):
    first, second = send(open_round), send(open_round, text="another text")

    assert first.ref == second.ref
    assert len(comments()) == 1
    with reading() as db:
        assert db.query(Participant).count() == 1


@pytest.mark.parametrize("now", [NOON - timedelta(seconds=1), CLOSES, CLOSES + timedelta(days=1)])
def test_check_send_comment_refuses_outside_of_the_window(open_round, now):
    with pytest.raises(rules.RoundClosed):
        send(open_round, now=now)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"text": "  "}, rules.CommentEmpty),
        ({"text": "", "suggestion": "First paragraph of the report.\n(a) An item;"}, rules.CommentEmpty),
        ({"text": "x" * 10_001}, rules.CommentTooLong),
        ({"evidence": "x" * 2_001}, rules.CommentTooLong),
    ],
)
def test_check_comment_refuses(open_round, changes, refusal):
    with pytest.raises(refusal):
        send(open_round, **changes)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"consent": None}, rules.ConsentMissing),
        ({"name": "", "organisation": " "}, rules.NameMissing),
        ({"consent": Consent.ORGANISATION_ONLY, "organisation": ""}, rules.OrganisationMissing),
        ({"consent": Consent.CATEGORY_ONLY, "category": ""}, rules.CategoryMissing),
    ],
)
def test_check_consent_refuses(open_round, changes, refusal):
    with pytest.raises(refusal):
        send(open_round, **changes)


PUBLIC = DraftVersion(state=VersionState.PUBLISHED, is_public=True)
PRIVATE = DraftVersion(state=VersionState.PUBLISHED, is_public=False)
PREPARING = DraftVersion(state=VersionState.PREPARING, is_public=False)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"latest": Round(closes_at=CLOSES)}, rules.RoundOpenAlready),
        ({"closes_at": NOON}, rules.ClosingTooEarly),
        ({"version": None}, rules.DraftMissing),
        ({"is_public": False}, rules.NotPublicYet),
        ({"audience": Audience.INVITED}, rules.DraftPublicAlready),
        ({"version": PRIVATE}, rules.DraftPrivate),
    ],
)
def test_check_open_round_refuses(changes, refusal):
    asked = {"latest": None, "version": PUBLIC, "audience": Audience.PUBLIC, "closes_at": CLOSES, "is_public": True}
    rules.check_open_round(**asked, now=NOON)
    rules.check_open_round(**{**asked, "version": PREPARING, "audience": Audience.INVITED}, now=NOON)

    with pytest.raises(refusal):
        rules.check_open_round(**{**asked, **changes}, now=NOON)


def test_check_extend_round_never_shortens(open_round):
    rules.check_extend_round(open_round, closes_at=CLOSES + timedelta(days=1), now=NOON)

    with pytest.raises(rules.ClosingEarlier):
        rules.check_extend_round(open_round, closes_at=CLOSES - timedelta(days=1), now=NOON)


def fields_of(page):
    form = next(one for one in html.fromstring(page.get_data()).forms if one.method == "POST")
    return dict(form.form_values())


def test_a_comment_goes_from_the_reading_page_to_its_number(open_round, guarded_client):
    with clock.at(NOON):
        draft = guarded_client.get("/en/consultations/upr/draft/")
        form = guarded_client.get(PAGE)
        typed = {
            **fields_of(form),
            "text": "<script>no</script>",
            "name": "Ana",
            "consent": "without_name",
            "act": "check",
        }
        check = guarded_client.post(PAGE, data=typed)
        sending = {**fields_of(check), "act": "send"}
        first = guarded_client.post(PAGE, data=sending)
        second = guarded_client.post(PAGE, data=sending)
        sent = guarded_client.get(first.headers["Location"])

    assert PAGE in draft.text
    assert form.headers["Cache-Control"] == "private, no-store"
    assert "checked" not in form.text
    assert "<script>no" not in check.text
    assert (first.status_code, second.headers["Location"]) == (303, first.headers["Location"])
    assert comments() == [("1", "<script>no</script>", "")]
    assert comments()[0][1] not in sent.text


def test_after_closing_the_words_are_kept_for_copying(open_round, guarded_client):
    with clock.at(NOON):
        typed = {
            **fields_of(guarded_client.get(PAGE)),
            "text": "Too late?",
            "name": "Ana",
            "consent": "with_name",
            "act": "send",
        }
    with clock.at(CLOSES):
        answer = guarded_client.post(PAGE, data=typed)
        draft = guarded_client.get("/en/consultations/upr/draft/")

    assert answer.status_code == 409
    assert "Too late?" in answer.text
    assert PAGE not in draft.text
    assert comments() == []


def test_the_public_sees_no_count_while_the_round_is_open(open_round, client):
    for number in range(7):
        send(open_round, once=f"k{number}")

    with clock.at(NOON):
        for part in ("", "draft/", "terms/"):
            assert "7 comments" not in client.get(f"/en/consultations/upr/{part}").text
