"""Hundreds of rows written by one statement.

SQLite takes row after row at once. PostgreSQL gets each column as one array, or one value: statement by statement it would plan
each row anew, and hundreds of values of their own cost the client more than the statement costs the database.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Table, TextClause, bindparam, cast, column, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import REGCLASS
from sqlalchemy.orm import Session
from sqlalchemy.sql import FromClause

from consult.core.db import rows_touched
from consult.core.ready import Ready

Row = Mapping[str, Any]
COUNTED = {"preserve_rowcount": True}  # of what is inserted SQLAlchemy asks no count by itself


def insert_many(
    db: Session,
    table: Table,
    rows: Sequence[Row],
    *,
    once: Sequence[str] = (),
    among: TextClause | None = None,
) -> int:
    """Insert rows that have the same columns, leaving out those that are there already by the columns `once`, if any are named.

    Where these are one of a kind `among` some rows only, that condition is said too, as their unique index has it.
    Returns how many were new.
    """
    if not rows:
        return 0
    if db.get_bind().dialect.name == "sqlite":
        return rows_touched(_insert(table, tuple(rows[0]), tuple(once), among).run_many(db.connection(), rows))
    given, values = _as_arrays(table, rows)
    all_at_once = postgresql.insert(table).from_select(list(values), select(*values.values()).select_from(given))
    if once:
        all_at_once = all_at_once.on_conflict_do_nothing(index_elements=once, index_where=among)
    return rows_touched(db.connection().execute(all_at_once, execution_options=COUNTED))


def reserve_ids(db: Session, table: Table, count: int) -> list[int]:
    """Ids for rows that are still to be inserted by this transaction: nobody else gets them. Those not used are lost."""
    if db.get_bind().dialect.name == "sqlite":  # one writer at a time: the largest stays the largest until we are done
        first = db.execute(select(func.coalesce(func.max(table.c.id), 0) + 1)).scalar_one()
        return list(range(first, first + count))
    # the name of the sequence is looked up once, not for each of them
    sequence = select(cast(func.pg_get_serial_sequence(table.name, "id"), REGCLASS)).scalar_subquery()
    return list(db.scalars(select(func.nextval(sequence)).select_from(func.generate_series(1, count))))


def update_many(db: Session, table: Table, rows: Sequence[Row]) -> None:
    """Give rows that are known by their `id` other values: each of `rows` has an id and the same columns."""
    if not rows:
        return
    changed = tuple(name for name in rows[0] if name != "id")
    if db.get_bind().dialect.name == "sqlite":
        of = [{"row": row["id"], **{f"to_{name}": row[name] for name in changed}} for row in rows]
        _update(table, changed).run_many(db.connection(), of)
        return
    ids = [row["id"] for row in rows]
    given, values = _as_arrays(table, rows)
    all_at_once = update(table).where(table.c.id == given.c.id, table.c.id.between(min(ids), max(ids)))
    db.connection().execute(all_at_once.values({name: values[name] for name in changed}))


@cache
def _insert(table: Table, columns: tuple[str, ...], once: tuple[str, ...], among: TextClause | None) -> Ready:
    new = sqlite.insert(table)
    return Ready(new.on_conflict_do_nothing(index_elements=once, index_where=among) if once else new, columns)


@cache
def _update(table: Table, changed: tuple[str, ...]) -> Ready:
    values = {name: bindparam(f"to_{name}", type_=table.c[name].type) for name in changed}
    return Ready(update(table).where(table.c.id == bindparam("row")).values(values))


def _as_arrays(table: Table, rows: Sequence[Row]) -> tuple[FromClause, dict[str, ColumnElement[Any]]]:
    """Rows as a table of the database, made of one array a column, and each column's value in it by its name.

    What is the same in all of them, such as the instant, is one value and no array. The first column is always an array.
    """
    arrays, columns, same = list[Any](), list[Any](), dict[str, ColumnElement[Any]]()
    for name, first in rows[0].items():
        of = table.c[name].type
        found = [row[name] for row in rows]
        if arrays and all(one is first for one in found):
            same[name] = cast(bindparam(None, first, type_=of, unique=True), of)
        else:
            arrays.append(bindparam(None, found, type_=postgresql.ARRAY(of, dimensions=1), unique=True))
            columns.append(column(name, of))
    given = func.unnest(*arrays).table_valued(*columns, name="given").render_derived()
    return given, {name: same[name] if name in same else given.c[name] for name in rows[0]}
