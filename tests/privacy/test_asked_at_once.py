"""Two at once, on both databases: whoever types an address twice, and whoever presses one link in two windows."""

from datetime import timedelta

import pytest

from consult.accounts.models import Role
from consult.accounts.operations import add_staff
from consult.consultations.models_entry import EntryAct, FreshLink
from consult.consultations.operations_entry import make_link
from consult.consultations.operations_opening import open_entry
from consult.consultations.rules_entry import FreshLinkOver
from consult.core.db import lock, reading, writing
from consult.mail.keys import address_key
from consult.mail.models import OutboxMail
from consult.mailings.models_leave_links import LeaveAct, LeaveLink
from consult.privacy import operations_asking as operations
from consult.privacy.models_own import AskedWay, ForgetWish, IdentityCheck, OwnAsk
from consult.privacy.operations_on_behalf import hold_wish, whose_wish
from consult.privacy.operations_own import erase_entry, forget_entry
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


def test_a_link_that_is_pressed_while_its_address_is_typed_again_waits_for_nobody(entry):
    mail_links()
    later = NOON + timedelta(minutes=15)

    def press():
        with writing() as db:
            link = db.query(FreshLink).filter_by(act=EntryAct.OPEN).one()
            try:
                _secret, found = open_entry(db, link, now=later)
            except FreshLinkOver:
                return "over"
            operations.note_used(db, found.email, now=later)
            return "open"

    def mail_again():
        with writing() as db:
            operations.mail_own_links(db, ADDRESS, now=later)
        return "mailed"

    assert together(press, mail_again)[0] in ("open", "over")


def test_staff_who_erase_and_a_link_that_does_wait_for_one_another_in_one_order(entry):
    with writing() as db:
        by = add_staff(db, name="Ane", email="a@x.example", language="en", roles=[Role.SECRETARIAT], by=None, now=NOON)
        link = FreshLink(stakeholder_id=entry.id, act=EntryAct.FORGET, generation=0)
        make_link(db, link, mailbox=address_key(ADDRESS), until=None, now=NOON)
        db.add(
            ForgetWish(
                ref="wish", stakeholder_id=entry.id, way=AskedWay.LETTER, asked_on=NOON.date(), checked=IdentityCheck.KNOWN,
                by_id=by.id, at=NOON,
            )
        )  # fmt: skip

    def by_link():
        with writing() as db:
            try:
                forget_entry(db, db.query(FreshLink).one(), now=NOON)
            except FreshLinkOver:
                return "over"
            return "erased"

    def by_staff():
        with writing() as db:
            wish = hold_wish(db, "wish")
            if wish is not None:
                erase_entry(db, lock(db, whose_wish(db, wish)), now=NOON)  # as carrying it out does
            return "erased" if wish is not None else "gone"

    assert sorted(together(by_link, by_staff)) in (["erased", "gone"], ["erased", "over"])
