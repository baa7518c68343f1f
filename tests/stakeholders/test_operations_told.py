"""A yes that staff write down comes with how it was said, and to which text."""

import pytest

from consult.consultations.operations_consent import WORDINGS
from consult.consultations.operations_requests import WORDING
from consult.core.db import reading, writing
from consult.stakeholders.forms import TEXTS
from consult.stakeholders.models import Basis, Consent, Purpose, Stakeholder
from consult.stakeholders.operations import Told
from consult.stakeholders.operations_told import add_as_told, change_as_told
from consult.stakeholders.rules_told import ConsentUntold, check_tell_consent
from tests.stakeholders.test_operations import NOON, Dalia, add, an_entry

SHEET = Told("sheet", "Sheet 3")


@pytest.mark.parametrize(
    "told", [Told("form", "Sheet 3"), Told("import", "Sheet 3"), Told("", "Sheet 3"), Told("letter", " ")]
)
def test_check_tell_consent_asks_how_and_for_the_text(told):
    with pytest.raises(ConsentUntold):
        check_tell_consent(told.how, told.wording)


def test_a_new_entry_with_a_yes_and_without_its_text_is_not_kept(database):
    for wanted in ({}, {"basis": Basis.DUTY, "news": True}):
        with pytest.raises(ConsentUntold), writing() as db:
            add_as_told(db, an_entry(**wanted), Told("form"), by=Dalia(), now=NOON)

    with writing() as db:
        add_as_told(db, an_entry(), SHEET, by=Dalia(), now=NOON)
        add_as_told(db, an_entry(basis=Basis.NONE, name="Other", email=""), Told("form"), by=Dalia(), now=NOON)
    with reading() as db:
        assert [(one.how, one.wording) for one in db.query(Consent)] == [("sheet", "Sheet 3"), ("form", "")]


def test_what_was_kept_before_stays_and_a_new_yes_is_asked_for(database):
    known = add()
    with writing() as db:
        found = db.get_one(Stakeholder, known.id)
        change_as_told(db, found, an_entry(note="rings at ten"), Told("form"), by=Dalia(), now=NOON)

    with pytest.raises(ConsentUntold), writing() as db:
        change_as_told(db, db.get_one(Stakeholder, known.id), an_entry(news=True), Told("form"), by=Dalia(), now=NOON)

    with reading() as db:
        found = db.get_one(Stakeholder, known.id)
        assert (found.note, found.basis, found.news) == ("rings at ten", Basis.CONSENT, False)


def test_the_texts_to_choose_from_are_those_that_people_agree_to_here():
    assert [code for code, _words in TEXTS] == ["", WORDING, WORDINGS[Purpose.CONSULTATIONS], WORDINGS[Purpose.NEWS]]
