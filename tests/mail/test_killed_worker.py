"""A worker that dies at any moment loses no mail and sends none twice; a relay that is silent holds up nothing else."""

import random
import signal
import time
from collections import Counter
from contextlib import ExitStack

import pytest
from sqlalchemy import select

from consult.core import clock
from consult.core.db import reading, writing
from consult.core.files import store
from consult.jobs.models import Task, TaskState
from consult.jobs.operations import start_task
from consult.mail import operations
from consult.mail.models import Mail, MailState, OutboxMail
from consult.stakeholders.models import Basis
from consult.stakeholders.operations_import import begin_import
from tests.mail.workers import all_decided, arrived, counts, kill, settings_file, until, working
from tests.support.told import SHEET


def queue_mails(number):
    mails = [
        Mail("test", f"stakeholder:{n}", "round:1", f"p{n}@example.org", ("en", "ar", "zh")[n % 3])
        for n in range(number)
    ]
    with writing() as db:
        operations.queue_mails(db, mails, now=clock.now())


@pytest.mark.database
def test_of_500_mails_each_is_sent_or_uncertain_and_none_arrives_twice(database, settings, sink, tmp_path):
    file = settings_file(settings, sink.port, tmp_path)
    queue_mails(500)
    kills = 0

    for goal in (60, 170, 280, 390):
        with working(file) as worker:
            until(lambda goal=goal: arrived(sink) >= goal, f"{goal} mails")
            kill(worker)
            kills += 1
    with working(file):
        until(all_decided, "the rest", goes_on=lambda: arrived(sink))

    found, received = counts(), Counter(mail.recipients[0] for mail in sink.received())
    with reading() as db:
        sent = set(db.scalars(select(OutboxMail.person).where(OutboxMail.state == MailState.SENT)))
    assert found[MailState.SENT] + found[MailState.UNCERTAIN] == 500
    assert found[MailState.UNCERTAIN] <= kills
    assert [address for address, times in received.items() if times > 1] == []
    assert {f"p{person.removeprefix('stakeholder:')}@example.org" for person in sent} <= set(received)


@pytest.mark.full
@pytest.mark.database
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("pace", ["", "mail_rate_per_minute = 12000\nmail_rate_per_domain_per_minute = 6000"])
def test_ten_kills_at_any_instant_lose_no_mail_and_double_none(database, settings, sink, tmp_path, workers, pace):
    """One worker or two at once, on PostgreSQL with its queue there as well, with and without a pace to keep."""
    dsn = settings.database_url.replace("+psycopg", "")
    own = f'queue_url = "{dsn}"\n' if dsn.startswith("postgresql") else ""
    file = settings_file(settings, sink.port, tmp_path, own=own + pace)
    number, dice, kills = 2_000, random.Random(f"{workers}{pace}"), 0
    queue_mails(number)

    for _ in range(10):
        before = arrived(sink)
        with ExitStack() as stack:
            running = [stack.enter_context(working(file)) for _ in range(workers)]
            until(lambda before=before: arrived(sink) > before or all_decided(), "the first mail")
            time.sleep(dice.uniform(0, 0.3))
            for worker in running:
                kill(worker)
                kills += 1
    with ExitStack() as stack:
        for _ in range(workers):
            stack.enter_context(working(file))
        until(all_decided, "the rest", goes_on=lambda: arrived(sink))

    found, received = counts(), Counter(mail.recipients[0] for mail in sink.received())
    with reading() as db:
        sent = set(db.scalars(select(OutboxMail.person).where(OutboxMail.state == MailState.SENT)))
    assert (kills, found[MailState.SENT] + found[MailState.UNCERTAIN]) == (10 * workers, number)
    assert found[MailState.UNCERTAIN] <= kills
    assert [address for address, times in received.items() if times > 1] == []
    assert {f"p{person.removeprefix('stakeholder:')}@example.org" for person in sent} <= set(received)


def test_a_mail_in_the_relays_hands_when_the_worker_dies_is_uncertain_and_not_sent_again(
    database, settings, sink, tmp_path
):
    file = settings_file(settings, sink.port, tmp_path)
    sink.set_mode("silent")
    queue_mails(3)
    with working(file) as worker:
        until(lambda: arrived(sink) == 1, "the first mail")
        kill(worker)
    sink.set_mode("accept")

    with working(file):
        until(all_decided, "all three")

    assert (counts()[MailState.UNCERTAIN], counts()[MailState.SENT]) == (1, 2)
    assert len({mail.recipients for mail in sink.received()}) == arrived(sink) == 3


def test_a_worker_that_is_told_to_stop_ends_the_mail_in_hand_and_begins_no_other(database, settings, sink, tmp_path):
    file = settings_file(settings, sink.port, tmp_path)
    queue_mails(500)

    with working(file) as worker:
        until(lambda: arrived(sink) >= 20, "20 mails")
        worker.send_signal(signal.SIGTERM)
        code = worker.wait(20)

    found = counts()
    assert (code, found[MailState.UNCERTAIN], found[MailState.CLAIMED]) == (0, 0, 0)
    assert found[MailState.SENT] == arrived(sink) < 500


def test_a_silent_relay_stops_no_other_work(database, settings, sink, tmp_path):
    file = settings_file(settings, sink.port, tmp_path, lease=300)
    sink.set_mode("silent")
    queue_mails(5)

    with working(file):
        until(lambda: arrived(sink) == 1, "the mail that the relay sits on")
        task_id = start_import()
        until(lambda: task_state(task_id) is TaskState.DONE, "the import beside it")
        held = counts()

    assert (held[MailState.CLAIMED], held[MailState.QUEUED]) == (1, 4)


def test_a_silent_relay_is_given_up_in_time_and_left_alone(database, settings, sink, tmp_path):
    file = settings_file(settings, sink.port, tmp_path, timeout=1, lease=60)
    sink.set_mode("silent")
    queue_mails(5)
    with working(file):
        until(lambda: counts()[MailState.UNCERTAIN] == 2, "two mails given up")
        sink.set_mode("accept")
        until(all_decided, "the rest", goes_on=lambda: arrived(sink))

    assert counts()[MailState.SENT] + counts()[MailState.UNCERTAIN] == 5
    assert max(Counter(mail.recipients for mail in sink.received()).values()) == 1


def test_the_log_names_nobody(database, settings, sink, tmp_path):
    file = settings_file(settings, sink.port, tmp_path)
    queue_mails(2)
    sink.set_mode("refuse")

    with working(file):
        until(all_decided, "two refusals")

    log = (tmp_path / "worker.log").read_text()
    assert "mail 1: failed 550" in log
    assert "@" not in log.replace("@127.0.0.1", "")


class Someone:
    actor = "staff:1"


def start_import():
    """A small list that the worker is to read: any other job would do."""
    key = store().keep(b"name,kind,email\nNetwork,organisation,n@example.org\n", kind="imports")
    with writing() as db:
        made = begin_import(
            db,
            file_name="list.csv",
            file_key=key,
            basis=Basis.CONSENT,
            told=SHEET,
            by=Someone,
            now=clock.now(),
        )
        subject = f"stakeholder_import:{made.id}"
        task = start_task(
            db, "stakeholders.read_list", owner="staff:1", subject=subject, next_url="/x", now=clock.now()
        )
        return task.id


def task_state(task_id):
    with reading() as db:
        return db.get_one(Task, task_id).state
