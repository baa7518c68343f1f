"""A person decides about a mail that may or may not have gone out, on a page."""

import pytest

from consult.accounts.models import Role
from consult.accounts.operations import add_staff
from consult.core.db import reading, writing
from consult.mail.models import Halt, Mail, MailState, OutboxMail
from consult.mail.operations import queue_mail
from tests.drafts.test_operations import NOON
from tests.responses.test_views_staff import signed_in

PAGE = "/staff/mails/"


def someone(client, role):
    with writing() as db:
        person = add_staff(db, name="Aru", email="a@x.example", language="en", roles=[role], by=None, now=NOON)
    return signed_in(client, person)


@pytest.fixture
def uncertain(database):
    with writing() as db:
        mail = queue_mail(db, Mail("test", "test:1", "test:1", "lost@x.example", "en"), now=NOON)
        mail.state, mail.next_at = MailState.UNCERTAIN, None
    return mail.id


def state(number):
    with reading() as db:
        return db.get_one(OutboxMail, number).state


@pytest.mark.parametrize("role", [Role.SECRETARIAT, Role.ADMINISTRATOR])
@pytest.mark.parametrize(
    ("decision", "becomes"),
    [("arrived", MailState.SENT), ("lost", MailState.FAILED), ("resend", MailState.QUEUED)],
)
def test_a_person_decides_once(client, uncertain, role, decision, becomes):
    desk = someone(client, role)
    assert PAGE in desk.get("/staff/").text
    assert "lost@x.example" in desk.get(PAGE).text

    decided = desk.post(f"{PAGE}{uncertain}/", data={"decision": decision})

    assert (decided.status_code, state(uncertain)) == (303, becomes)
    assert desk.post(f"{PAGE}{uncertain}/", data={"decision": "lost"}).status_code == 409
    assert state(uncertain) is becomes
    assert PAGE not in desk.get("/staff/").text


@pytest.mark.parametrize("role", [Role.SECRETARIAT, Role.ADMINISTRATOR])
def test_news_that_halted_goes_on_once_somebody_says_so(client, database, role):
    with writing() as db:
        halt = Halt(cause="answers:1", at=NOON, bad=14, of_last=20)
        other = Halt(cause="campaign:1", at=NOON, bad=20, of_last=20)
        db.add_all([halt, other])
        db.flush()
    desk = someone(client, role)
    assert f"{PAGE}#halted" in desk.get("/staff/").text
    page = desk.get(PAGE).text
    assert "14 of the last 20 mails were refused" in page
    assert "campaign:1" not in page
    assert "News for those who take part" in page
    assert "answers:1" not in page

    assert desk.post(f"{PAGE}halted/{halt.id}/").status_code == 303
    assert desk.post(f"{PAGE}halted/{halt.id}/").status_code == 409
    assert [desk.post(f"{PAGE}halted/{one}/").status_code for one in (other.id, 99, "9" * 30)] == [404] * 3

    with reading() as db:
        assert db.get_one(Halt, halt.id).lifted_at is not None
        assert db.get_one(Halt, other.id).lifted_at is None
    assert "#halted" not in desk.get("/staff/").text


@pytest.mark.parametrize(
    ("number", "decision", "status"),
    [("own", "", 422), ("own", "burn", 422), ("99", "lost", 404), ("9" * 30, "lost", 404)],
)
def test_nonsense_changes_nothing(client, uncertain, number, decision, status):
    desk = someone(client, Role.SECRETARIAT)

    refused = desk.post(f"{PAGE}{uncertain if number == 'own' else number}/", data={"decision": decision})

    assert refused.status_code == status
    assert state(uncertain) is MailState.UNCERTAIN


@pytest.mark.parametrize("role", [Role.FACILITATOR, Role.PROTECTION_OFFICER, Role.TRANSLATOR, Role.NHRI_OBSERVER])
def test_others_neither_see_nor_decide(client, uncertain, role):
    desk = someone(client, role)

    assert desk.get(PAGE).status_code == 403
    assert desk.post(f"{PAGE}{uncertain}/", data={"decision": "lost"}).status_code == 403
    assert PAGE not in desk.get("/staff/").text
