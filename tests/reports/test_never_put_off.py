"""More time and published answers are no ordinary mail: they go at once, whatever went out that day, and take nobody's day."""

from datetime import timedelta

import pytest

from consult.consultations import doors
from consult.consultations.models import Consultation
from consult.core.db import reading, writing
from consult.mail.models import OutboxMail
from consult.reports import jobs
from consult.reports.models import FrozenReport
from consult.rounds import operations as rounds
from consult.rounds.models import Consent, Round
from consult.stakeholders.models import Stakeholder
from tests.drafts.test_operations import consultation  # noqa: F401
from tests.mailings.test_audiences import queue_all
from tests.mailings.test_campaigns import send, write
from tests.mailings.test_pacing import news
from tests.reports.test_reports import AFTER, answer, publish_report
from tests.rounds.test_comments import NOON, a_remark, open_round  # noqa: F401
from tests.stakeholders.test_operations import Dalia, add

DAY = timedelta(days=1)


def mailed():
    """When each mail of the one who is told may go, by its template."""
    with reading() as db:
        return {one.template: one.next_at for one in db.query(OutboxMail).order_by(OutboxMail.id)}


def invite():
    add(email="n@org.example", groups=(), news=True)
    send(invitation := write())
    queue_all(invitation)


def comment(consultation):  # noqa: F811
    with writing() as db:
        entry, dossier = db.query(Stakeholder).one(), db.get_one(Consultation, consultation.id)
        who = doors.admit_stakeholder(db, dossier, entry, now=NOON)
        remark = a_remark(name="", organisation=entry.name, consent=Consent.ORGANISATION_ONLY)
        return rounds.send_comment(db, db.query(Round).one(), None, remark, participant=who, once="k", now=NOON).ref


def extend():
    with writing() as db:
        round_ = db.query(Round).one()
        dossier = db.get_one(Consultation, round_.consultation_id)
        rounds.extend_round(db, dossier, round_, closes_at=round_.closes_at + DAY, by=Dalia(), now=NOON)


@pytest.mark.database
def test_more_time_is_told_on_the_day_of_the_invitation(open_round):  # noqa: F811
    invite()

    extend()

    assert mailed() == {"campaign": NOON, "round_extended": NOON}


@pytest.mark.database
def test_more_time_takes_nobodys_day(open_round, consultation):  # noqa: F811
    entry = add(email="n@org.example", groups=(), news=True)
    with writing() as db:
        doors.admit_stakeholder(
            db, db.get_one(Consultation, consultation.id), db.get_one(Stakeholder, entry.id), now=NOON
        )
    extend()

    send(other := news())
    queue_all(other)

    assert mailed() == {"round_extended": NOON, "campaign": NOON}


@pytest.mark.database
def test_answers_are_told_on_the_day_of_news(open_round, consultation, monkeypatch):  # noqa: F811
    monkeypatch.setattr("consult.core.clock.now", lambda: AFTER)
    invite()
    answer(comment(consultation), consultation)
    send(other := news())
    queue_all(other, now=AFTER)
    publish_report(consultation, open_round)
    with reading() as db:
        frozen = db.query(FrozenReport.id).one()[0]

    jobs.tell_authors(frozen)

    found = mailed()
    assert (found["campaign"], found["answers_published"]) == (AFTER, AFTER)
