"""How much one transaction of a long piece of work does."""

import threading

import pytest

from consult.core.db import bound, reading, writing
from consult.jobs.models import Task
from consult.jobs.steps import AIM, LEAST, Steps, in_steps
from tests.core.test_db import a_task
from tests.support.statements import statements_of


def test_a_long_transaction_is_followed_by_a_smaller_one_and_a_short_one_by_a_larger_up_to_the_most():
    steps, taken = Steps(40), []

    for seconds in (4 * AIM, 2 * AIM, AIM / 10, AIM / 10, AIM / 10):
        steps.note(seconds)
        taken.append(steps.rows)

    assert taken == [10, 5, 10, 20, 40]


def test_the_first_may_be_smaller_and_the_next_ones_grow_from_there():
    steps, taken = Steps(40, first=8), []

    for _ in range(4):
        taken.append(steps.rows)
        steps.note(AIM / 10)

    assert taken == [8, 16, 32, 40]


def test_however_long_it_takes_there_is_something_to_do():
    steps = Steps(40)

    steps.note(1_000 * AIM)

    assert steps.rows == LEAST


def test_each_step_is_a_transaction_that_hears_how_much_to_take(database, monkeypatch):
    taken, clock = [], iter([0.0, 0.01, 1.0, 1.01, 2.0, 4.0, 5.0, 5.01])
    monkeypatch.setattr("consult.jobs.steps.time.perf_counter", lambda: next(clock))

    def act(db, rows):
        taken.append(rows)
        db.add(a_task(ref=f"step{len(taken)}"))
        return len(taken) < 4

    assert [round(each, 2) for each in in_steps(act, 400, aim=0.1)] == [0.01, 0.01, 2.0, 0.01]
    assert taken == [100, 200, 400, 100]
    with reading() as db:
        assert db.query(Task).count() == 4


def test_a_step_that_fails_keeps_those_before_it(database):
    done = []

    def act(db, rows):
        db.add(a_task(ref=f"step{len(done)}"))
        done.append(rows)
        if len(done) == 2:
            raise LookupError
        return True

    with pytest.raises(LookupError):
        list(in_steps(act, 40))

    with reading() as db:
        assert [task.ref for task in db.query(Task)] == ["step0"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_plans_are_forgotten_whenever_tables_have_about_doubled(database):
    """Once a transaction would cost a tenth of each, never would read the tables whole by plans of when they were empty."""
    begun = []

    def act(db, rows):
        begun.append(len([sql for sql, _ in done if sql == "DISCARD PLANS"]))
        return len(begun) < 9

    with statements_of(bound().engine) as done:
        list(in_steps(act, 40))

    assert begun == [1, 2, 2, 3, 3, 3, 3, 4, 4]


def test_waiting_for_another_writer_is_not_counted(database):
    holds, done = threading.Event(), threading.Event()

    def hold():
        with writing() as db:
            db.add(a_task(ref="other"))
            db.flush()
            holds.set()
            done.wait(2)

    other = threading.Thread(target=hold)
    other.start()
    holds.wait()
    threading.Timer(1.5, done.set).start()

    (seconds,) = in_steps(lambda db, rows: db.query(Task).count() > 9, 40)

    other.join()
    assert seconds < 1
