"""Nothing published changes when participants are erased, and what was erased never comes back."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.consultations.models import Consultation, ConsultationState, Participant
from consult.core.db import reading, violated, writing
from consult.reports.models import FrozenReport, Report, ReportItem
from consult.responses.models import Grounds
from consult.rounds.models import Comment, Consent
from tests.privacy.making import HOUR, a_participant, over, run
from tests.reports.test_reports import answer, publish_report
from tests.rounds.test_comments import consultation, open_round, send  # noqa: F401


def published():
    """What nobody may change: the report, its items, and the comments."""
    with reading() as db:
        rows = [*db.query(Report), *db.query(FrozenReport), *db.query(ReportItem), *db.query(Comment)]
        return [{column.name: getattr(row, column.key) for column in row.__table__.columns} for row in rows]


def archive(now):
    with writing() as db:
        found = db.query(Consultation).one()
        found.state, found.archived_at = ConsultationState.ARCHIVED, now


@pytest.mark.database
def test_nothing_published_changes_and_who_is_named_by_consent_stays_named(
    open_round,  # noqa: F811
    consultation,  # noqa: F811
    client,
):
    kept = {}
    for consent in Consent:
        made = send(
            open_round,
            once=consent,
            name=f"N {consent}",
            organisation=f"O {consent}",
            consent=consent,
            email="a@x.example",
        )
        kept[made.participant_id] = consent
        answer(made.ref, consultation)
    withheld = send(open_round, once="withheld", name="Withheld", organisation="Withheld")
    answer(withheld.ref, consultation, withhold=next(iter(Grounds)))
    publish_report(consultation, open_round)
    archive(over("visitors") - HOUR)
    before = (
        published(),
        client.get("/en/consultations/upr/response/").text,
        client.get("/en/consultations/upr/response.json").text,
    )

    done = run()

    assert done.counts["visitors"] == len(kept) + 1
    assert before == (
        published(),
        client.get("/en/consultations/upr/response/").text,
        client.get("/en/consultations/upr/response.json").text,
    )
    with reading() as db:
        left = {one.id: (one.name, one.organisation, one.email) for one in db.query(Participant)}
    named = {
        Consent.WITH_NAME: ("N with_name", "O with_name", ""),
        Consent.ORGANISATION_ONLY: ("", "O organisation_only", ""),
    }
    assert left == {
        **{one: named.get(consent, ("", "", "")) for one, consent in kept.items()},
        withheld.participant_id: ("", "", ""),
    }


@pytest.mark.database
def test_what_was_erased_of_a_participant_never_comes_back(database):
    with writing() as db:
        a_participant(db, 1, archived_at=over("visitors") - HOUR)
    run()

    for sql in (
        "SET name = 'Ana'",
        "SET email = 'a@x.example', email_key = 'a@x.example'",
        "SET erased_at = NULL",
        "SET organisation = 'x'",
    ):
        with pytest.raises(DBAPIError) as refused, writing() as db:
            db.execute(text(f"UPDATE participant {sql}"))
        assert violated(refused.value) == "erased_participant_stays_erased"
