"""A campaign of which too many mails do not arrive halts by itself; single mails go on, and it goes on when somebody says so."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from consult.audit.models import JournalEntry
from consult.core import clock
from consult.core.db import reading, violated, writing
from consult.core.ids import random_code
from consult.jobs.queue import queue as jobs
from consult.mail import operations, operations_halts, operations_pace, queries_halts, rules
from consult.mail.bounces import Returned
from consult.mail.delivery import Post
from consult.mail.keys import bounce_token
from consult.mail.limits import Limits
from consult.mail.models import Halt, Mail, MailState, OutboxMail, Priority
from consult.mail.operations_bounces import Ingested, ingest_bounce
from consult.mail.operations_causes import HELD
from consult.mail.outcome import Outcome
from consult.worker import MAILS
from tests.mail.test_connection import towards

NOON = datetime(2027, 3, 14, 12, 0, tzinfo=UTC)
LEASE = timedelta(minutes=5)
SENT = Outcome(MailState.SENT, 250, "ok")
REFUSED = Outcome(MailState.FAILED, 550, "no")
LATER = Outcome(MailState.DEFERRED, 450, "later")
UNREACHED = Outcome(MailState.DEFERRED, None, "timed out", connection_over=True)
LIMITS = Limits(window=20, percent=50)


class Someone:
    actor = "staff:7"


def queue(db, numbers, *, cause="answers:1", priority=Priority.CAMPAIGN, now=NOON, domain=""):
    mails = [
        Mail("test", f"stakeholder:{n}", cause, f"p{n}@{domain or f'd{n}.example'}", "en", priority=priority)
        for n in numbers
    ]
    operations.queue_mails(db, mails, now=now)


def send(db, outcomes, *, now=NOON, limits=LIMITS):
    """Let the next mails come to these outcomes, a second each. Returns how many went before none was left to claim."""
    for number, outcome in enumerate(outcomes):
        at = now + timedelta(seconds=number)
        mail = operations.claim_mail(db, lease=LEASE, domain="example.org", now=at, limits=limits)
        if mail is None:
            return number
        operations.note_outcome(db, mail, outcome, now=at, limits=limits)
    return len(outcomes)


def waiting(db, *, held):
    query = select(OutboxMail.id).where((OutboxMail.next_at >= HELD) if held else (OutboxMail.next_at < HELD))
    return len(db.scalars(query).all())


def halts(db):
    return [(halt.cause, halt.bad, halt.of_last) for halt in queries_halts.list_standing(db)]


@pytest.mark.database
@pytest.mark.parametrize("bad", [REFUSED, LATER])
def test_a_campaign_halts_with_the_mail_that_is_one_too_many(db, bad):
    queue(db, range(100))

    went = send(db, [SENT, SENT, bad] * 30)

    assert went == 100 - 10  # a third of the mails is bad: it never halts
    assert halts(db) == []


@pytest.mark.database
@pytest.mark.parametrize("bad", [REFUSED, LATER])
def test_half_of_the_last_twenty_halt_it_and_nothing_of_it_goes_out_any_more(db, bad):
    queue(db, range(100))

    went = send(db, [SENT] * 15 + [bad] * 85)

    assert (went, halts(db)) == (25, [("answers:1", 10, 20)])
    assert (waiting(db, held=True), waiting(db, held=False)) == (75 if bad is REFUSED else 85, 0)  # those put off, too
    assert operations.claim_mail(db, lease=LEASE, domain="x", now=NOON + timedelta(hours=5), limits=LIMITS) is None


@pytest.mark.database
def test_single_mails_and_other_campaigns_go_on(db):
    queue(db, range(40))
    send(db, [REFUSED] * 40)
    queue(db, [100], cause="link:1", priority=Priority.SINGLE)
    queue(db, [101], cause="answers:2")

    later = NOON + timedelta(minutes=1)
    taken = [operations.claim_mail(db, lease=LEASE, domain="x", now=later, limits=LIMITS) for _ in range(3)]

    assert [mail and mail.cause for mail in taken] == ["link:1", "answers:2", None]


@pytest.mark.database
def test_refused_single_mails_halt_nothing(db):
    queue(db, range(40), priority=Priority.SINGLE)

    assert (send(db, [REFUSED] * 40), halts(db)) == (40, [])


@pytest.mark.database
def test_fewer_mails_than_the_window_say_nothing_yet(db):
    queue(db, range(30))

    assert (send(db, [REFUSED] * 19), halts(db)) == (19, [])


@pytest.mark.database
def test_a_window_of_nought_halts_nothing(db):
    queue(db, range(40))

    assert send(db, [REFUSED] * 40, limits=Limits()) == 40


@pytest.mark.database
def test_a_relay_that_cannot_be_reached_halts_nothing(db):
    """It goes on by itself when the relay is back: nobody need press anything."""
    queue(db, range(40))

    assert (send(db, [UNREACHED] * 40), halts(db)) == (40, [])


@pytest.mark.database
@pytest.mark.parametrize("says", [{"status": "5.1.1"}, {"is_complaint": True}], ids=["came back", "called spam"])
def test_mails_that_come_back_or_are_called_spam_count_like_refused_ones(db, says):
    queue(db, range(40))
    send(db, [SENT] * 20)
    sent = db.scalars(select(OutboxMail.id).where(OutboxMail.state == MailState.SENT)).all()

    for number, mail_id in enumerate(sent):
        returned = Returned((bounce_token(mail_id),), **says)
        assert ingest_bounce(db, returned, now=NOON, limits=LIMITS) is Ingested.SUPPRESSED
        assert halts(db) == ([("answers:1", 10, 20)] if number >= 9 else [])


@pytest.mark.database
def test_a_campaign_of_which_nothing_waits_is_not_halted(db):
    queue(db, range(20))

    assert (send(db, [REFUSED] * 20), halts(db)) == (20, [])


@pytest.mark.database
def test_lift_halt_lets_it_go_on_and_what_was_before_counts_no_more(db):
    queue(db, range(100))
    send(db, [REFUSED] * 100)
    (halt,) = queries_halts.list_standing(db)
    later = NOON + timedelta(hours=1)

    operations_halts.lift_halt(db, halt, by=Someone, now=later)
    assert operations_halts.sweep_halts(db, now=later) == 1  # its message may get lost
    while operations_halts.release_halted(db, halt.id, now=later):
        pass
    went = send(db, [REFUSED] * 100, now=later + timedelta(seconds=1))

    assert operations_halts.sweep_halts(db, now=later) == 0
    assert (went, halts(db)) == (20, [("answers:1", 20, 20)])


@pytest.mark.database
def test_check_lift_halt_refuses_a_second_time(db):
    queue(db, range(40))
    send(db, [REFUSED] * 40)
    (halt,) = queries_halts.list_standing(db)
    operations_halts.lift_halt(db, halt, by=Someone, now=NOON)

    with pytest.raises(rules.NotHalted):
        operations_halts.lift_halt(db, halt, by=Someone, now=NOON)


def test_the_halt_is_journalled_as_the_systems_act_and_the_lifting_as_a_persons(database):
    with writing() as db:
        queue(db, range(40))
        send(db, [REFUSED] * 40)
    with writing() as db:
        (halt,) = queries_halts.list_standing(db)
        operations_halts.lift_halt(db, halt, by=Someone, now=NOON)

    with reading() as db:
        rows = [
            (row.event, row.actor, row.codes) for row in db.scalars(select(JournalEntry).order_by(JournalEntry.number))
        ]
    assert rows == [
        ("mail.halted", "system", {"cause": "answers:1", "bad": 20, "of_last": 20}),
        ("mail.halt_lifted", "staff:7", {"cause": "answers:1"}),
    ]


@pytest.mark.database
@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("uq_mail_halt_now", {}),
        ("ck_mail_halt_bad_of_last", {"cause": "x:1", "bad": 21}),
        ("ck_mail_halt_bad_of_last", {"cause": "x:1", "bad": 0}),
        ("ck_mail_halt_released_after_lifting", {"cause": "x:1", "released_at": NOON}),
    ],
)
def test_the_database_refuses_what_no_halt_may_be(db, name, changed):
    row = {"cause": "answers:1", "at": NOON, "bad": 10, "of_last": 20}
    db.execute(insert(Halt).values(row))

    with pytest.raises(IntegrityError) as caught:
        db.execute(insert(Halt).values({**row, **changed}))

    assert violated(caught.value) == name or "mail_halt.cause" in str(caught.value)


@pytest.mark.database
def test_reading_the_last_of_a_campaign_seeks_in_the_index(db):
    done = {"template": "test", "language": "en", "priority": 10, "attempts": 1, "created_at": NOON}
    done |= {"state": MailState.SENT, "finished_at": NOON, "cause": "answers:1"}
    rows = [{**done, "person": f"s:{n}", "attempted_at": NOON + timedelta(seconds=n)} for n in range(20_000)]
    db.execute(insert(OutboxMail), rows)
    db.execute(text("ANALYZE outbox_mail"))

    plan = []
    connection = db.connection()
    explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    query = queries_halts._last_of("answers:1", None, 20)
    compiled = query.compile(connection, compile_kwargs={"literal_binds": True})
    plan = "\n".join(str(row) for row in connection.exec_driver_sql(f"{explain} {compiled}"))

    assert "ix_outbox_mail_cause" in plan
    assert not any(word in plan for word in ("TEMP B-TREE", "Sort", "Seq Scan on outbox_mail"))
    assert queries_halts.count_bad(db, "answers:1", 20) == (0, 20)


def test_a_real_relay_that_refuses_gets_twenty_of_a_hundred_and_the_single_mail_after_them(database, settings, sink):
    with writing() as db:
        queue(db, range(100), now=clock.now(), domain="never.example")
    post = Post(towards(settings, sink.port), MAILS)

    post.deliver()
    with writing() as db:
        queue(db, [500], cause=f"link:{random_code()}", priority=Priority.SINGLE, now=clock.now())
    post.deliver()

    with reading() as db:
        states = db.scalars(select(OutboxMail.state).order_by(OutboxMail.id)).all()
        assert halts(db) == [("answers:1", 20, 20)]
        assert operations_pace.next_turn(db, Limits(), now=clock.now()) is None
    assert states == [MailState.FAILED] * 20 + [MailState.QUEUED] * 80 + [MailState.SENT]
    assert [mail.recipients for mail in sink.received()] == [("p500@d500.example",)]
    assert jobs().huey.pending_count() > 0
