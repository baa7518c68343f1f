"""Statements that are made once and then run on the driver's own connection, for what fifty thousand wait for one after the other.

SQLAlchemy looks up, binds and wraps anew at every run, which takes several times as long as the statement itself. Here only its
text and the conversion of its values are kept. So a ready statement gives what the driver gives: it returns no instants and no
JSON, and it writes what has no default of SQLAlchemy's own.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, CursorResult, Dialect, Select, UpdateBase
from sqlalchemy.sql.compiler import SQLCompiler

from consult.core.db import bound
from consult.core.engines import is_our_turn

Statement = UpdateBase | Select[Any]


@dataclass(frozen=True, slots=True)
class Noting:
    """The driver's connection in a transaction, for ready statements."""

    raw: Any
    dialect: Dialect


@contextmanager
def noting() -> Iterator[Noting]:
    """A transaction of ready statements, kept all or nothing when the block ends: no rows as objects, no journal, no queue.

    A fraction of the cost of `writing()`.
    """
    engine = bound().engine
    pooled = engine.raw_connection()
    try:
        raw: Any = pooled.dbapi_connection
        if bound().is_sqlite and not is_our_turn(raw):  # psycopg begins by itself
            raw.execute("BEGIN IMMEDIATE")
        yield Noting(raw, engine.dialect)
        pooled.commit()
    except BaseException:
        pooled.rollback()
        raise
    finally:
        pooled.close()  # back to the pool


class Ready:
    """A statement whose values all have names. Made for a dialect when it is first run there.

    Of an INSERT `columns` says which values are given.
    """

    def __init__(self, statement: Statement, columns: Sequence[str] | None = None) -> None:
        self.statement, self.columns = statement, columns
        self._made: dict[str, _Made] = {}

    def run(self, noting: Noting, values: dict[str, Any]) -> Any:
        """Run it. Returns the driver's cursor."""
        made = self._made_for(noting.dialect)
        return noting.raw.execute(made.text, made.bound(values))

    def run_many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> CursorResult[Any]:
        """Run it once for each row, in a transaction of SQLAlchemy's, with its errors. The result knows how many rows it touched.

        Only where the driver takes its values in order, as SQLite's does.
        """
        made = self._made_for(connection.dialect)
        return connection.exec_driver_sql(
            made.text, made.bound_rows(rows), execution_options={"preserve_rowcount": True}
        )

    def _made_for(self, dialect: Dialect) -> "_Made":
        made = self._made.get(dialect.name)
        if made is None:
            made = self._made[dialect.name] = _Made(self.statement, dialect, self.columns)
        return made


class _Made:
    """The text of a statement in one dialect, and how its values are converted."""

    def __init__(self, statement: Statement, dialect: Dialect, columns: Sequence[str] | None) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=columns)
        assert isinstance(compiled, SQLCompiler), "a statement, not a table"
        assert not compiled.prefetch, "a column has a default of SQLAlchemy's own: say its value"
        self.text = str(compiled)
        self._fixed: dict[str, Any] = {}
        self._given: dict[str, Callable[[Any], Any] | None] = {}
        for name, bind in compiled.binds.items():
            convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if bind.required:  # bindparam("…"): whoever runs it says what it is
                self._given[name] = convert
            else:
                value = bind.effective_value
                self._fixed[name] = convert(value) if convert is not None else value
        self._order = compiled.positiontup if compiled.positional else None

    def bound(self, values: dict[str, Any]) -> Any:
        """The values as the driver takes them: by name, or in order."""
        known = self._fixed | {
            name: values[name] if convert is None else convert(values[name]) for name, convert in self._given.items()
        }
        return known if self._order is None else [known[name] for name in self._order]

    def bound_rows(self, rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        """The values of each row in order. What stands in one row after the other, such as an instant, is converted once."""
        assert self._order is not None, "this driver takes values by name"
        return list(zip(*(self._column(name, rows) for name in self._order), strict=True))

    def _column(self, name: str, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        if name in self._fixed:
            return [self._fixed[name]] * len(rows)
        convert = self._given[name]
        if convert is None:
            return [row[name] for row in rows]
        found, before, made = list[Any](), object(), None
        for row in rows:
            value = row[name]
            if value is not before:
                before, made = value, convert(value)
            found.append(made)
        return found
