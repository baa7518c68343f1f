import threading
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from sqlalchemy import CheckConstraint, create_engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm import Mapped, mapped_column

from consult.audit.models import JournalHead
from consult.core.db import (
    Base,
    UtcDateTime,
    after_commit,
    code_of,
    lock,
    reading,
    refusing,
    take_turn,
    violated,
    writing,
)
from consult.core.refusals import Refused
from consult.jobs.models import Task, TaskState

NOON = datetime(2027, 3, 14, 12, 0, tzinfo=UTC)


def a_task(**changes):
    return Task(
        **{
            "ref": "abc",
            "kind": "k",
            "state": TaskState.WAITING,
            "owner": "staff:1",
            "subject": "x",
            "next_url": "/",
            "created_at": NOON,
            **changes,
        }
    )


class RefTaken(Refused):
    message = "taken"


@pytest.mark.database
def test_writing_keeps_all_or_nothing(database):
    with pytest.raises(ZeroDivisionError), writing() as db:
        db.add(a_task())
        db.flush()
        raise ZeroDivisionError

    with reading() as db:
        assert db.query(Task).count() == 0


def test_whoever_fills_tables_has_more_room_on_every_connection(database):
    def room():
        with reading() as db:
            return [
                db.connection().exec_driver_sql(f"PRAGMA {one}").scalar()
                for one in ("cache_size", "wal_autocheckpoint")
            ]

    before = room()

    database.make_room()

    assert (before, room()) == ([-2000, 1000], [-8000, 3400])


@pytest.mark.database
def test_reading_keeps_nothing(database):
    with writing() as db:
        db.add(a_task())

    with reading() as db:
        db.query(Task).one().kind = "changed"
        db.flush()

    with reading() as db:
        assert db.query(Task).one().kind == "k"


def test_writing_begins_immediate_on_sqlite(database):
    if not database.is_sqlite:
        pytest.skip("about SQLite only")
    with writing() as db:
        db.connection()
        with pytest.raises(DBAPIError, match="locked"), create_engine(database.url).connect() as other:
            other.exec_driver_sql("PRAGMA busy_timeout=1")
            other.exec_driver_sql("BEGIN IMMEDIATE")


@pytest.mark.database
def test_writing_that_looks_first_lets_others_write_and_sees_it_after_its_turn(database):
    with writing() as db:
        db.add(a_task())

    with writing(looks_first=True) as db:
        task = db.query(Task).one()
        with writing() as other:
            other.query(Task).one().kind = "changed"
        before = task.kind
        take_turn(db)
        after = lock(db, task).kind
        db.add(a_task(ref="second"))

    assert (before, after) == ("k", "changed")
    with reading() as db:
        assert db.query(Task).count() == 2


def test_take_turn_begins_immediate_and_keeps_nothing_written_before_it(database):
    with writing(looks_first=True) as db:
        db.add(a_task())
        db.flush()
        take_turn(db)
        with pytest.raises(DBAPIError, match="locked"), create_engine(database.url).connect() as other:
            other.exec_driver_sql("PRAGMA busy_timeout=1")
            other.exec_driver_sql("BEGIN IMMEDIATE")

    with reading() as db:
        assert db.query(Task).count() == 0


def test_a_writer_waits_for_the_one_before_it(database):
    waiting, done = threading.Event(), []

    def write_second():
        waiting.set()
        with writing() as db:
            db.add(a_task(ref="second"))
            done.append(db.query(Task).filter_by(ref="first").count())

    second = threading.Thread(target=write_second)
    with writing() as db:
        db.add(a_task(ref="first"))
        db.flush()
        second.start()
        waiting.wait()
        assert done == []
    second.join()

    assert done == [1]


@pytest.mark.database
def test_instants_are_utc_and_naive_ones_are_refused(database):
    apia = NOON.astimezone(timezone(timedelta(hours=13)))
    with writing() as db:
        db.add(a_task(created_at=apia))

    with reading() as db:
        assert db.query(Task).one().created_at == NOON
        assert db.query(Task).one().created_at.tzinfo is UTC
    with pytest.raises(StatementError, match="naive"), writing() as db:
        db.add(a_task(ref="2", created_at=datetime(2027, 1, 1)))


@pytest.mark.database
def test_an_enum_stores_its_value_and_the_database_knows_no_other(database):
    with writing() as db:
        db.add(a_task())

    with writing() as db:
        assert db.execute(text("SELECT state FROM task")).scalar() == "waiting"
    with pytest.raises(IntegrityError), writing() as db:
        db.execute(text("UPDATE task SET state = 'WAITING'"))


@pytest.mark.database
def test_a_violated_unique_constraint_becomes_its_refusal(database):
    with writing() as db:
        db.add(a_task())

    with pytest.raises(RefTaken), writing() as db, refusing(db, {"uq_task_ref": RefTaken}):
        db.add(a_task())


@pytest.mark.database
@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("UPDATE task SET done = -1", "ck_task_progress_not_negative"),
        ("UPDATE task SET state = 'failed'", "ck_task_failed_says_why"),
        ("INSERT INTO journal_head (id, number, hash, seal) VALUES (2, 1, '', '')", "ck_journal_head_one_head"),
    ],
)
def test_violated_names_the_check(database, sql, name):
    with writing() as db:
        db.add(a_task())

    with pytest.raises(IntegrityError) as caught, writing() as db:
        db.execute(text(sql))

    assert violated(caught.value) == name


def test_after_commit_runs_only_when_kept(database):
    ran = []

    with writing() as db:
        after_commit(db, lambda: ran.append("kept"))
    with pytest.raises(ZeroDivisionError), writing() as db:
        after_commit(db, lambda: ran.append("lost"))
        raise ZeroDivisionError

    assert ran == ["kept"]


def test_every_enum_column_stores_values_and_has_a_check():
    for table in Base.metadata.tables.values():
        for column in table.columns:
            kind = getattr(column.type, "enum_class", None)
            if kind is not None:
                assert issubclass(kind, StrEnum)
                assert column.type.enums == [member.value for member in kind]
                names = {str(c.name) for c in table.constraints if isinstance(c, CheckConstraint)}
                assert any(name.endswith("_known") for name in names), f"{table.name}.{column.name}"


def test_every_instant_column_is_utc():
    assert isinstance(Task.__table__.c.created_at.type, UtcDateTime)
    for table in Base.metadata.tables.values():
        for column in table.columns:
            assert "TIMESTAMP" not in type(column.type).__name__.upper()
            if column.type.python_type is datetime:
                assert isinstance(column.type, UtcDateTime), f"{table.name}.{column.name}"


def test_ids_are_never_a_floating_point_or_text_key():
    class Probe(Base):
        __tablename__ = "probe_of_code_of"
        id: Mapped[int] = mapped_column(primary_key=True)
        state: Mapped[TaskState] = mapped_column(code_of(TaskState))

    assert Probe.__table__.c.state.type.length == 40
    Base.metadata.remove(Probe.__table__)
    assert JournalHead.__table__.c.id.type.python_type is int
