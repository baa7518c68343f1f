"""Two at once, on both databases: whoever types an address twice, and whoever presses one link in two windows."""

import pytest

from consult.consultations.models_entry import EntryAct, FreshLink
from consult.consultations.operations_opening import open_entry
from consult.consultations.rules_entry import FreshLinkOver
from consult.core.db import reading, writing
from consult.mail.models import OutboxMail
from consult.mailings.models_leave_links import LeaveAct, LeaveLink
from consult.privacy import operations_asking as operations
from consult.privacy.models_own import OwnAsk
from tests.stakeholders.test_operations import NOON, add
from tests.support.together import together

pytestmark = pytest.mark.database
ADDRESS = "w@org.example"


@pytest.fixture
def entry(database):
    return add(email=ADDRESS)


def mail_links():
    with writing() as db:
        operations.mail_own_links(db, ADDRESS, now=NOON)


def test_two_asks_at_once_are_one_mail(entry):
    together(mail_links, mail_links)

    with reading() as db:
        assert db.query(OutboxMail).filter_by(template="own_links").count() == 1
        assert db.query(LeaveLink).filter_by(act=LeaveAct.OPEN).one().unused == 1


def test_one_ask_that_two_workers_take_is_answered_once(entry):
    with writing() as db:
        operations.ask_for_entry(db, ADDRESS, now=NOON)
        ask_id = db.query(OwnAsk).one().id

    def answer():
        with writing() as db:
            operations.answer_ask(db, ask_id, now=NOON)

    together(answer, answer)

    with reading() as db:
        assert (db.query(OutboxMail).count(), db.query(OwnAsk).count()) == (1, 0)


def test_a_link_that_is_pressed_in_two_windows_opens_one(entry):
    mail_links()

    def press():
        with writing() as db:
            link = db.query(FreshLink).filter_by(act=EntryAct.OPEN).one()
            try:
                open_entry(db, link, now=NOON)
            except FreshLinkOver:
                return "over"
            return "open"

    assert sorted(together(press, press)) == ["open", "over"]
