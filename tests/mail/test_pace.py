"""How fast mails go out: to the relay, to each domain, and to a domain that keeps saying "later"."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from consult.core import clock
from consult.core.db import Database, bind, reading, writing
from consult.mail import operations, operations_pace, rules
from consult.mail.delivery import Post
from consult.mail.keys import domain_key
from consult.mail.limits import Limits
from consult.mail.models import Mail, MailState, OutboxMail, Pace, Priority
from consult.mail.outcome import Outcome
from consult.worker import MAILS
from tests.mail.test_connection import towards

NOON = datetime(2027, 3, 14, 12, 0, tzinfo=UTC)
LEASE = timedelta(minutes=5)
SENT = Outcome(MailState.SENT, 250, "ok")
LATER = Outcome(MailState.DEFERRED, 450, "later")
SECOND = timedelta(seconds=1)
TEN_A_MINUTE = Limits(domain_per_minute=10)  # one in six seconds


def queue(db, number, *, domain="example.org", priority=Priority.CAMPAIGN, now=NOON):
    mail = Mail("test", f"stakeholder:{number}", "invitation:3", f"p{number}@{domain}", "en", priority=priority)
    return operations.queue_mail(db, mail, now=now)


def claim(db, now, limits):
    return operations.claim_mail(db, lease=LEASE, domain="example.org", now=now, limits=limits)


def sent_in(db, limits, *, seconds, step=1):
    """The numbers of those who get their mail, by the second from noon on in which they get it."""
    found = {}
    for second in range(0, seconds, step):
        now = NOON + second * SECOND
        while (mail := claim(db, now, limits)) is not None:
            operations.note_outcome(db, mail, SENT, now=now, limits=limits)
            found.setdefault(second, []).append(int(mail.person.removeprefix("stakeholder:")))
    return found


@pytest.mark.database
def test_the_relay_gets_no_more_a_minute_than_was_set(db):
    for number in range(100):
        queue(db, number)

    found = sent_in(db, Limits(relay_per_minute=30), seconds=61)

    assert sum(len(some) for some in found.values()) == 31
    assert max(len(some) for some in found.values()) == 1


@pytest.mark.database
def test_a_fast_relay_catches_up_with_a_second_and_no_more(db):
    for number in range(500):
        queue(db, number)

    found = sent_in(db, Limits(relay_per_minute=600), seconds=60, step=30)

    assert {second: len(some) for second, some in found.items()} == {0: 10, 30: 10}


@pytest.mark.database
def test_each_domain_has_its_own_pace_and_holds_up_no_other(db):
    for number in range(10):
        queue(db, number, domain="slow.example")
    for number in range(10, 14):
        queue(db, number, domain=f"d{number}.example")

    found = sent_in(db, TEN_A_MINUTE, seconds=55)

    assert found[0] == [0, 10, 11, 12, 13]
    assert [(second, some) for second, some in found.items() if second] == [(6 * n, [n]) for n in range(1, 10)]


@pytest.mark.database
def test_the_same_domain_in_capitals_is_the_same(db):
    queue(db, 0, domain="Example.ORG")
    queue(db, 1, domain="example.org")

    assert sent_in(db, TEN_A_MINUTE, seconds=5) == {0: [0]}


@pytest.mark.database
def test_being_put_off_for_its_domain_is_no_attempt_and_changes_nothing_else(db):
    queue(db, 0)
    mail = queue(db, 1)

    claim(db, NOON, TEN_A_MINUTE)
    assert claim(db, NOON, TEN_A_MINUTE) is None

    db.refresh(mail)
    assert (mail.state, mail.attempts, mail.attempted_at, mail.next_at) == (
        MailState.QUEUED, 0, None, NOON + timedelta(seconds=6),
    )  # fmt: skip


@pytest.mark.database
def test_a_single_mail_goes_before_a_campaign_that_has_the_domain_booked_out(db):
    for number in range(400):
        queue(db, number)
    claim(db, NOON, TEN_A_MINUTE)
    while claim(db, NOON, TEN_A_MINUTE) is not None or operations_pace.next_turn(db, TEN_A_MINUTE, now=NOON) == NOON:
        pass  # all are put off, for forty minutes

    queue(db, 999, priority=Priority.SINGLE)
    found = sent_in(db, TEN_A_MINUTE, seconds=19)

    assert [(second, len(some)) for second, some in found.items()] == [(6, 1), (12, 1), (18, 1)]
    assert found[6] == [999]


@pytest.mark.database
def test_a_single_mail_goes_before_a_campaign_that_uses_up_the_relay(db):
    for number in range(400):
        queue(db, number)
    limits = Limits(relay_per_minute=10)
    claim(db, NOON, limits)
    queue(db, 999, priority=Priority.SINGLE)

    assert claim(db, NOON, limits) is None
    assert claim(db, NOON + 6 * SECOND, limits).person == "stakeholder:999"


@pytest.mark.database
def test_nobody_is_put_off_beyond_the_horizon_so_that_a_limit_that_was_raised_is_felt(db):
    for number in range(200):  # at two a minute more than an hour and a half
        queue(db, number)
    for _ in range(4):
        claim(db, NOON, Limits(domain_per_minute=2))

    latest = max(db.scalars(select(OutboxMail.next_at).where(OutboxMail.next_at.is_not(None))))
    found = sent_in(db, Limits(domain_per_minute=10_000), seconds=3_660, step=20)

    assert latest == NOON + operations_pace.HORIZON
    assert sum(len(some) for some in found.values()) == 199


@pytest.mark.database
def test_two_processes_keep_one_pace(settings, database):
    """Each with its own connections, as two workers have; claims meet at a barrier."""
    limits = Limits(relay_per_minute=60, domain_per_minute=30)
    with writing() as db:
        for number in range(60):
            queue(db, number, domain=f"d{number % 4}.example")
    barrier, taken, failed = threading.Barrier(2), [], []

    def run():
        try:
            for second in range(10):
                barrier.wait(30)
                for _ in range(5):
                    with writing() as db:
                        mail = claim(db, NOON + second * SECOND, limits)
                        if mail is not None:
                            operations.note_outcome(db, mail, SENT, now=NOON, limits=limits)
                            taken.append((second, mail.id))
        except Exception as problem:
            failed.append(problem)
            barrier.abort()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert sorted(second for second, _ in taken) == list(range(10))
    assert len({mail_id for _, mail_id in taken}) == len(taken)


def test_the_pace_holds_across_a_restart(settings, database):
    with writing() as db:
        queue(db, 0)
        queue(db, 1)
        claim(db, NOON, TEN_A_MINUTE)
    database.close()

    again = Database(settings.database_url)
    bind(again)
    with writing() as db:
        soon, then = claim(db, NOON + 5 * SECOND, TEN_A_MINUTE), claim(db, NOON + 6 * SECOND, TEN_A_MINUTE)
    again.close()

    assert (soon, then.person) == (None, "stakeholder:1")


@pytest.mark.database
def test_a_domain_that_says_later_ten_times_in_a_row_is_left_alone_and_others_are_not(db):
    for number in range(30):
        queue(db, number, domain="busy.example")
    queue(db, 99, domain="else.example")
    tried = []
    while (mail := claim(db, NOON, Limits())) is not None:
        outcome = LATER if mail.address.endswith("busy.example") else SENT
        operations.note_outcome(db, mail, outcome, now=NOON)
        tried.append(mail.person)

    row = db.get_one(Pace, domain_key("x@busy.example"))
    waiting = db.scalars(select(OutboxMail.next_at).where(OutboxMail.attempts == 0)).all()
    assert (len(tried), tried[-1], row.deferrals) == (rules.DEFERRALS_MAX + 1, "stakeholder:99", rules.DEFERRALS_MAX)
    assert len(waiting) == 20
    assert all(row.free_at <= at <= row.free_at + timedelta(seconds=rules.SPREAD) for at in waiting)
    assert len(set(waiting)) > 1  # not all at once


@pytest.mark.database
def test_the_wait_of_a_domain_grows_and_ends_with_the_first_mail_that_is_taken(db):
    for number in range(40):
        queue(db, number)
    now, waits = NOON, []
    for answer in [LATER] * 13 + [SENT]:
        mail = claim(db, now, Limits())
        if mail is None:
            free_at = db.get_one(Pace, domain_key("@example.org")).free_at
            waits.append(free_at - now)
            now = free_at + timedelta(minutes=2)
            mail = claim(db, now, Limits())
        operations.note_outcome(db, mail, answer, now=now)

    assert timedelta(minutes=0.8) <= waits[0] <= timedelta(minutes=1.2)
    assert waits[0] < waits[1] < waits[2]
    assert db.scalar(select(Pace.deferrals)) == 0
    assert claim(db, now, Limits()) is not None


@pytest.mark.database
def test_one_full_mailbox_tried_for_days_does_not_stop_its_domain(db):
    queue(db, 0)
    now = NOON
    for _ in range(15):
        mail = claim(db, now, Limits())
        operations.note_outcome(db, mail, LATER, now=now)
        db.refresh(mail)
        now = mail.next_at

    queue(db, 1, now=now)
    assert claim(db, now, Limits()) is not None


def test_a_relay_that_hangs_up_says_nothing_of_a_domain(db):
    queue(db, 0)
    mail = claim(db, NOON, Limits())

    operations.note_outcome(db, mail, Outcome(MailState.DEFERRED, 421, "bye", connection_over=True), now=NOON)

    assert db.scalars(select(Pace)).all() == []


def test_without_a_limit_and_without_trouble_nothing_is_kept(db):
    for number in range(5):
        queue(db, number)

    assert sum(len(some) for some in sent_in(db, Limits(), seconds=1).values()) == 5
    assert db.scalars(select(Pace)).all() == []


@pytest.mark.database
def test_sweep_pace_forgets_domains_after_a_day(db):
    for number in range(3):
        queue(db, number, domain=f"d{number}.example")
    sent_in(db, TEN_A_MINUTE, seconds=1)

    operations_pace.sweep_pace(db, now=NOON + timedelta(hours=23))
    kept = len(db.scalars(select(Pace)).all())
    operations_pace.sweep_pace(db, now=NOON + timedelta(days=2))

    assert (kept, len(db.scalars(select(Pace)).all())) == (4, 1)


def test_no_row_of_the_pace_names_a_domain(db):
    queue(db, 0, domain="anna.example")
    sent_in(db, Limits(domain_per_minute=10, relay_per_minute=10), seconds=1)

    assert all(b"anna" not in row.key and len(row.key) == 32 for row in db.scalars(select(Pace)))


def test_deliver_waits_for_the_next_turn_and_a_single_mail_that_comes_meanwhile_is_next(database, settings, sink):
    with writing() as db:
        for number in range(5):
            queue(db, number, now=clock.now())
    post = Post(towards(settings, sink.port, mail_rate_per_minute=60), MAILS)
    began = time.monotonic()
    thread = threading.Thread(target=post.deliver)
    thread.start()
    while not sink.received():
        time.sleep(0.01)
    with writing() as db:
        queue(db, 99, priority=Priority.SINGLE, now=clock.now())
    post.deliver()  # what the woken job does: the other thread is at it
    thread.join(30)
    took = time.monotonic() - began

    order = [mail.recipients[0] for mail in sink.received()]
    assert len(order) == 6
    assert order.index("p99@example.org") <= 2
    assert took >= 4.9  # six at one a second


def test_deliver_that_waits_is_stopped_at_once(database, settings, sink):
    with writing() as db:
        for number in range(5):
            queue(db, number, now=clock.now())
    post = Post(towards(settings, sink.port, mail_rate_per_minute=1), MAILS)
    thread = threading.Thread(target=post.deliver)
    thread.start()
    while len(sink.received()) < 1:
        time.sleep(0.01)

    post.stop()
    thread.join(10)

    assert not thread.is_alive()
    with reading() as db:
        states = db.scalars(select(OutboxMail.state)).all()
    assert states.count(MailState.SENT) + states.count(MailState.QUEUED) == 5
