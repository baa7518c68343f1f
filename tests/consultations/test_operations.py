from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.accounts.models import Role
from consult.accounts.operations import add_staff
from consult.accounts.rules import Act, NotAllowed
from consult.consultations import operations, queries, rules
from consult.consultations.models import Consultation, ConsultationState, TermsPart
from consult.consultations.operations import Dossier
from consult.core.db import reading, violated, writing
from consult.core.texts import Texts
from tests.consultations.terms import whole_terms

NOON = datetime(2027, 3, 14, 12, 0, tzinfo=UTC)


@pytest.fixture
def dalia(database):
    with writing() as db:
        return add_staff(
            db, name="Dalia", email="d@x.example", language="en", roles=[Role.SECRETARIAT], by=None, now=NOON
        )


def a_dossier(**changes):
    return Dossier(
        **{
            "slug": "upr-2027",
            "title": Texts(en="Draft report", ar="مشروع التقرير"),
            "kind": "upr_national_report",
            "cycle": "fourth cycle",
            "languages": ("en", "ar"),
            "time_zone": "Pacific/Apia",
            "due_on": date(2027, 5, 3),
            "what_it_is": Texts(),
            "what_we_ask": Texts(),
            "other_ways": Texts(),
            **changes,
        }
    )


def create(dalia, **changes):
    with writing() as db:
        return operations.create_consultation(db, a_dossier(**changes), by=dalia, now=NOON)


@pytest.mark.database
def test_whoever_begins_a_consultation_is_its_team(dalia):
    made = create(dalia)

    with reading() as db:
        assert [person.id for person in queries.list_team(db, made.id)] == [dalia.id]
        assert [one.slug for one in queries.list_of_team(db, dalia.id)] == ["upr-2027"]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"title": Texts(en="Draft report")}, rules.TitleMissing),
        ({"title": Texts(en="Draft report", ar="  ")}, rules.TitleMissing),
        ({"languages": ()}, rules.LanguageUnknown),
        ({"languages": ("tlh",)}, rules.LanguageUnknown),
        ({"slug": "UPR 2027"}, rules.SlugWrong),
        ({"slug": "../etc"}, rules.SlugWrong),
        ({"kind": "novel"}, rules.KindUnknown),
        ({"time_zone": "Mars/Base"}, rules.TimeZoneUnknown),
        ({"time_zone": "../../etc/passwd"}, rules.TimeZoneUnknown),
    ],
)
def test_check_consultation_refuses(dalia, changes, refusal):
    with pytest.raises(refusal):
        create(dalia, **changes)


@pytest.mark.database
def test_two_consultations_never_share_an_address(dalia):
    create(dalia)

    with pytest.raises(rules.SlugTaken):
        create(dalia)


def test_check_work_on_takes_the_role_and_the_place_on_the_team():
    rules.check_work_on([Role.SECRETARIAT], Act.EDIT_DRAFT, on_team=True)

    with pytest.raises(rules.NotOnTeam):
        rules.check_work_on([Role.SECRETARIAT], Act.EDIT_DRAFT, on_team=False)
    with pytest.raises(NotAllowed):
        rules.check_work_on([Role.ADMINISTRATOR], Act.EDIT_DRAFT, on_team=True)


def test_check_terms_complete_counts_what_is_missing():
    terms = whole_terms()

    rules.check_terms_complete(terms, ["en", "ar", "zh"])
    terms[TermsPart.WHO_READS]["ar"] = " "
    with pytest.raises(rules.TermsIncomplete, match="1 parts"):
        rules.check_terms_complete(terms, ["en", "ar"])


@pytest.mark.database
def test_a_consultation_opens_only_with_its_terms(dalia):
    made = create(dalia)
    with pytest.raises(rules.TermsIncomplete), writing() as db:
        operations.open_consultation(db, db.get_one(Consultation, made.id), by=dalia, now=NOON)

    with writing() as db:
        found = db.get_one(Consultation, made.id)
        operations.save_terms(db, found, whole_terms(), by=dalia, now=NOON)
        operations.open_consultation(db, found, by=dalia, now=NOON)

    with reading() as db:
        assert queries.find_public(db, "upr-2027").state is ConsultationState.OPEN


@pytest.mark.database
def test_terms_are_kept_version_by_version_and_never_change(dalia):
    made = create(dalia)
    with writing() as db:
        found = db.get_one(Consultation, made.id)
        operations.save_terms(db, found, {TermsPart.DATES: Texts(en="first")}, by=dalia, now=NOON)
        operations.save_terms(db, found, {TermsPart.DATES: Texts(en="second")}, by=dalia, now=NOON)

    with reading() as db:
        assert queries.newest_terms_number(db, made.id) == 2
        assert queries.read_terms(db, made.id, 1)[TermsPart.DATES] == {"en": "first"}
    for sql in ("UPDATE terms_text SET text = 'x'", "DELETE FROM terms_text"):
        with pytest.raises(DBAPIError) as caught, writing() as db:
            db.execute(text(sql))
        assert violated(caught.value) == "terms_never_change"


@pytest.mark.database
def test_check_leave_team_keeps_the_last_one(dalia):
    made = create(dalia)

    with pytest.raises(rules.LastOfTeam), writing() as db:
        operations.remove_from_team(db, db.get_one(Consultation, made.id), dalia, by=dalia, now=NOON)


@pytest.mark.database
def test_someone_leaves_the_team_and_may_come_back(dalia):
    made = create(dalia)
    with writing() as db:
        ana = add_staff(db, name="Ana", email="a@x.example", language="en", roles=[Role.TRANSLATOR], by=None, now=NOON)
        found = db.get_one(Consultation, made.id)
        for act in (
            operations.add_to_team,
            operations.add_to_team,
            operations.remove_from_team,
            operations.add_to_team,
        ):
            act(db, found, ana, by=dalia, now=NOON)

    with reading() as db:
        assert len(queries.list_team(db, made.id)) == 2


@pytest.mark.parametrize(
    ("today", "submitted", "overdue"),
    [(date(2027, 5, 3), None, False), (date(2027, 5, 4), None, True), (date(2027, 5, 4), date(2027, 5, 1), False)],
)
def test_an_overdue_consultation_says_so(today, submitted, overdue):
    assert rules.is_overdue(Consultation(due_on=date(2027, 5, 3), submitted_on=submitted), today) is overdue


def test_terms_with_a_place_to_fill_in_are_not_complete():
    terms = whole_terms()
    terms[TermsPart.WHO_DECIDES] = Texts({**terms[TermsPart.WHO_DECIDES], "en": "… decides."})

    with pytest.raises(rules.TermsUnfinished):
        rules.check_terms_complete(terms, ["en", "ar"])
    rules.check_terms_complete(terms, ["ar"])
