import multiprocessing

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consult.audit import record
from consult.audit.models import JournalEntry, JournalReason
from consult.audit.operations import use_key, verify
from consult.core import db as database_module
from consult.core.db import Database, reading, violated, writing


class Dalia:
    actor = "staff:7"


def write_three():
    for number in range(3):
        with writing() as db:
            record(db, "round.opened", by=Dalia(), round=number)


def findings():
    with reading() as db:
        return [(finding.number, finding.problem) for finding in verify(db)]


def tamper(database, *statements):
    """Do what someone with the database password can: take the triggers away, then change rows."""
    with database.engine.begin() as connection:
        if database.is_sqlite:
            for name in ("update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER journal_never_changes_{name}")
        else:
            connection.exec_driver_sql("ALTER TABLE journal_entry DISABLE TRIGGER ALL")
        for statement in statements:
            connection.execute(text(statement))


@pytest.mark.database
def test_record_writes_numbered_entries_that_verify_finds_whole(database):
    write_three()

    with reading() as db:
        rows = [(e.number, e.event, e.actor, e.codes) for e in db.query(JournalEntry).order_by(JournalEntry.number)]
    assert rows == [(n + 1, "round.opened", "staff:7", {"round": n}) for n in range(3)]
    assert findings() == []


@pytest.mark.database
def test_record_is_lost_with_its_transaction(database):
    with pytest.raises(ZeroDivisionError), writing() as db:
        record(db, "round.opened", by=None)
        raise ZeroDivisionError

    with reading() as db:
        assert db.query(JournalEntry).count() == 0


@pytest.mark.parametrize("code", ["Anna Tui", "anna@example.org", "line\nbreak", "x" * 121])
def test_record_takes_no_text_and_no_address(database, code):
    with pytest.raises(ValueError, match="no code"), writing() as db:
        record(db, "round.opened", by=None, who=code)


@pytest.mark.database
@pytest.mark.parametrize("statement", ["UPDATE journal_entry SET event = 'x'", "DELETE FROM journal_entry"])
def test_the_database_refuses_to_change_an_entry(database, statement):
    write_three()

    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text(statement))

    assert violated(caught.value) == "journal_never_changes"


@pytest.mark.database
def test_verify_finds_an_edit(database):
    write_three()
    tamper(database, "UPDATE journal_entry SET actor = 'staff:8' WHERE number = 2")

    assert (2, "was edited") in findings()


@pytest.mark.database
def test_verify_finds_a_deletion_in_the_middle(database):
    write_three()
    tamper(database, "DELETE FROM journal_entry WHERE number = 2")

    assert findings() == [(2, "entries 2 to 2 are missing")]


@pytest.mark.database
def test_verify_finds_the_end_cut_off(database):
    write_three()
    tamper(database, "DELETE FROM journal_entry WHERE number = 3")

    assert findings() == [(3, "entries 3 to 3 are missing")]


@pytest.mark.database
def test_verify_finds_a_reordering(database):
    write_three()
    tamper(
        database,
        "UPDATE journal_entry SET number = 99 WHERE number = 1",
        "UPDATE journal_entry SET number = 1 WHERE number = 2",
        "UPDATE journal_entry SET number = 2 WHERE number = 99",
    )

    assert {number for number, _ in findings()} >= {1, 2}


@pytest.mark.database
def test_verify_finds_a_head_that_another_key_sealed(database):
    write_three()
    use_key(b"k" * 32)

    assert (3, "the seal over the newest entry is not ours") in findings()


@pytest.mark.database
def test_a_reason_can_be_erased_and_the_chain_stays_whole(database):
    with writing() as db:
        record(db, "comment.redacted", by=Dalia(), reason="names a third person")

    with writing() as db:
        db.execute(text("UPDATE journal_reason SET text = NULL"))

    assert findings() == []


@pytest.mark.database
@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("UPDATE journal_reason SET text = 'another'", "journal_reason_only_erased"),
        ("UPDATE journal_reason SET salt = 'x', text = NULL", "journal_reason_kept"),
        ("DELETE FROM journal_reason", "journal_reason_kept"),
    ],
)
def test_the_database_lets_a_reason_only_be_erased(database, statement, name):
    with writing() as db:
        record(db, "comment.redacted", by=Dalia(), reason="names a third person")

    with pytest.raises(DBAPIError) as caught, writing() as db:
        db.execute(text(statement))

    assert violated(caught.value) == name


def test_verify_finds_an_edited_reason(database):
    with writing() as db:
        record(db, "comment.redacted", by=Dalia(), reason="names a third person")
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS journal_reason_only_erased_update")
        connection.execute(text("UPDATE journal_reason SET text = 'another'"))

    assert findings() == [(1, "its reason was edited")]


def write_many(url, barrier, count):
    own = Database(url)
    database_module.bind(own)
    barrier.wait()
    for number in range(count):
        with writing() as db:
            record(db, "round.opened", by=None, n=number)
    own.close()


@pytest.mark.database
def test_four_processes_at_once_write_one_whole_chain(database):
    use_key(bytes(32))
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(4)
    url = database.engine.url.render_as_string(hide_password=False)
    processes = [context.Process(target=write_many, args=(url, barrier, 25)) for _ in range(4)]

    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    with reading() as db:
        assert db.query(JournalEntry).count() == 100
        assert db.query(JournalReason).count() == 0
    assert findings() == []
