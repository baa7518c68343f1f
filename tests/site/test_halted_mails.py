"""News that halted by itself is called what people call it, with its consultation."""

import pytest

from consult.core.db import reading, writing
from consult.mail.models import Halt
from consult.reports.models import FrozenReport, ReportKind
from consult.responses.models import AnswerRelease
from consult.site.halted_mails import list_halted
from tests.drafts.test_operations import NOON
from tests.rounds.test_comments import consultation, open_round  # noqa: F401


@pytest.mark.parametrize(
    ("cause", "what", "is_titled"),
    [
        ("round_extended:{round}:2", "There is more time to comment", True),
        ("round_extended:99:1", "There is more time to comment", False),
        ("report:{report}", "The answers are published", True),
        ("report:x", "News for those who take part", False),
        ("something_new:1", "News for those who take part", False),
    ],
)
def test_the_heading_says_what_was_paused_and_about_which_consultation(open_round, cause, what, is_titled):  # noqa: F811
    with writing() as db:
        release = AnswerRelease(round_id=open_round.id)
        db.add(release)
        db.flush()
        report = FrozenReport(
            round_id=open_round.id,
            release_id=release.id,
            kind=ReportKind.FINAL,
            begun_at=NOON,
            made_from="",
            items=0,
            answers=0,
        )
        db.add(report)
        db.flush()
        db.add(Halt(cause=cause.format(round=open_round.id, report=report.id), at=NOON, bad=10, of_last=20))
        db.add(Halt(cause="campaign:1", at=NOON, bad=10, of_last=20))

    with reading() as db:
        (found,) = list_halted(db)

    assert str(found.what) == what
    assert (found.title is not None) is is_titled
