"""The outbox against what could double, lose or reveal a mail: at the operations and at the database itself."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from consult.core.db import bound, reading, violated, writing
from consult.jobs.queue import queue
from consult.mail import operations, queries, rules
from consult.mail.models import Mail, MailState, OutboxMail, Priority
from consult.mail.outcome import Outcome
from tests.mail.workers import count_states
from tests.support.statements import statements_of

NOON = datetime(2027, 3, 14, 12, 0, tzinfo=UTC)
LEASE = timedelta(minutes=5)
SENT = Outcome(MailState.SENT, 250, "ok")
PUT_OFF = Outcome(MailState.DEFERRED, 450, "later")


class Someone:
    actor = "staff:7"


def a_mail(number=1, **changed):
    asked = {"template": "test", "person": f"stakeholder:{number}", "cause": "invitation:3"}
    return Mail(**{**asked, "address": f"p{number}@example.org", "language": "en", "parameters": {"a": 1}, **changed})


def queued(db, number=1, **changed):
    return operations.queue_mail(db, a_mail(number, **changed), now=NOON)


def claim(db, now=NOON):
    return operations.claim_mail(db, lease=LEASE, domain="example.org", now=now)


@pytest.mark.database
def test_queue_mail_keeps_what_was_asked(db):
    mail = queued(db)

    assert (mail.state, mail.next_at, mail.address, mail.parameters) == (
        MailState.QUEUED, NOON, "p1@example.org", {"a": 1},
    )  # fmt: skip


@pytest.mark.database
def test_queue_mail_gives_the_same_row_for_the_same_cause(db):
    first = queued(db)

    again = queued(db, address="other@example.org")

    assert (again.id, again.address) == (first.id, "p1@example.org")
    assert count_states(db)[MailState.QUEUED] == 1


@pytest.mark.database
def test_queue_mail_gives_nothing_new_after_it_was_sent(db):
    mail = queued(db)
    operations.note_outcome(db, claim(db), SENT, now=NOON)

    again = queued(db)

    db.refresh(again)
    assert (again.id, again.state) == (mail.id, MailState.SENT)


@pytest.mark.database
def test_two_at_once_make_one_mail(database):
    barrier, ids = threading.Barrier(2), []

    def run():
        barrier.wait()
        with writing() as db:
            ids.append(queued(db).id)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(ids) == 2
    assert ids[0] == ids[1]


@pytest.mark.database
def test_the_database_refuses_a_second_mail_for_a_cause(db):
    mail = queued(db)
    row = {"template": mail.template, "person": mail.person, "cause": mail.cause, "language": "en"}
    waiting = {"address": "x@example.org", "state": MailState.QUEUED, "priority": 0, "next_at": NOON}

    with pytest.raises(IntegrityError) as caught:
        db.execute(insert(OutboxMail).values(**row, **waiting, attempts=0, created_at=NOON))

    assert violated(caught.value) == "mail_once"


@pytest.mark.database
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("ck_outbox_mail_final_is_wiped", {"state": MailState.SENT, "next_at": None}),
        ("ck_outbox_mail_waiting_has_its_time", {"next_at": None}),
        ("ck_outbox_mail_claimed_has_its_lease", {"state": MailState.CLAIMED, "next_at": None}),
        ("ck_outbox_mail_waiting_has_address", {"address": None}),
        ("mail_stays_the_same_mail", {"person": "stakeholder:99"}),
        ("mail_stays_the_same_mail", {"cause": "invitation:4"}),
        ("mail_stays_the_same_mail", {"template": "other"}),
    ],
)
def test_the_database_refuses_what_no_mail_may_be(db, name, change):
    mail = queued(db)

    with pytest.raises(DBAPIError) as caught:
        db.execute(update(OutboxMail).where(OutboxMail.id == mail.id).values(**change))

    assert violated(caught.value) == name


@pytest.mark.database
def test_the_database_lets_no_sent_mail_go_out_again(db):
    mail = queued(db)
    operations.note_outcome(db, claim(db), SENT, now=NOON)

    with pytest.raises(DBAPIError) as caught:
        db.execute(
            update(OutboxMail).where(OutboxMail.id == mail.id).values(
                state=MailState.QUEUED, next_at=NOON, address="p1@example.org", finished_at=None
            )
        )  # fmt: skip

    assert violated(caught.value) == "final_mail_stays_final"


def test_a_mail_is_gone_with_the_transaction_of_its_cause(database):
    with pytest.raises(ZeroDivisionError), writing() as db:
        queued(db)
        raise ZeroDivisionError

    with reading() as db:
        assert count_states(db)[MailState.QUEUED] == 0
    assert queue().huey.pending_count() == 0


def test_many_mails_wake_the_worker_once(database):
    with writing() as db:
        for number in range(20):
            queued(db, number)

    assert queue().huey.pending_count() == 1


@pytest.mark.parametrize(
    "address",
    ["no address", "a@example.org\r\nBcc: b@example.org", "a@example.org, b@example.org", "<a@example.org>", "@", ""],
)
def test_check_queue_mail_refuses_what_is_not_one_address(db, address):
    with pytest.raises(rules.MailAddressWrong):
        queued(db, address=address)

    assert count_states(db)[MailState.QUEUED] == 0


@pytest.mark.database
def test_claim_mail_takes_single_mails_before_campaigns_and_the_oldest_first(db):
    queued(db, 1, priority=Priority.CAMPAIGN)
    operations.queue_mail(db, a_mail(2), now=NOON + timedelta(seconds=1))
    queued(db, 3)

    taken = [claim(db, NOON + timedelta(minutes=1)).person for _ in range(3)]

    assert taken == ["stakeholder:3", "stakeholder:2", "stakeholder:1"]
    assert claim(db, NOON + timedelta(minutes=1)) is None


@pytest.mark.database
def test_claim_mail_by_two_workers_takes_each_once(database):
    with writing() as db:
        operations.queue_mails(db, [a_mail(number) for number in range(40)], now=NOON)
    barrier, taken = threading.Barrier(2), []

    def run():
        barrier.wait()
        while True:
            with writing() as db:
                mail = claim(db)
            if mail is None:
                return
            taken.append(mail.id)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == 40
    assert len(set(taken)) == 40


@pytest.mark.database
def test_a_sent_mail_keeps_neither_address_nor_parameters(db):
    queued(db)
    mail = claim(db)

    operations.note_outcome(db, mail, SENT, now=NOON)

    db.refresh(mail)
    assert (mail.state, mail.address, mail.parameters, mail.lease_until, mail.reply_code, mail.finished_at) == (
        MailState.SENT, None, None, None, 250, NOON,
    )  # fmt: skip


@pytest.mark.database
def test_a_put_off_mail_waits_longer_each_time_and_is_given_up_after_days(db):
    queued(db)
    now, waits = NOON, []
    while (mail := claim(db, now)) is not None:
        operations.note_outcome(db, mail, PUT_OFF, now=now)
        db.refresh(mail)
        if mail.next_at is not None:
            waits.append(mail.next_at - now)
            now = mail.next_at

    assert (mail, count_states(db)[MailState.FAILED]) == (None, 1)
    assert timedelta(seconds=48) <= waits[0] <= timedelta(seconds=72)
    assert max(waits) <= rules.BACK_OFF_MAX * 1.2
    assert rules.GIVE_UP_AFTER <= now - NOON <= rules.GIVE_UP_AFTER + rules.BACK_OFF_MAX * 1.2
    assert len({round(wait / rules.BACK_OFF_MAX, 4) for wait in waits[-5:]}) > 1


@pytest.mark.database
def test_sweep_mails_calls_uncertain_what_a_dead_worker_had_begun_and_nothing_else(db):
    queued(db, 1)
    queued(db, 2)
    begun = claim(db)

    early = operations.sweep_mails(db, now=NOON + LEASE)
    found = operations.sweep_mails(db, now=NOON + LEASE + timedelta(seconds=1))

    db.refresh(begun)
    assert (early, found, begun.state, begun.address) == (0, 1, MailState.UNCERTAIN, "p1@example.org")
    assert count_states(db)[MailState.QUEUED] == 1
    assert claim(db).person == "stakeholder:2"
    assert claim(db) is None


def test_sweep_mails_wakes_the_worker_where_mails_are_due(database):
    with writing() as db:
        queued(db)
    queue().huey.flush()

    with writing() as db:
        operations.sweep_mails(db, now=NOON)

    assert queue().huey.pending_count() == 1


@pytest.mark.database
def test_an_outcome_that_comes_after_the_sweep_is_believed(db):
    queued(db)
    mail = claim(db)
    operations.sweep_mails(db, now=NOON + LEASE * 2)

    operations.note_outcome(db, mail, SENT, now=NOON + LEASE * 2)

    db.refresh(mail)
    assert mail.state is MailState.SENT


@pytest.mark.database
def test_an_outcome_of_an_earlier_attempt_changes_nothing(db):
    queued(db)
    old = claim(db)
    operations.note_outcome(db, old, PUT_OFF, now=NOON)
    db.expunge(old)
    new = claim(db, NOON + timedelta(hours=1))

    operations.note_outcome(db, old, SENT, now=NOON + timedelta(hours=1))

    db.refresh(new)
    assert (old.attempts, new.attempts, new.state) == (1, 2, MailState.CLAIMED)


def uncertain(db):
    queued(db)
    mail = claim(db)
    operations.note_outcome(db, mail, Outcome(MailState.UNCERTAIN), now=NOON)
    db.refresh(mail)
    return mail


@pytest.mark.database
def test_resend_mail_lets_it_wait_again_under_its_message_id(db):
    mail = uncertain(db)
    message_id = mail.message_id

    operations.resend_mail(db, mail, by=Someone, now=NOON)

    again = claim(db)
    assert (again.id, again.attempts, again.message_id) == (mail.id, 2, message_id)


@pytest.mark.database
@pytest.mark.parametrize(("arrived", "state"), [(True, MailState.SENT), (False, MailState.FAILED)])
def test_settle_mail_ends_it_as_the_person_says(db, arrived, state):
    mail = uncertain(db)

    operations.settle_mail(db, mail, arrived=arrived, by=Someone, now=NOON)

    assert (mail.state, mail.address, mail.parameters) == (state, None, None)


@pytest.mark.parametrize("state", [MailState.QUEUED, MailState.CLAIMED])
def test_check_decide_mail_refuses_a_mail_that_is_not_uncertain(db, state):
    mail = queued(db)
    if state is MailState.CLAIMED:
        claim(db)

    with pytest.raises(rules.MailNotUncertain):
        operations.resend_mail(db, mail, by=Someone, now=NOON)
    with pytest.raises(rules.MailNotUncertain):
        operations.settle_mail(db, mail, arrived=True, by=Someone, now=NOON)


def test_decisions_are_journalled_without_an_address(database):
    with writing() as db:
        operations.resend_mail(db, uncertain(db), by=Someone, now=NOON)

    with reading() as db:
        rows = db.execute(text("SELECT event, actor, codes FROM journal_entry")).all()
    assert [(row.event, row.actor, "@" in str(row.codes)) for row in rows] == [("mail.resent", "staff:7", False)]


@pytest.mark.database
def test_claiming_seeks_in_the_index_however_many_rows_there_are(db):
    done = {"template": "test", "language": "en", "priority": 0, "attempts": 1, "created_at": NOON}
    done |= {"state": MailState.SENT, "finished_at": NOON}
    rows = [{**done, "person": f"stakeholder:{number}", "cause": "round:1"} for number in range(50_000)]
    db.execute(insert(OutboxMail), rows)
    queued(db)
    db.execute(text("ANALYZE outbox_mail"))

    plan = _plan(db, queries.next_due(Priority.SINGLE, NOON))

    assert "ix_outbox_mail_turn" in plan
    assert "Seq Scan" not in plan
    assert "SCAN" not in plan
    assert claim(db).person == "stakeholder:1"
    with statements_of(bound().engine) as done:
        queries.has_uncertain(db)
        queries.list_uncertain(db)
        operations.sweep_mails(db, now=NOON)
    small = ("ix_outbox_mail_uncertain", "ix_outbox_mail_lease_until")  # nearly no mail stands in these
    plans = [_plan_of(db, *one) for one in done if "state" in one[0]]
    assert [any(index in plan for index in small) for plan in plans] == [True] * 3


def _plan_of(db: Session, sql, values) -> str:
    explain = "EXPLAIN QUERY PLAN" if db.get_bind().dialect.name == "sqlite" else "EXPLAIN"
    return "\n".join(str(row) for row in db.connection().exec_driver_sql(f"{explain} {sql}", values))


def _plan(db: Session, query) -> str:
    explain = "EXPLAIN QUERY PLAN" if db.get_bind().dialect.name == "sqlite" else "EXPLAIN"
    compiled = query.compile(db.get_bind(), compile_kwargs={"literal_binds": True})
    return "\n".join(str(row) for row in db.connection().exec_driver_sql(f"{explain} {compiled}"))
