"""Duty and consent apart: each purpose with its own acts, and neither passes for the other."""

from datetime import date

import pytest
from sqlalchemy.exc import DBAPIError

from consult.core import ids
from consult.core.db import reading, violated, writing
from consult.stakeholders import rules, rules_seats
from consult.stakeholders.entries import Entry
from consult.stakeholders.import_entries import entry_of
from consult.stakeholders.known import read_registry
from consult.stakeholders.models import Basis, Consent, Purpose, Stakeholder, StakeholderKind
from consult.stakeholders.models_seats import SeatRole
from consult.stakeholders.operations import Told, change_stakeholder
from consult.stakeholders.operations_import import begin_import, keep_preview, preview_rows
from consult.stakeholders.operations_leaving import leave
from consult.stakeholders.operations_seats import Appointment, appoint_seat, end_seat
from consult.stakeholders.sheets import read_sheet
from tests.stakeholders.applying import apply_next
from tests.stakeholders.test_operations import NOON, Dalia, add
from tests.support.told import SHEET

LIST = b"name,category,email,news\nA,cso,a@x.example,\nB,cso,b@x.example,no\nC,cso,c@x.example,perhaps\n"


def acts(entry):
    with reading() as db:
        rows = db.query(Consent).filter_by(stakeholder_id=entry.id).order_by(Consent.id)
        return [(one.purpose.value, one.basis.value, one.how, one.wording) for one in rows]


def change(entry, told=None, **changes):
    with writing() as db:
        found = db.get_one(Stakeholder, entry.id)
        wanted = {name: getattr(Entry.of(found), name) for name in Entry.__slots__} | changes
        change_stakeholder(db, found, Entry(**wanted), by=Dalia(), now=NOON, told=told or Told("letter", ""))


def bring(content, *, news):
    with writing() as db:
        made = begin_import(
            db,
            file_name="l",
            file_key=ids.random_code(),
            basis=Basis.CONSENT,
            told=SHEET,
            news=news,
            by=Dalia(),
            now=NOON,
        )
    with reading() as db:
        rows = preview_rows(read_sheet(content).rows, read_registry(db), Basis.CONSENT, news=news)
    with writing() as db:
        keep_preview(db, made.id, rows)
        while apply_next(db, made, by=Dalia(), now=NOON):
            pass
    return [row["state"].value for row in rows]


def said_of(name):
    with reading() as db:
        one = db.query(Stakeholder).filter_by(name=name).one()
        return one.basis.value, one.news


@pytest.mark.database
def test_each_yes_is_an_act_of_its_own(database):
    entry = add(news=True)
    change(entry, Told("letter", "Sheet 4"), news=False)
    change(entry, Told("phone"), basis=Basis.NONE)

    assert acts(entry) == [
        ("consultations", "consent", "form", ""),
        ("news", "consent", "form", ""),
        ("news", "none", "letter", "Sheet 4"),
        ("consultations", "none", "phone", ""),
    ]


def test_a_new_text_renews_what_holds_by_consent_and_nothing_else(database):
    both, office = add(news=True), add(name="Office", email="o@x.example", basis=Basis.DUTY)

    change(both, Told("letter", "Sheet 5"))
    change(office, Told("letter", "Sheet 5"))

    assert acts(both)[2:] == [
        ("consultations", "consent", "letter", "Sheet 5"),
        ("news", "consent", "letter", "Sheet 5"),
    ]
    assert len(acts(office)) == 1


def test_may_get_news_is_consent_alone_and_may_be_written_to_knows_duty(database):
    both = [
        add(name="Office", email="o@x.example", basis=Basis.DUTY),
        add(name="News only", email="n@x.example", basis=Basis.NONE, news=True),
        add(name="Left", email="l@x.example", news=True),
    ]
    with writing() as db:
        leave(db, db.get_one(Stakeholder, both[2].id), now=NOON, how="link")
    with reading() as db:
        found = [db.get_one(Stakeholder, one.id) for one in both]
        may = [(rules.may_be_written_to(one), rules.may_get_news(one)) for one in found]

    assert may == [(True, False), (False, True), (False, False)]
    assert acts(both[2])[-1] == ("everything", "none", "link", "")


def test_check_keep_duty_lets_nobody_turn_off_the_mail_of_a_seat(database):
    ministry = add(name="Ministry", email="m@x.example", groups=())
    person = add(name="Dalia Osman", kind=StakeholderKind.PERSON, email="d@x.example", groups=())
    with writing() as db:
        made = Appointment(db.get_one(Stakeholder, person.id), date(2026, 1, 1), "")
        seat = appoint_seat(db, db.get_one(Stakeholder, ministry.id), SeatRole.FOCAL_POINT, made, by=Dalia(), now=NOON)

    with pytest.raises(rules_seats.SeatIsDuty):
        change(person, basis=Basis.NONE)
    change(person, basis=Basis.DUTY)
    with writing() as db:
        institution = db.get_one(Stakeholder, ministry.id)
        end_seat(db, institution, db.merge(seat), date(2026, 6, 1), by=Dalia(), now=NOON)
    change(person, basis=Basis.NONE)

    assert said_of("Dalia Osman") == ("none", False)


def test_a_list_says_yes_to_news_once_for_all_and_row_by_row(database):
    assert bring(LIST, news=True) == ["new", "new", "wrong"]

    assert (said_of("A"), said_of("B")) == (("consent", True), ("consent", False))
    assert bring(LIST, news=True)[:2] == ["same", "same"]


def test_a_list_gives_no_consent_again_that_was_withdrawn(database):
    bring(LIST, news=True)
    with writing() as db:
        one = db.query(Stakeholder).filter_by(name="A").one()
        change_stakeholder(db, one, entry_of({"name": "A", "category": "cso", "email": "a@x.example"}, Basis.CONSENT)[0],
                           by=Dalia(), now=NOON)  # fmt: skip

    assert said_of("A") == ("consent", False)
    assert bring(LIST, news=True)[0] == "same"
    assert said_of("A") == ("consent", False)


@pytest.mark.database
@pytest.mark.parametrize(
    ("values", "name"),
    [({"news": True, "email": "", "email_key": "", "basis": Basis.NONE}, "news_needs_contact"),
     ({"shows_contact": True}, "contact_of_the_public_only")],
)  # fmt: skip
def test_the_database_refuses_an_entry_that_can_never_be(database, values, name):
    entry = add()

    with pytest.raises(DBAPIError) as refused, writing() as db:
        found = db.get_one(Stakeholder, entry.id)
        for column, value in values.items():
            setattr(found, column, value)

    assert name in (violated(refused.value) or "")


@pytest.mark.database
def test_the_database_refuses_a_duty_to_read_news(database):
    entry = add()

    with pytest.raises(DBAPIError) as refused, writing() as db:
        db.add(
            Consent(stakeholder_id=entry.id, purpose=Purpose.NEWS, basis=Basis.DUTY, how="form", by="staff:7", at=NOON)
        )

    assert "duty_covers_official_mail" in (violated(refused.value) or "")
