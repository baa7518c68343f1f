"""Whatever a relay does, at whatever stage: each mail ends in exactly one state, the right one, and none is taken twice."""

from datetime import timedelta

import pytest

from consult.core import clock
from consult.core.db import reading, writing
from consult.mail import operations
from consult.mail.delivery import Post
from consult.mail.models import FINAL, Mail, MailState, OutboxMail
from consult.worker import MAILS
from tests.mail.test_connection import towards
from tests.support.scripted_relay import CLOSE, HANG, STAGES, scripted_relay

LATER, NEVER = "451 4.3.0 later", "550 5.7.1 never"
NONSENSE = "hello you"
DEFERRED, FAILED, UNCERTAIN, SENT = MailState.DEFERRED, MailState.FAILED, MailState.UNCERTAIN, MailState.SENT


def queue(number=1):
    with writing() as db:
        mails = [Mail("test", f"stakeholder:{n}", "round:1", f"p{n}@example.org", "en") for n in range(number)]
        operations.queue_mails(db, mails, now=clock.now())


def rows():
    with reading() as db:
        return db.query(OutboxMail).order_by(OutboxMail.id).all()


def deliver(settings, relay, **changed):
    """One round of delivery. Returns the state and the relay's code of the first mail."""
    Post(towards(settings, relay.port, **changed), MAILS).deliver()
    return rows()[0].state, rows()[0].reply_code


def expected(stage, act):
    """A refusal is for good only where it concerns this person or this mail; what may have arrived is uncertain."""
    if act == NEVER and stage in ("rcpt", "data", "end"):
        return FAILED
    if stage in ("body", "end") and act in (HANG, CLOSE, NONSENSE):
        return UNCERTAIN
    return DEFERRED


# In the middle of a message no answer is due.
MISHAPS = [
    (stage, act)
    for stage in STAGES
    for act in (LATER, NEVER, HANG, CLOSE, NONSENSE)
    if stage != "body" or act in (HANG, CLOSE)
]


@pytest.mark.parametrize(("stage", "act"), MISHAPS)
def test_each_mail_ends_in_one_right_state(database, settings, stage, act):
    queue()

    with scripted_relay(**{stage: act}) as relay:
        state, code = deliver(settings, relay)

    (row,) = rows()
    assert state is expected(stage, act)
    assert relay.kept == []
    assert (row.address is None, row.next_at is not None, row.lease_until) == (state in FINAL, state is DEFERRED, None)
    if act in (LATER, NEVER) and stage not in ("ehlo",):
        assert code == int(act[:3])


@pytest.mark.parametrize(("stage", "act"), [one for one in MISHAPS if one[0] not in ("banner", "ehlo")])
def test_commands_that_go_together_end_in_the_same_state(database, settings, stage, act):
    """A relay that takes several at once (PIPELINING), and wants the mail even where it refused sender or recipient."""
    queue()

    with scripted_relay(ehlo="250-relay.example\r\n250-PIPELINING\r\n250 8BITMIME", **{stage: act}) as relay:
        state, _code = deliver(settings, relay)

    assert state is expected(stage, act)
    assert relay.kept == []


def test_a_relay_that_takes_several_commands_at_once_gets_the_mail(database, settings):
    queue()

    with scripted_relay(ehlo="250-relay.example\r\n250-PIPELINING\r\n250 8BITMIME") as relay:
        assert deliver(settings, relay) == (MailState.SENT, 250)

    assert len(relay.kept) == 1


def test_a_relay_that_asks_to_come_back_gets_the_mail_the_second_time_and_once(database, settings):
    """Greylisting."""
    queue()
    with scripted_relay(rcpt=["450 4.2.0 greylisted, come back", "250 OK"]) as relay:
        first = deliver(settings, relay)
        too_early = deliver(settings, relay)
        with clock.at(clock.now() + timedelta(minutes=2)):
            second = deliver(settings, relay)
            third = deliver(settings, relay)

    assert (first, too_early, second, third) == ((DEFERRED, 450), (DEFERRED, 450), (SENT, 250), (SENT, 250))
    assert (len(relay.kept), rows()[0].attempts) == (1, 2)


def test_a_relay_that_says_later_to_one_takes_the_others(database, settings):
    queue(3)
    with scripted_relay(rcpt=[LATER, "250 OK"]) as relay:
        deliver(settings, relay)

    assert [row.state for row in rows()] == [DEFERRED, SENT, SENT]
    assert len(relay.kept) == 2


@pytest.mark.parametrize("act", [HANG, CLOSE, NEVER, NONSENSE])
def test_what_goes_wrong_after_the_250_says_nothing_about_the_mail(database, settings, act):
    queue()
    with scripted_relay(quit=act) as relay:
        state, _ = deliver(settings, relay)

    assert (state, len(relay.kept)) == (SENT, 1)


@pytest.mark.parametrize("act", [HANG, CLOSE, NEVER])
def test_a_relay_that_will_not_begin_anew_after_a_refusal_is_reached_anew(database, settings, act):
    queue(2)
    with scripted_relay(rcpt=[NEVER, "250 OK"], rset=act) as relay:
        deliver(settings, relay)

    assert [row.state for row in rows()] == [FAILED, SENT]
    assert len(relay.kept) == 1


@pytest.mark.parametrize(
    "acts",
    [
        {"ehlo": "250 relay.example"},  # offers none
        {"ehlo": "250-relay.example\r\n250 STARTTLS", "starttls": "454 4.7.0 not now"},
        {"ehlo": "250-relay.example\r\n250 STARTTLS", "starttls": CLOSE},
        {"ehlo": "250-relay.example\r\n250 STARTTLS", "starttls": HANG},
        {"ehlo": "250-relay.example\r\n250 STARTTLS", "starttls": "220 go on"},  # and then speaks in the clear
    ],
)
def test_a_relay_that_drops_encryption_hears_of_no_mail(database, settings, acts):
    queue()
    with scripted_relay(**acts) as relay:
        state, _ = deliver(settings, relay, mail_security="starttls")

    assert state is DEFERRED
    assert not {"mail", "rcpt", "data", "auth"} & set(relay.heard)


def test_an_uncertain_mail_is_never_sent_again_by_itself(database, settings):
    queue()
    with scripted_relay(end=[CLOSE, "250 kept"]) as relay:
        deliver(settings, relay)
        for days in range(1, 8):
            with clock.at(clock.now() + timedelta(days=days)):
                with writing() as db:
                    operations.sweep_mails(db, now=clock.now())
                deliver(settings, relay)

    assert (rows()[0].state, rows()[0].attempts, relay.kept) == (UNCERTAIN, 1, [])
