"""A run goes in small steps that nothing interrupts for good, once a night however many workers there are."""

import time
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest
from sqlalchemy import event, text

from consult.audit.models import JournalEntry
from consult.core import clock
from consult.core.db import bound, reading, writing
from consult.jobs.queue import queue
from consult.privacy import jobs, operations
from consult.privacy.models import RetentionRun
from tests.mail.workers import kill, settings_file, until, working
from tests.privacy.making import HOUR, NOW, a_bounce, a_leaving, fill_outbox, gone, left_over, over, run
from tests.rounds.test_comments import consultation, open_round, send  # noqa: F401
from tests.support.together import together

# The run itself: killed, twice at once, once a night, a fault in one kind.


class Killed(BaseException):
    """As a power cut: nothing catches it."""


@pytest.mark.database
def test_a_run_that_is_killed_is_found_and_goes_on_where_it_stood(database, monkeypatch):
    fill_outbox(3 * operations.STEP)
    steps, take = [], operations.take_step

    def dies(db, run_id, step, *, now):
        steps.append(step)
        done = take(db, run_id, step, now=now)
        if len(steps) == 2:
            raise Killed  # before its transaction is kept
        return done

    monkeypatch.setattr(operations, "take_step", dies)
    night = NOW.date()
    with pytest.raises(Killed):
        run(night=night)
    monkeypatch.undo()
    standing = left_over()

    found = []
    for later in (timedelta(seconds=30), timedelta(minutes=2)):
        with clock.at(NOW + later):
            with writing() as db:
                found.append(operations.sweep_retention(db, now=clock.now()))
            queue().work_off()

    assert standing == 2 * operations.STEP
    assert found == [0, 1], "while it may still be at work nobody is woken"
    with reading() as db:
        (ended,) = db.query(RetentionRun)
    assert (left_over(), ended.counts["mail_traces"], ended.night) == (0, 3 * operations.STEP, night)


@pytest.mark.database
def test_a_worker_that_is_killed_leaves_its_run_to_the_next(database, settings, sink, tmp_path, monkeypatch):
    monkeypatch.setenv("CONSULT_RETENTION_HOUR", "0")
    file, count = settings_file(settings, sink.port, tmp_path), 30_000
    fill_outbox(count, now=datetime.now(UTC))

    with working(file) as killed:
        until(lambda: left_over() < count, "the first step")
        kill(killed)
    standing = left_over()
    with writing() as db:  # a minute passes
        db.query(RetentionRun).one().stepped_at -= timedelta(minutes=2)
    with working(file):
        until(lambda: left_over() == 0, "the rest")
        until(lambda: last_run().finished_at is not None, "the end")

    assert 0 < standing < count
    assert last_run().counts["mail_traces"] == count


def last_run():
    with reading() as db:
        return db.query(RetentionRun).one()


@pytest.mark.database
def test_two_workers_share_a_run_and_count_each_row_once(database):
    fill_outbox(3 * operations.STEP)
    with clock.at(NOW):
        with writing() as db:
            run_id = operations.begin_run(db, night=None, now=NOW)
        together(lambda: jobs.keep_retention(run_id), lambda: jobs.keep_retention(run_id))

    with reading() as db:
        ended = db.get_one(RetentionRun, run_id)
        assert db.query(JournalEntry).filter_by(event="retention.finished").count() == 1
    assert (left_over(), ended.counts["mail_traces"]) == (0, 3 * operations.STEP)


@pytest.mark.database
def test_a_night_has_one_run_however_many_workers_sweep(database):
    def sweep():
        with writing() as db:
            return operations.sweep_retention(db, now=NOW)

    def at(now):
        with writing() as db:
            return operations.sweep_retention(db, now=now)

    midnight = datetime(2028, 9, 1, tzinfo=UTC)
    early = at(midnight + timedelta(hours=2, minutes=59))
    found = together(sweep, sweep, sweep)
    with clock.at(NOW):
        queue().work_off()

    assert (early, sorted(found)) == (0, [0, 0, 1])
    assert at(NOW + timedelta(hours=11)) == 0
    assert at(midnight + timedelta(days=1, hours=3)) == 1
    with reading() as db:
        assert [one.night.day for one in db.query(RetentionRun).order_by(RetentionRun.id)] == [1, 2]


def test_a_fault_in_one_kind_does_not_keep_the_others(database):
    with writing() as db:
        a_leaving(db, over("leavings") - HOUR, 1)
        bounce = a_bounce(db, over("bounces") - HOUR, 2)
        db.execute(text("CREATE TRIGGER stuck BEFORE DELETE ON bounce BEGIN SELECT RAISE(ABORT, 'stuck'); END"))

    done = run()

    assert (done.failed, done.counts["bounces"], done.counts["leavings"]) == (["bounces"], 0, 1)
    assert not gone("bounces", bounce)


@pytest.mark.database
def test_no_step_over_50000_mails_holds_the_database_for_200_ms(database):
    fill_outbox(50_000)
    began, writers, lasted = {}, set(), []

    def begin(connection, *_):
        began[id(connection)] = time.perf_counter()

    def wrote(connection, _cursor, statement, *_rest):
        if not statement.startswith(("SELECT", "PRAGMA")):
            writers.add(id(connection))

    def commit(connection):
        if id(connection) in writers:
            writers.remove(id(connection))
            lasted.append(time.perf_counter() - began[id(connection)])

    listeners = (("begin", begin), ("before_cursor_execute", wrote), ("commit", commit))
    for name, listener in listeners:
        event.listen(bound().engine, name, listener)
    try:
        done = run()
    finally:
        for name, listener in listeners:
            event.remove(bound().engine, name, listener)

    assert done.counts["mail_traces"] == 50_000
    assert len(lasted) >= 100, "each step was timed"
    # The machine may stop any one of them for a moment; that the work itself is small shows in nearly all.
    assert sorted(lasted)[int(len(lasted) * 0.95)] < 0.2, (median(lasted), max(lasted))
