"""Forms of a comment that were altered or belong to somebody else: nothing of others is shown, entered or lost."""

from datetime import timedelta

import pytest

from consult.consultations.models import Consultation, Participant
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.texts import Texts
from consult.drafts.models import DraftVersion
from consult.drafts.operations import publish_version
from consult.rounds import operations
from consult.rounds.models import Audience, Comment, Consent, Round
from consult.rounds.operations import SentAlready
from tests.consultations.test_doors import admit
from tests.drafts.test_operations import NOON, ONE, TWO, consultation, publish, upload  # noqa: F401
from tests.rounds.test_comments import CLOSES, PAGE, a_remark, comments, open_round, send  # noqa: F401
from tests.support.forms import submit

KEY = "the key of somebody else's form"
TYPED = {
    "text": "Words of a stranger",
    "name": "Eve",
    "consent": "with_name",
    "act": "send",
    "once": KEY,
    "category": "",
}


def through_a_door(app, token):
    client = app.test_client()
    submit(client, f"/en/door/{token}")
    return client


def test_the_key_of_another_persons_form_shows_and_enters_nothing_of_theirs(open_round, app, client):  # noqa: F811
    """The browser of a stranger would else be entered as the author, and the stranger's words be gone."""
    with clock.at(NOON):
        author, token = admit()
        submit(through_a_door(app, token), PAGE, {"text": "Mine", "consent": "with_name", "act": "send", "once": KEY})
        answer = submit(client, PAGE, TYPED)
        mine = client.get("/en/consultations/upr/my-comments/").text

    with reading() as db:
        theirs, stranger = db.query(Comment).order_by(Comment.id)
    assert (theirs.participant_id, theirs.text) == (author.id, "Mine")
    assert (stranger.text, stranger.participant_id != author.id) == (TYPED["text"], True)
    assert stranger.ref in answer.location
    assert "Mine" not in mine


def test_even_with_the_same_words_and_name_it_stays_the_authors_own(open_round):  # noqa: F811
    author, _ = admit()
    with writing() as db:
        who = db.get_one(Participant, author.id)
        remark = a_remark(name=who.name, organisation=who.organisation, category=who.category)
        round_ = db.get_one(Round, open_round.id)
        operations.send_comment(db, round_, None, remark, participant=who, once=KEY, now=NOON)

    with pytest.raises(SentAlready), writing() as db:
        operations.send_comment(db, db.get_one(Round, open_round.id), None, remark, once=KEY, now=NOON)


@pytest.mark.database
def test_the_same_form_with_the_same_words_is_one_comment_and_with_other_words_another(open_round):  # noqa: F811
    """Back in the browser, something else written, and sent again: no word is lost, and no choice silently kept."""
    first, again = send(open_round), send(open_round)
    other, chosen = send(open_round, text="Something else."), send(open_round, consent=Consent.WITHOUT_NAME)

    assert first.id == again.id
    assert len({first.id, other.id, chosen.id}) == 3
    assert len(comments()) == 3


def test_a_visitor_who_presses_once_more_after_the_answer_came_makes_no_second_comment(open_round, client):  # noqa: F811
    """The second press has the cookie that the answer to the first has set."""
    with clock.at(NOON):
        answers = [submit(client, PAGE, {**TYPED, "email": "eve@x.example"}) for _ in range(2)]

    assert answers[0].location.partition("?")[0] == answers[1].location.partition("?")[0]
    assert len(comments()) == 1


def test_a_version_for_the_invited_stays_theirs_when_a_later_one_is_public(open_round, consultation, client, app):  # noqa: F811
    version, _ = upload(consultation, TWO.replace("paragraph", "SECRET-WORD"))
    with writing() as db:
        found = db.get_one(Consultation, consultation.id)
        publish_version(
            db, found, db.get_one(DraftVersion, version.id), is_public=False, by=consultation.dalia, now=NOON
        )
    third, _ = upload(consultation, ONE)
    publish(consultation, third)
    later = CLOSES + timedelta(days=1)
    with writing() as db:
        operations.open_round(
            db, db.get_one(Consultation, consultation.id), db.get_one(DraftVersion, third.id),
            closes_at=later + timedelta(days=9), audience=Audience.PUBLIC, questions=Texts(), by=consultation.dalia,
            now=later,
        )  # fmt: skip
    _, token = admit()

    with clock.at(later):
        form = {"version": "2", "act": "change", "consent": "with_name", "category": ""}
        stranger, invited = client, through_a_door(app, token)
        pages = [submit(one, PAGE, form).text for one in (stranger, invited)]

    assert ["SECRET-WORD" in page for page in pages] == [False, True]


@pytest.mark.parametrize("late", [timedelta(seconds=-1), timedelta(0), timedelta(days=1)])
def test_the_closing_holds_to_the_second_whatever_the_form_says(open_round, client, late):  # noqa: F811
    with clock.at(CLOSES + late):
        form = {**TYPED, "version": "1"}
        answer = client.get(PAGE)
        sent = submit(client, PAGE, form) if answer.status_code == 200 else None

    assert answer.status_code == (200 if late < timedelta(0) else 409)
    assert len(comments()) == (1 if sent else 0)


@pytest.mark.parametrize(
    ("email", "status", "kept"),
    [
        ("ana@p.example\r\nBcc: all@x.example", 422, None),
        ("ana@p.example, all@x.example", 422, None),
        ("Ana <ana@p.example>", 422, None),
        ("ana@bücher.example", 303, "ana@bücher.example"),
        ("ana@xn--bcher-kva.example", 303, "ana@bücher.example"),
        ("аna@p.example", 303, "аna@p.example"),  # a Cyrillic letter: another address, and kept as one
        ("ana@p.example\u202e", 303, "ana@p.example"),
    ],
)
def test_addresses_that_hide_something(open_round, client, email, status, kept):  # noqa: F811
    with clock.at(NOON):
        answer = submit(client, PAGE, {**TYPED, "email": email})

    assert answer.status_code == status
    with reading() as db:
        assert [one.email for one in db.query(Participant)] == ([kept] if kept else [])


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Ana\u202egnp.exe", "Anagnp.exe"),
        ("Ana\r\nBcc: all@x.example", "Ana Bcc: all@x.example"),
        ("x" * 201, None),
        ("  شبكة   النساء ", "شبكة النساء"),
        ("\u2067\u2066\u202d", None),
    ],
)
def test_names_that_hide_something(open_round, client, name, kept):  # noqa: F811
    with clock.at(NOON):
        answer = submit(client, PAGE, {**TYPED, "name": name})

    with reading() as db:
        assert [one.name for one in db.query(Participant)] == ([kept] if kept else [])
    assert answer.status_code == (303 if kept else 422)
