"""The author is told that readers will not see something of their comments: that it is so, once a day, and never more."""

from datetime import UTC, datetime, timedelta

import pytest

from consult.consultations import doors
from consult.consultations.models import Consultation, Participant
from consult.core.db import reading, writing
from consult.core.i18n import use_language
from consult.mail.delivery import post
from consult.mail.messages import NotWanted
from consult.mail.models import OutboxMail
from consult.reports import operations as reports
from consult.reports.models import ReportKind
from consult.responses import operations
from consult.responses.mails import COMMENTS_SCREENED
from consult.responses.models import Answer, Grounds, Outcome, RedactionCategory
from consult.responses.operations_objections import object_to_screening, settle_objection
from consult.responses.queries_objections import count_untold
from consult.rounds.models import Comment, Round
from consult.rounds.operations import send_comment
from consult.stakeholders.models import Stakeholder
from tests.consultations.test_doors import admit
from tests.drafts.test_operations import consultation  # noqa: F401
from tests.rounds.test_comments import CLOSES, a_remark, open_round, send  # noqa: F401

DESK = CLOSES + timedelta(days=1)  # a day of the desk
SAID = "The guard Tupo Lisi hit us."


@pytest.fixture
def author(open_round):  # noqa: F811
    """A participant of the registry who sent two comments that name a guard."""
    participant, _token = admit()
    with writing() as db:
        round_, who = db.get_one(Round, open_round.id), db.get_one(Participant, participant.id)
        for once in ("a", "b"):
            send_comment(
                db, round_, None, a_remark(text=SAID), participant=who, once=once, now=CLOSES - timedelta(days=2)
            )
    return participant


def on_each(act, participant=None):
    """Do something with every comment, or with those of one participant."""
    with writing() as db:
        for comment in db.query(Comment).order_by(Comment.id):
            if participant is None or comment.participant_id == participant.id:
                act(db, db.query(Consultation).one(), comment)


def screen(consultation, passage="Tupo Lisi", now=DESK, participant=None):  # noqa: F811
    def act(db, made, comment):
        if passage:
            category = RedactionCategory.THIRD_PERSON_NAME
            operations.redact_comment(db, made, comment, passage, category, by=consultation.dalia, now=now)
        operations.mark_screened(db, made, comment, by=consultation.dalia, now=now)

    on_each(act, participant)


def told():
    with reading() as db:
        found = db.query(OutboxMail).filter_by(template=COMMENTS_SCREENED.name).order_by(OutboxMail.id)
        return [(one.person, one.next_at) for one in found]


def load(participant):
    with reading() as db:
        return COMMENTS_SCREENED.load(db, {"participant": participant.id})


@pytest.mark.database
def test_one_mail_a_day_however_many_comments_were_blacked_out(author, consultation):  # noqa: F811
    screen(consultation)

    morning = told()[0][1]
    assert told() == [(f"stakeholder:{author.stakeholder_id}", morning)]
    assert DESK < morning <= DESK + timedelta(days=1, hours=7)
    with reading() as db:
        assert count_untold(db, consultation.id) == 1
        assert count_untold(db, consultation.id + 1) == 0

    on_each(lambda db, made, comment: operations.withhold_comment(db, made, comment, Grounds.THREATS, by=consultation.dalia,
                                                                 now=DESK + timedelta(days=1)))  # fmt: skip
    assert len(told()) == 2


def test_it_goes_out_at_seven_where_the_consultation_is(author, consultation):  # noqa: F811
    with writing() as db:
        db.get_one(Consultation, consultation.id).time_zone = "Pacific/Guadalcanal"  # 11 hours ahead

    screen(consultation, now=datetime(2027, 3, 20, 14, 0, tzinfo=UTC))  # the 21st there, one o'clock at night

    assert [at for _, at in told()] == [datetime(2027, 3, 21, 20, 0, tzinfo=UTC)]


def test_nobody_is_told_where_nothing_is_blacked_out(author, consultation):  # noqa: F811
    screen(consultation, passage=None)

    assert told() == []


def test_nor_an_address_that_nobody_confirmed(open_round, consultation):  # noqa: F811
    send(open_round, text=SAID, email="someone@people.example")

    screen(consultation)

    assert told() == []


def test_nor_whoever_has_left_the_registry(author, consultation):  # noqa: F811
    with writing() as db:
        db.get_one(Stakeholder, author.stakeholder_id).left_at = DESK

    screen(consultation)

    assert told() == []


def test_whoever_leaves_before_the_morning_gets_none(author, consultation):  # noqa: F811
    screen(consultation)
    assert load(author)["slug"] == "upr"
    with writing() as db:
        db.get_one(Stakeholder, author.stakeholder_id).left_at = DESK

    with pytest.raises(NotWanted):
        load(author)


def test_none_goes_out_where_everything_is_shown_again(author, consultation):  # noqa: F811
    def withhold(db, made, comment):
        operations.withhold_comment(db, made, comment, Grounds.HATRED, by=consultation.dalia, now=DESK)

    on_each(withhold)
    on_each(lambda db, made, comment: operations.lift_withholding(db, made, comment, by=consultation.dalia))

    assert len(told()) == 1
    with pytest.raises(NotWanted):
        load(author)


def test_none_goes_out_once_the_answers_are_published(author, consultation, open_round):  # noqa: F811
    screen(consultation)

    def answer(db, made, comment):
        operations.answer_comment(
            db, made, comment, Answer(Outcome.ACCEPTED, "", "en"), by=consultation.dalia, now=DESK
        )

    on_each(answer)
    with writing() as db:
        made, round_ = db.get_one(Consultation, consultation.id), db.get_one(Round, open_round.id)
        reports.publish_report(
            db, made, round_, kind=ReportKind.FINAL, answers_by=None, by=consultation.dalia, now=DESK
        )

    with pytest.raises(NotWanted):
        load(author)


def test_a_reply_to_an_objection_is_told_too(author, consultation):  # noqa: F811
    screen(consultation)
    later = DESK + timedelta(days=2)
    with writing() as db:
        comment = db.query(Comment).first()
        object_to_screening(db, comment, "He is an official.", now=later)
        settle_objection(db, db.query(Consultation).one(), comment, "We keep it.", by=consultation.dalia, now=later)

    assert len(told()) == 2


@pytest.mark.parametrize("language", ["en", "ar", "zh"])
def test_it_says_that_something_is_there_and_not_what(author, consultation, language):  # noqa: F811
    screen(consultation)
    with use_language(language):
        made = post().renderer.render(COMMENTS_SCREENED, load(author))
    with reading() as db:
        token = doors.token_of(doors.door_of(db, db.get_one(Participant, author.id)))

    for words in (made.text, made.html):
        assert token in words
        for said in ("Tupo", "guard", "black", "third person"):
            assert said not in words
    assert ("We have worked" in made.text) is (language == "en")
