"""The statements that something sends to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from consult.core.db import reading


@contextmanager
def statements_of(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """The statements executed within, with their values: of one executed for many rows, those of the first."""
    done: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, sql: str, values: Any, _context: Any, many: bool) -> None:
        done.append((sql, values[0] if many else values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield done
    finally:
        event.remove(engine, "before_cursor_execute", note)


def plans_of(done: list[tuple[str, Any]]) -> list[tuple[str, str]]:
    """(step, statement) of how SQLite goes about all of them that read or change: more than ten, or what is measured is something else."""
    read = [(sql, values) for sql, values in done if sql.startswith(("SELECT", "UPDATE"))]
    assert len(read) > 10
    with reading() as db:
        return [
            (row[3], sql)
            for sql, values in read
            for row in db.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
        ]
