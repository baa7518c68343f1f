"""Ready statements: the same values and the same all or nothing as SQLAlchemy's own way, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import bindparam, select, update

from consult.core.db import reading, writing
from consult.core.ready import Ready, noting
from consult.jobs.models import Task, TaskState
from tests.core.test_db import NOON, a_task

_t = Task.__table__.c
END = Ready(
    update(Task.__table__)
    .where(_t.ref == bindparam("which"), _t.created_at <= bindparam("at"))
    .values(state=TaskState.DONE, lease_until=None, finished_at=bindparam("at"))
)
REFS = Ready(select(_t.ref).where(_t.state == TaskState.DONE, _t.finished_at == bindparam("at")))


def add_task():
    with writing() as db:
        db.add(a_task())


@pytest.mark.database
def test_instants_and_codes_are_written_and_found_as_sqlalchemy_writes_and_finds_them(database):
    add_task()

    with noting() as notes:
        END.run(notes, {"which": "abc", "at": NOON})
        assert REFS.run(notes, {"at": NOON}).fetchall() == [("abc",)]
        assert REFS.run(notes, {"at": NOON + timedelta(microseconds=1)}).fetchall() == []

    with reading() as db:
        task = db.query(Task).filter(Task.finished_at == NOON).one()
        assert (task.state, task.finished_at, task.lease_until) == (TaskState.DONE, NOON, None)


@pytest.mark.database
def test_what_fails_keeps_nothing_and_gives_the_connection_back(database):
    add_task()

    with pytest.raises(LookupError), noting() as notes:
        END.run(notes, {"which": "abc", "at": NOON})
        raise LookupError

    with noting() as notes:
        assert REFS.run(notes, {"at": NOON}).fetchall() == []
    with reading() as db:
        assert db.query(Task).one().state is TaskState.WAITING


def test_a_value_that_is_missing_is_an_error_and_not_null(database):
    with pytest.raises(KeyError), noting() as notes:
        END.run(notes, {"which": "abc"})


def test_a_default_of_sqlalchemys_own_is_no_part_of_a_ready_statement(database):
    one = Ready(Task.__table__.insert(), ["ref"])

    with pytest.raises(AssertionError), writing() as db:
        one.run_many(db.connection(), [{"ref": "abc"}])
