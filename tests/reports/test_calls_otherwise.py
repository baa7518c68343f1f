"""A call about answers whose number is gone becomes the mail, or a letter; or it stays with staff."""

from datetime import timedelta

import pytest

from consult.consultations.models import Consultation, ConsultationState
from consult.core.db import reading, writing
from consult.mail.models import OutboxMail
from consult.mailings import rules_outreach
from consult.mailings.models_outreach import OutreachState, OutreachWay
from consult.reports import queries_letters as queries
from consult.reports.models_letters import AnswerLetterStep
from consult.reports.operations_calls import note_wrong_answer_number
from consult.stakeholders.models import Basis, Stakeholder
from consult.stakeholders.models import Channel as Wish
from tests.drafts.test_operations import consultation  # noqa: F401
from tests.reports.test_letters import TODAY, after, author, commented, made, rows  # noqa: F401
from tests.reports.test_reports import AFTER, publish_report
from tests.rounds.test_comments import open_round  # noqa: F401
from tests.stakeholders.test_operations import Dalia

S, W = OutreachState, OutreachWay


def told_by_phone(open_round, consultation, **changes):  # noqa: F811
    """Somebody whose answers are told on the telephone."""
    whose = author("Busy", **{"postal_address": "", "phone": "+41 22 1", "channel": Wish.PHONE, **changes})
    commented(open_round, whose, consultation)
    publish_report(consultation, open_round)
    return whose


def correct(**columns):
    with writing() as db:
        entry = db.query(Stakeholder).filter_by(name="Busy").one()
        for name, value in columns.items():
            setattr(entry, name, value)


def wrong(now=AFTER):
    with writing() as db:
        dossier = db.query(Consultation).one()
        one = queries.list_answered(db, dossier.id)[0]
        note_wrong_answer_number(db, dossier, one, note="a shop", today=TODAY, by=Dalia(), now=now)


def outbox():
    with reading() as db:
        return [one.address for one in db.query(OutboxMail).filter_by(template="answers_published")]


@pytest.mark.database
def test_whoever_has_e_mail_since_gets_the_mail_once(open_round, consultation):  # noqa: F811
    told_by_phone(open_round, consultation)
    correct(email="busy@org.example", email_key="busy@org.example")

    wrong()
    with pytest.raises(rules_outreach.OutreachChanged):
        wrong(AFTER + timedelta(hours=1))

    assert (rows(), outbox()) == ([("Busy", W.PHONE, S.LEFT_OUT)], ["busy@org.example"])
    with reading() as db:
        dossier = db.query(Consultation).one()
        assert queries.count_instead(db, dossier.id) == {"by_mail": 1}
        assert queries.count_answered(db, dossier.id) == {}
        steps = [(one.way, one.state, one.by) for one in db.query(AnswerLetterStep).order_by(AnswerLetterStep.id)]
    assert steps == [(W.PHONE, S.WRONG_NUMBER, Dalia.actor), (W.PHONE, S.LEFT_OUT, "system")]


@pytest.mark.database
def test_whoever_has_a_postal_address_gets_a_letter_with_the_next_file(open_round, consultation):  # noqa: F811
    told_by_phone(open_round, consultation, postal_address="3 Lane\nHilltown")

    wrong()

    assert rows() == [("Busy", W.LETTER, S.TO_PRINT)]
    assert "Hilltown" in made()[0]


@pytest.mark.parametrize("why", ["nothing", "no consent", "archived"])
def test_it_stays_with_staff_where_nothing_reaches_them_or_may(open_round, consultation, why):  # noqa: F811
    told_by_phone(open_round, consultation)
    if why != "nothing":
        correct(email="busy@org.example", email_key="busy@org.example")
    if why == "no consent":
        correct(basis=Basis.NONE)
    if why == "archived":
        with writing() as db:
            found = db.query(Consultation).one()
            found.state, found.archived_at = ConsultationState.ARCHIVED, AFTER

    wrong()

    assert (rows(), outbox()) == ([("Busy", W.PHONE, S.WRONG_NUMBER)], [])
