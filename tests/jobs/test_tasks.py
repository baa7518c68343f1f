from datetime import UTC, datetime, timedelta

import pytest

from consult.core.db import reading, writing
from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.jobs import operations
from consult.jobs.models import Task, TaskState
from consult.jobs.queries import find_task
from consult.jobs.queue import Queue, use_queue

NOON = datetime(2027, 3, 14, 12, 0, tzinfo=UTC)
LATER = NOON + operations.LEASE + timedelta(seconds=1)


class FileBroken(Refused):
    message = _l("We cannot read this file.")


@pytest.fixture
def queue(tmp_path):
    """A queue whose one job notes the ids it was given."""
    ran: list[int] = []
    made = Queue("", tmp_path, {"drafts.read": ran.append})
    made.ran = ran
    use_queue(made)
    yield made
    use_queue(None)


def start(db):
    return operations.start_task(db, "drafts.read", owner="staff:7", subject="upload:1", next_url="/x", now=NOON)


def test_start_task_wakes_the_worker_once_kept(database, queue):
    with writing() as db:
        task = start(db)
        assert queue.work_off() == 0

    assert queue.work_off() == 1
    assert queue.ran == [task.id]


def test_start_task_wakes_nobody_when_the_transaction_fails(database, queue):
    with pytest.raises(ZeroDivisionError), writing() as db:
        start(db)
        raise ZeroDivisionError

    assert queue.work_off() == 0


def test_messages_are_json(database, queue):
    queue.wake("drafts.read", 5)

    assert b'{"run": "drafts.read", "ids": [5]}' in queue.huey.storage.dequeue()


def test_a_message_for_an_unknown_job_is_refused(queue):
    with pytest.raises(KeyError):
        queue.wake("os.system", 1)


@pytest.mark.database
def test_claim_task_gives_it_to_one_worker_only(database, queue):
    with writing() as db:
        task = start(db)

    with writing() as db:
        first = operations.claim_task(db, task.id, now=NOON)
        second = operations.claim_task(db, task.id, now=NOON)

    assert first is not None
    assert second is None


@pytest.mark.database
def test_the_sweep_finds_a_task_whose_worker_died(database, queue):
    with writing() as db:
        task = start(db)
    queue.work_off()
    with writing() as db:
        operations.claim_task(db, task.id, now=NOON)

    with writing() as db:
        early = operations.sweep_tasks(db, now=NOON)
    with writing() as db:
        late = operations.sweep_tasks(db, now=LATER)

    assert (early, late) == (0, 1)
    assert queue.work_off() == 1


@pytest.mark.database
def test_a_task_that_stops_its_worker_three_times_is_given_up_with_a_sentence(database, queue):
    with writing() as db:
        task = start(db)
    now = NOON
    for _ in range(4):
        with writing() as db:
            operations.claim_task(db, task.id, now=now)
        now += operations.LEASE + timedelta(seconds=1)

    with reading() as db:
        left = find_task(db, task.ref, "staff:7")
        assert left.state is TaskState.FAILED
        assert "three times" in left.problem["en"]


def test_fail_task_keeps_the_refusal_in_every_language(database, queue):
    with writing() as db:
        task = operations.claim_task(db, start(db).id, now=NOON)
        operations.fail_task(db, task, FileBroken(), now=NOON)

    assert task.problem["en"] == "We cannot read this file."
    assert task.lease_until is None


def test_progress_is_shown_and_holds_the_task(database, queue):
    with writing() as db:
        task = start(db)
        operations.claim_task(db, task.id, now=NOON)
        operations.report_progress(db, task.id, 30, 120, now=LATER)
        db.refresh(task)

    assert task.percent == 25
    assert task.lease_until == LATER + operations.LEASE


def test_expired_tasks_go(database, queue):
    with writing() as db:
        task = operations.claim_task(db, start(db).id, now=NOON)
        operations.finish_task(db, task, now=NOON)

    with writing() as db:
        assert operations.expire_tasks(db, now=NOON) == 0
        assert operations.expire_tasks(db, now=NOON + timedelta(days=8)) == 1
        assert db.query(Task).count() == 0


def test_find_task_shows_another_persons_task_to_nobody(database, queue):
    with writing() as db:
        task = start(db)

        assert find_task(db, task.ref, "staff:8") is None
