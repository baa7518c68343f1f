"""What is entered on somebody's behalf after the closing: taken until the final report is out, refused from then on."""

from datetime import date

import pytest

from consult.consultations.models import Consultation
from consult.core.db import reading, writing
from consult.reports.models import ReportKind
from consult.responses.operations import mark_screened
from consult.rounds.models import Comment
from consult.rounds.rules_entered import AnsweredInFull
from tests.drafts.test_operations import NOON, consultation  # noqa: F401
from tests.reports.test_reports import AFTER, answer, publish_report
from tests.rounds.test_comments import open_round, send  # noqa: F401
from tests.rounds.test_entered import CLOSING, enter


def comments():
    with reading() as db:
        return db.query(Comment).count()


@pytest.mark.database
def test_enter_comment_is_refused_once_the_final_report_is_out(open_round, consultation):  # noqa: F811
    answer(send(open_round).ref, consultation)
    publish_report(consultation, open_round)

    with pytest.raises(AnsweredInFull):
        enter(open_round, once="late", now=AFTER, arrived=CLOSING)

    assert comments() == 1


@pytest.mark.database
def test_enter_comment_is_taken_after_an_interim_report(open_round, consultation):  # noqa: F811
    answer(send(open_round).ref, consultation)
    ref = send(open_round, once="unanswered").ref
    with writing() as db:
        comment = db.query(Comment).filter_by(ref=ref).one()
        mark_screened(db, db.get_one(Consultation, consultation.id), comment, by=consultation.dalia, now=NOON)
    publish_report(consultation, open_round, kind=ReportKind.INTERIM, answers_by=date(2027, 6, 1))

    enter(open_round, once="late", now=AFTER, arrived=CLOSING)

    assert comments() == 3
