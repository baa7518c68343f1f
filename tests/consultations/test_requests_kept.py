"""Requests to take part in the database: one decision, never changed, emptied once; and the days that are promised."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.consultations import operations_requests as operations
from consult.consultations import queries_requests as queries
from consult.consultations import rules_requests as rules
from consult.consultations.models_requests import ParticipationRequest, RefusalReason, RequestState
from consult.consultations.operations_requests import Promise
from consult.core.db import reading, violated, writing
from consult.core.settings import DAYS, SettingWrong, load
from consult.mail.models import OutboxMail
from consult.stakeholders.models import Channel, Stakeholder
from tests.stakeholders.test_operations import an_entry
from tests.support.together import together
from tests.support.world import NOON

PROMISE = Promise(10, frozenset({6, 7}), "UTC")
WEEKEND = frozenset({6, 7})


class Dalia:
    actor = "staff:7"


def asked_now(**changes) -> ParticipationRequest:
    with writing() as db:
        entry = an_entry(**{"channel": Channel.EMAIL, "name": "Asked", "email": "asked@org.example", **changes})
        made = operations.ask_to_take_part(
            db, entry, "", promise=PROMISE, consultation_id=None, once=entry.name, now=NOON
        )
        operations.confirm_request(db, made, promise=PROMISE, now=NOON)
        return made


@pytest.mark.database
def test_two_decisions_at_once_are_one(database):
    asked = asked_now()

    def decision(accepts: bool):
        def act():
            try:
                with writing() as db:
                    found = db.get_one(ParticipationRequest, asked.id)
                    if accepts:
                        operations.accept_request(db, found, None, by=Dalia(), now=NOON)
                    else:
                        operations.refuse_request(
                            db, found, RefusalReason.OTHER, "No", operator="", by=Dalia(), now=NOON
                        )
            except rules.RequestDecided:
                return "too late"
            return "decided"

        return act

    said = together(decision(True), decision(False), decision(True))

    assert sorted(said) == ["decided", "too late", "too late"]
    with reading() as db:
        found = db.get_one(ParticipationRequest, asked.id)
        entries = db.query(Stakeholder).count()
        told = [one.template for one in db.query(OutboxMail) if one.template != "confirm_request"]
    assert entries == (found.state is RequestState.ACCEPTED)
    assert told == ["request_accepted" if entries else "request_refused"]


@pytest.mark.database
@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("state = 'waiting', decided_at = NULL, decided_by = NULL, reason = NULL", "decided_request_never_changes"),
        ("reason = 'state_body'", "decided_request_never_changes"),
        ("name = 'Other'", "decided_request_only_erased"),
        ("name = '', erased_at = confirmed_at", "decided_request_only_erased"),
        ("erased_at = confirmed_at", "decided_request_only_erased"),
    ],
)
def test_a_decided_request_never_changes(database, change, name):
    asked = asked_now()
    with writing() as db:
        found = db.get_one(ParticipationRequest, asked.id)
        operations.refuse_request(db, found, RefusalReason.OTHER, "No", operator="", by=Dalia(), now=NOON)

    with pytest.raises(DBAPIError) as problem, writing() as db:
        db.execute(text(f"UPDATE participation_request SET {change}"))

    assert violated(problem.value) == name
    with pytest.raises(DBAPIError), writing() as db:
        db.execute(text("DELETE FROM participation_request"))


@pytest.mark.database
@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("name = 'Other'", "request_stays_as_written"),
        ("why = 'Other'", "request_stays_as_written"),
        ("state = 'accepted', decided_at = confirmed_at, decided_by = 'staff:7'", "accepted_has_its_entry"),
        (
            "state = 'refused', decided_at = confirmed_at, decided_by = 'staff:7', words = 'No'",
            "refused_has_its_reason",
        ),
        ("state = 'refused', decided_at = confirmed_at, decided_by = 'staff:7', reason = 'other'", "refused_in_words"),
        ("state = 'refused', reason = 'other', words = 'No'", "decided_by_somebody"),
        ("state = 'unconfirmed'", "unconfirmed_is_not_confirmed"),
        ("due_on = NULL", "confirmed_has_its_day"),
    ],
)
def test_the_database_refuses_what_can_never_be_true_of_a_request(database, change, name):
    asked_now()

    with pytest.raises(DBAPIError) as problem, writing() as db:
        db.execute(text(f"UPDATE participation_request SET {change}"))

    assert (violated(problem.value) or "").removeprefix("ck_participation_request_") == name


@pytest.mark.database
@pytest.mark.parametrize(
    ("column", "value", "name"),
    [
        ("kind", "person", "groups_of_organisations_only"),
        ("name", "", "somebody_to_answer"),
        ("erased_at", "2027-03-14 12:00:00", "erased_after_decision"),
    ],
)
def test_the_database_takes_no_such_request(database, column, value, name):
    asked_now()
    with reading() as db:
        columns = [c.name for c in ParticipationRequest.__table__.columns if c.name != "id"]
        row = db.execute(text(f"SELECT {', '.join(columns)} FROM participation_request")).one()._asdict()
    row |= {"ref": "other", "once": b"o" * 32, "digest": None, column: value}

    with pytest.raises(DBAPIError) as problem, writing() as db:
        marks = ", ".join(f":{one}" for one in columns)
        db.execute(text(f"INSERT INTO participation_request ({', '.join(columns)}) VALUES ({marks})"), row)

    assert (violated(problem.value) or "").removeprefix("ck_participation_request_") == name


@pytest.mark.parametrize(
    ("begins", "days", "weekend", "due"),
    [
        (date(2027, 3, 12), 1, WEEKEND, date(2027, 3, 15)),  # a Friday
        (date(2027, 3, 13), 1, WEEKEND, date(2027, 3, 15)),
        (date(2027, 3, 14), 10, WEEKEND, date(2027, 3, 26)),
        (date(2027, 3, 14), 10, frozenset({5, 6}), date(2027, 3, 28)),
        (date(2027, 3, 14), 3, frozenset(), date(2027, 3, 17)),
    ],
)
def test_working_days_leave_out_the_days_off(begins, days, weekend, due):
    assert rules.day_due(begins, days, weekend) == due


@pytest.mark.parametrize(
    "wrong",
    [
        {"requests_days": 0},
        {"weekend": ["someday"]},
        {"weekend": list(DAYS)},
    ],
)
def test_wrong_settings_of_requests_stop_the_start(tmp_path, wrong):
    with pytest.raises(SettingWrong):
        load({"data_folder": str(tmp_path), **wrong}, environ={})


def test_the_account_counts_what_was_late(database):
    asked = asked_now()
    asked_now(name="Second", email="s@org.example")
    late = NOON + timedelta(days=20)
    with writing() as db:
        found = db.get_one(ParticipationRequest, asked.id)
        operations.accept_request(db, found, None, by=Dalia(), now=late)
    with reading() as db:
        account = queries.account_of(db, now=NOON + timedelta(days=3))
        later = queries.account_of(db, now=NOON + timedelta(days=366))

    assert account == queries.Account(2, 1, 0, 1, 1, 20, 20)
    assert later.asked == 0
