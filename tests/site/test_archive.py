"""The end of a consultation: not before everyone has their answer; then personal links and visits lead to nothing more."""

from datetime import date

import pytest
from sqlalchemy import text

from consult.consultations import rules
from consult.consultations.models import Consultation, ConsultationState
from consult.consultations.operations import archive_consultation
from consult.core.db import reading, writing
from consult.mail.delivery import post
from consult.mail.messages import NotWanted
from consult.mail.models import OutboxMail
from consult.reports.models import ReportKind
from consult.reports.operations import publish_report
from consult.reports.queries import count_owed
from consult.rounds.models import Round
from consult.rounds.operations import ask_for_link
from tests.support.world import NOON

PAGE = "/staff/consultations/other/archive/"
MINE = "/en/consultations/other/my-comments/"


def desk(world):
    """The secretary; of `other` too, for they began it."""
    return world.browser("secretariat")


def entered(world):
    client = world.browser("visitor")
    client.post(f"/en/door/{world.ids['participant_other']['token']}")
    return client


def publish_report_of_other(world):
    with writing() as db:
        found = db.query(Consultation).filter_by(slug="other").one()
        publish_report(
            db, found, db.get_one(Round, world.rounds["other"].id), kind=ReportKind.FINAL, answers_by=None,
            by=world.staff["secretariat"], now=NOON,
        )  # fmt: skip


def test_check_archive_consultation_refuses():
    shown = Consultation(state=ConsultationState.OPEN)
    with pytest.raises(rules.ArchivedTooEarly):
        rules.check_archive_consultation(Consultation(state=ConsultationState.PREPARING), is_open=False, unanswered=0)
    with pytest.raises(rules.CommentsStillTaken):
        rules.check_archive_consultation(shown, is_open=True, unanswered=0)
    with pytest.raises(rules.AnswersOwed):
        rules.check_archive_consultation(shown, is_open=False, unanswered=1)
    rules.check_archive_consultation(shown, is_open=False, unanswered=0)


def test_it_is_not_archived_while_comments_are_taken_or_answers_are_owed(world):
    in_a_round = desk(world).post("/staff/consultations/upr/archive/", data={"sent_on": ""})
    owed = desk(world).post(PAGE, data={"sent_on": "2027-03-01"})

    assert (in_a_round.status_code, "Comments are still taken" in in_a_round.text) == (409, True)
    assert (owed.status_code, "not published yet: 1" in owed.text, 'value="2027-03-01"' in owed.text) == (
        409,
        True,
        True,
    )
    with reading() as db:
        assert {one.state for one in db.query(Consultation)} == {ConsultationState.OPEN}
        assert count_owed(db, db.query(Consultation).filter_by(slug="other").one().id) == 1


def test_a_day_that_is_none_is_shown_again(world):
    refused = desk(world).post(PAGE, data={"sent_on": "last week"})

    assert (refused.status_code, 'value="last week"' in refused.text) == (422, True)


def test_until_it_is_archived_a_link_opens_ones_answers_and_afterwards_nothing(world):
    publish_report_of_other(world)
    mine = entered(world)
    before = mine.get(MINE)

    answer = desk(world).post(PAGE, data={"sent_on": "2027-03-01"})

    assert (before.status_code, "Our answer" in before.text) == (200, True)
    assert answer.location == "/staff/consultations/other/"
    assert "The report is sent. You are here." in world.browser("visitor").get("/en/consultations/other/").text
    link = f"/en/door/{world.ids['participant_other']['token']}"
    visitor = world.browser("visitor")
    assert [mine.get(MINE).status_code, visitor.get(MINE).status_code] == [410, 410]
    assert [visitor.get(link).status_code, visitor.head(link).status_code, visitor.post(link).status_code] == [410] * 3
    code = world.ids["other"]["comment"]
    assert mine.post(f"{MINE}{code}/withdraw/").status_code == 410
    assert visitor.post("/en/consultations/other/my-link/", data={"email": "x@x.example"}).status_code == 410
    with reading() as db:
        assert db.execute(text("SELECT COUNT(*) FROM comment WHERE withdrawn_at IS NOT NULL")).scalar() == 0
        events = db.execute(text("SELECT COUNT(*) FROM journal_entry WHERE event = 'consultation.archived'"))
        assert events.scalar() == 1
        assert db.query(Consultation).filter_by(slug="other").one().submitted_on == date(2027, 3, 1)


def test_what_was_public_stays_and_says_that_it_is_over(world):
    publish_report_of_other(world)
    desk(world).post(PAGE, data={"sent_on": ""})
    visitor = world.browser("visitor")

    page = visitor.get("/en/consultations/other/").text

    assert "over and archived" in page
    assert "You are here" not in page, "nobody said that its text was sent"
    assert "my-link" not in page
    assert "my-comments" not in page
    for address in ("draft/", "response/", "terms/"):
        assert visitor.get(f"/en/consultations/other/{address}").status_code == 200
    assert "Archived on" in desk(world).get(PAGE).text
    assert desk(world).post(PAGE, data={"sent_on": ""}).status_code == 303  # a second press


def test_a_mail_that_waits_when_it_is_archived_is_not_sent_and_none_is_asked_for(world):
    publish_report_of_other(world)
    with writing() as db:
        found = db.query(Consultation).filter_by(slug="other").one()
        ask_for_link(db, found, "participant_other@org.example", now=NOON)
        archive_consultation(db, found, unanswered=0, sent_on=None, by=world.staff["secretariat"], now=NOON)
    with reading() as db:
        waiting = db.query(OutboxMail).filter(OutboxMail.person.like("participant%"), OutboxMail.address.is_not(None))
        mails = waiting.all()

    assert mails
    for mail in mails:
        mail.message_id = "<x@x.example>"
        with pytest.raises(NotWanted):
            post().letter(mail)


def test_no_round_opens_on_what_is_archived(world):
    publish_report_of_other(world)
    with writing() as db:
        found = db.query(Consultation).filter_by(slug="other").one()
        by = world.staff["secretariat"]
        archive_consultation(db, found, unanswered=0, sent_on=None, by=by, now=NOON)

    refused = world.browser("secretariat").post(
        "/staff/consultations/other/round/open/", data={"closes_on": "2027-05-01", "audience": "public"}
    )

    assert refused.status_code == 422
    with reading() as db:
        assert db.query(Round).filter_by(consultation_id=found.id).count() == 1
