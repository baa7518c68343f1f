"""Hundreds of rows by one statement, and conditions on hundreds of values: alike on both databases."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, StatementError

from consult.core.db import Base, reading, writing
from consult.core.many import insert_many, reserve_ids, update_many
from consult.core.ranges import among, one_of, one_of_keys
from consult.mail.models import MailState, OutboxMail, Priority
from consult.stakeholders.models import THERE, Stakeholder
from consult.stakeholders.operations_merging import merge_stakeholders
from tests.core.test_db import NOON
from tests.stakeholders.test_operations import Dalia, add

OUTBOX = Base.metadata.tables["outbox_mail"]
ONCE = ("person", "cause", "template")


def a_row(number, **changes):
    row = {
        "template": "test", "person": f"stakeholder:{number}", "cause": "round:1", "language": "ar",
        "parameters": {"words": 'a "b", {c}', "number": number}, "address": f"P{number},{{x}}@example.org",
        "state": MailState.QUEUED, "priority": int(Priority.CAMPAIGN), "attempts": 0, "next_at": NOON, "created_at": NOON,
    }  # fmt: skip
    return row | changes


def insert(*rows):
    with writing() as db:
        return insert_many(db, OUTBOX, rows, once=ONCE)


def columns(*names):
    with reading() as db:
        return [tuple(row) for row in db.execute(select(*(OUTBOX.c[name] for name in names)).order_by(OUTBOX.c.id))]


@pytest.mark.database
def test_rows_come_in_as_they_are_and_once(database):
    rows = [a_row(number) for number in range(3)]

    assert insert(*rows[:2]) == 2
    assert insert(*rows) == 1
    assert insert() == 0

    assert columns(*rows[0]) == [tuple(row.values()) for row in rows]


@pytest.mark.database
def test_each_row_gets_its_own_values_and_no_other_changes(database):
    insert(*(a_row(number) for number in range(4)))
    ids = [row[0] for row in columns("id")]

    with writing() as db:
        changes = [
            {"id": ids[0], "reply_code": 250, "address_key": b"\x00a\\", "attempted_at": NOON},
            {"id": ids[2], "reply_code": None, "address_key": None, "attempted_at": None},
            {"id": ids[3], "reply_code": 451, "address_key": b"b", "attempted_at": None},
        ]
        update_many(db, OUTBOX, changes)
        update_many(db, OUTBOX, [])

    assert columns("reply_code", "address_key", "attempted_at") == [
        (250, b"\x00a\\", NOON), (None, None, None), (None, None, None), (451, b"b", None),
    ]  # fmt: skip


@pytest.mark.database
def test_a_column_is_one_of_numbers_or_of_texts_and_of_none_it_is_none(database):
    insert(*(a_row(number) for number in range(5)))
    m = OutboxMail
    ids = [row[0] for row in columns("id")]

    with reading() as db:
        by_id = db.scalars(select(m.id).where(among(m.id, ids[1:4:2])).order_by(m.id)).all()
        by_text = db.scalars(select(m.id).where(one_of(func.lower(m.address), {"p2,{x}@example.org", "none"}))).all()
        others = db.scalars(select(m.id).where(~among(m.id, ids[:4]))).all()
        none = [db.scalars(select(m.id).where(which)).all() for which in (among(m.id, []), one_of(m.address, []))]

    assert (by_id, by_text, others, none) == ([ids[1], ids[3]], [ids[2]], [ids[4]], [[], []])


@pytest.mark.database
def test_a_column_is_one_of_digests_whole_ones_only(database):
    insert(*(a_row(number) for number in range(5)))
    m = OutboxMail
    ids = [row[0] for row in columns("id")]
    digests = [bytes([number]) * 31 + b"\x00" for number in range(5)]
    with writing() as db:
        update_many(db, OUTBOX, [{"id": id_, "address_key": key} for id_, key in zip(ids, digests, strict=True)])

    def found(keys):
        with reading() as db:
            return db.scalars(select(m.id).where(one_of_keys(m.address_key, keys)).order_by(m.id)).all()

    assert found([digests[3], b"x" * 32, digests[1]]) == [ids[1], ids[3]]
    assert found([]) == []
    assert (
        found([digests[0][16:] + digests[1][:16], digests[1][16:] + digests[2][:16]]) == []
    )  # parts that meet make none


@pytest.mark.database
def test_a_digest_of_another_length_is_refused_and_taken_for_no_part_of_others(database):
    with pytest.raises(StatementError, match="32 bytes"), reading() as db:
        db.scalars(select(OutboxMail.id).where(one_of_keys(OutboxMail.address_key, [b"a" * 16, b"a" * 48]))).all()


@pytest.mark.database
def test_rows_that_may_stand_there_twice_are_all_inserted(database):
    remembered = Base.metadata.tables["import_column"]
    with writing() as db:
        assert (
            insert_many(db, remembered, [{"called": "name", "column": "name"}, {"called": "mail", "column": "email"}])
            == 2
        )
    with pytest.raises(IntegrityError), writing() as db:
        insert_many(db, remembered, [{"called": "name", "column": "phone"}])


@pytest.mark.database
def test_reserved_ids_are_new_and_nobody_else_gets_them(database):
    with writing() as db:
        mine = reserve_ids(db, OUTBOX, 3)
        insert_many(db, OUTBOX, [{"id": id_} | a_row(id_) for id_ in mine], once=ONCE)
    insert(a_row(900))
    with writing() as db:
        later = reserve_ids(db, OUTBOX, 2)

    assert len({*mine, *later}) == 5
    assert min(later) > max(row[0] for row in columns("id"))
    assert columns("id")[:3] == [(one,) for one in mine]


@pytest.mark.database
def test_rows_come_in_once_among_those_of_a_kind_only(database):
    kept, gone = add(name="Kept", email="k@org.example"), add(name="Gone", email="g@org.example")
    table = Base.metadata.tables["stakeholder"]
    rows = [
        {
            c.name: f"new{one.id}" if c.name == "ref" else getattr(one, c.name)
            for c in table.columns
            if c.name not in ("id", "merged_into", "merged_at")
        }
        for one in (kept, gone)
    ]
    with writing() as db:
        merge_stakeholders(db, db.get_one(Stakeholder, gone.id), db.get_one(Stakeholder, kept.id), by=Dalia(), now=NOON)

    with writing() as db:
        new = insert_many(db, table, rows, once=("kind", "name_key", "email_key"), among=THERE)

    assert new == 1
    with reading() as db:
        assert db.scalars(select(Stakeholder.name).order_by(Stakeholder.id)).all() == ["Kept", "Gone", "Gone"]
