"""Mails that a post office has read ahead, or in hand, at the moment in which somebody is protected."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from consult.core import clock
from consult.core.db import bound, reading, writing
from consult.core.ready import noting
from consult.mail.ahead import note_sent
from consult.mail.delivery import Post
from consult.mail.models import Bounce, MailState, OutboxMail, Suppression
from consult.mail.models_delivery import PreparedDelivery
from consult.mail.operations import note_outcome
from consult.mail.outcome import Outcome
from consult.mailings.jobs import queue_campaign
from consult.privacy.operations_protecting import protect_entry
from consult.stakeholders.models import Stakeholder
from consult.worker import MAILS
from tests.custody.fixtures import ANA, NOON, desk  # noqa: F401
from tests.drafts.test_operations import consultation  # noqa: F401
from tests.mailings.test_campaigns import send, write
from tests.stakeholders.test_operations import add

ADDRESS = "circle@quenby.example"


@pytest.fixture
def ahead(desk, settings):  # noqa: F811
    """A mail to somebody that waits, read ahead; and whose it is."""
    with clock.at(NOON):
        desk.appoint(ANA)
        desk.open_round(takes_nameless=False)
        entry, campaign = add(name="Quenby Circle", email=ADDRESS, groups=()), write()
        send(campaign)
        queue_campaign(campaign.id)
        made = Post(settings, MAILS).ahead
        with reading() as db:
            made.read(db, now=NOON)
        return made, entry


def protect(desk, entry):  # noqa: F811
    with writing() as db:
        found = db.get_one(Stakeholder, entry.id)
        protect_entry(db, found, is_sure=True, next_url="/", by=desk.dalia, now=NOON)


def claim(ahead):
    with noting() as notes:
        return ahead.claim_next(notes, lease=timedelta(minutes=5), now=NOON)


def outbox():
    with bound().engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text("SELECT * FROM outbox_mail"))]


@pytest.mark.database
def test_what_was_read_ahead_is_not_taken_in_hand_once_its_reader_is_protected(ahead, desk):  # noqa: F811
    read, entry = ahead
    assert read.has_some()

    protect(desk, entry)

    assert claim(read) is None
    with reading() as db:
        assert [one.state for one in db.query(OutboxMail)] == [MailState.SUPPRESSED]
        assert [one.person for one in db.query(PreparedDelivery)] == [entry.person_ref]


@pytest.mark.database
@pytest.mark.parametrize(
    ("is_ahead", "state"), [(True, MailState.SENT), (False, MailState.SENT), (False, MailState.FAILED)]
)
def test_what_comes_of_a_mail_in_hand_writes_nothing_of_them(ahead, desk, is_ahead, state):  # noqa: F811
    read, entry = ahead
    mail = claim(read)
    protect(desk, entry)
    after = outbox()

    outcome = Outcome(state, 250, f"said of <{ADDRESS}>", status="5.1.1" if state is MailState.FAILED else "")
    if is_ahead:
        with noting() as notes:
            note_sent(notes, mail, outcome, now=NOON)
    else:
        with writing() as db:
            note_outcome(db, mail, outcome, now=NOON)

    assert outbox() == after
    assert ADDRESS not in str(after)
    with reading() as db:
        assert (db.query(Bounce).count(), db.query(Suppression).count()) == (0, 0)
