"""Reading ahead that stumbles: what went out is written down all the same, and the others go one by one."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import OperationalError

from consult.core import clock
from consult.core.db import reading, writing
from consult.mail import operations
from consult.mail.delivery import Post
from consult.mail.models import Mail, MailState, OutboxMail, Priority
from consult.worker import MAILS
from tests.mail.test_connection import towards


def queue(*templates):
    mails = [
        Mail(name, f"stakeholder:{n}", "campaign:1", f"p{n}@example.org", "en", priority=Priority.CAMPAIGN)
        for n, name in enumerate(templates)
    ]
    with writing() as db:
        operations.queue_mails(db, mails, now=clock.now())


def states():
    with reading() as db:
        return [one.state for one in db.query(OutboxMail).order_by(OutboxMail.id)]


def fail(*_args, **_named):
    raise OperationalError("SELECT", {}, Exception("gone"))


@pytest.mark.database
def test_a_template_that_nobody_knows_leaves_what_went_out_noted(database, settings, sink):
    queue("test", "unknown", "test")

    Post(towards(settings, sink.port), MAILS).deliver()

    assert states() == [MailState.SENT, MailState.FAILED, MailState.SENT]


@pytest.mark.database
def test_a_database_that_fails_while_it_is_read_ahead_leaves_what_went_out_noted(database, settings, sink, caplog):
    queue("test", "test", "test")
    post = Post(towards(settings, sink.port), MAILS)
    post.ahead.read = fail

    post.deliver()

    assert states() == [MailState.SENT] * 3
    assert "could not be read ahead: OperationalError" in caplog.text


@pytest.mark.database
def test_a_loader_whose_statements_fail_sends_its_mails_the_ordinary_way(database, settings, sink, caplog):
    queue("test", "test", "test")
    stumbles = replace(MAILS["test"], load_many=fail)

    Post(towards(settings, sink.port), {**MAILS, "test": stumbles}).deliver()

    assert states() == [MailState.SENT] * 3
    assert "could not be read ahead" not in caplog.text, "mails of other templates are"
