"""The database: base class, column types, `reading()` and `writing()`, and constraint names turned into refusals."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    Connection,
    DateTime,
    Dialect,
    MetaData,
    Result,
    UniqueConstraint,
    inspect,
    select,
)
from sqlalchemy import Enum as EnumType
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from consult.core import ddl
from consult.core.engines import begin_immediate, engine_of, make_room
from consult.core.refusals import Refused
from consult.core.texts import Texts

CODE_MAX = 40  # characters of a stored enum value
CLEARED_WAITS = 10  # times of BUSY_MS that clearing the disk waits for whoever reads an old state


class UtcDateTime(TypeDecorator[datetime]):
    """An instant in UTC. Refuses naive values, so that no local time slips in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """What is stored: UTC; naive on SQLite, which has no zones. Raises ValueError for a naive value."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive date-time: say which zone it is in")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The instant, aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class TextsType(TypeDecorator[Texts]):
    """A `Texts` in one JSON column."""

    impl = JSON(none_as_null=True)  # None is SQL NULL, so that a CHECK sees it
    cache_ok = True

    def process_bind_param(self, value: dict[str, str] | None, dialect: Dialect) -> dict[str, str] | None:
        """The plain dictionary."""
        return None if value is None else dict(value)

    def process_result_value(self, value: dict[str, str] | None, dialect: Dialect) -> Texts | None:
        """The texts, with their fallback rule."""
        return None if value is None else Texts(value)


def code_of(kind: type[StrEnum]) -> EnumType:
    """The column type of an enum: VARCHAR(40) with the value stored (SQLAlchemy's own default is the name)."""
    return EnumType(
        kind,
        native_enum=False,
        length=CODE_MAX,
        create_constraint=True,
        name=f"{_snake(kind.__name__)}_known",
        values_callable=lambda members: [member.value for member in members],
    )


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Base(DeclarativeBase):
    """Every table. Names of constraints are spelled out, so that a database's complaint can be mapped to a refusal."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: UtcDateTime,
        Texts: TextsType,
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
    }


class Database:
    """One connection pool: SQLite in a file by default, PostgreSQL by its URL."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = engine_of(url)
        # A look needs no transaction of its own: on SQLite no BEGIN, on PostgreSQL autocommit.
        bare = {"glances": True} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        self.glances = self.engine.execution_options(**bare)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    def create_all(self) -> None:
        """Make every table, trigger and index in an empty database: the same as an upgrade from nothing."""
        with self.engine.begin() as connection:
            Base.metadata.create_all(connection)
            ddl.install(connection, Base.metadata)

    def forget_deleted(self) -> None:
        """Let SQLite write its file anew without what was deleted, and cut off the log that still holds it.

        PostgreSQL keeps dead rows until it needs their place, and its own log and backups: docs/operations/data-protection.md.
        Raises RuntimeError where somebody reads an old state for minutes: to be tried again.
        """
        if not self.is_sqlite:
            return
        with self.glances.connect() as connection:
            connection.exec_driver_sql("VACUUM")
            for _ in range(CLEARED_WAITS):
                is_busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
                if not is_busy:
                    return
        raise RuntimeError("the log could not be cut off: somebody reads an old state")

    def make_room(self) -> None:
        """Use more memory for this database, as a process that fills tables does: the worker."""
        make_room(self.engine)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


_bound: Database | None = None


def bind(database: Database | None) -> None:
    """Let `reading()` and `writing()` use a database. One a process."""
    global _bound
    _bound = database


def bound() -> Database:
    """The database in use. Raises RuntimeError before `bind()`."""
    if _bound is None:
        raise RuntimeError("no database: call consult.core.db.bind() first")
    return _bound


@contextmanager
def reading() -> Iterator[Session]:
    """A session that only looks. Nothing it does is kept."""
    engine = bound().engine.execution_options(reads_only=True)
    with Session(engine, expire_on_commit=False, autoflush=False) as db:
        yield db  # closing gives the transaction back; a rollback would make what was read unreadable afterwards


@contextmanager
def glancing() -> Iterator[Connection]:
    """A bare connection for one quick look: what a page asks on every request before it knows whether it must do more.

    Half the cost of a session; statements for it are built once, when their module is loaded.
    """
    with bound().glances.connect() as connection:
        yield connection


@contextmanager
def writing(*, looks_first: bool = False) -> Iterator[Session]:
    """A session whose work is kept, all or nothing, when the block ends; an exception keeps nothing.

    What was registered with `at_end()` runs last inside the transaction (the journal), `after_commit()` after it (the queue).
    One that `looks_first` lets others write until `take_turn()`, before which it must write nothing.
    """
    engine = bound().engine.execution_options(looks_first=True) if looks_first else bound().engine
    with Session(engine, expire_on_commit=False) as db:
        try:
            yield db
            db.flush()
            for act in db.info.pop("at end", []):
                act(db)
            db.commit()
        except BaseException:
            db.rollback()
            raise
        waiting = db.info.pop("after commit", [])
    for wake in waiting:
        wake()


def take_turn(db: Session) -> None:
    """Begin to write, in a session that looked first. What a rule depends on must be read again from here on: `lock()`.

    On PostgreSQL nothing happens: there each statement sees what was kept before it, and rows are locked one by one.
    """
    if db.get_bind().dialect.name != "sqlite":
        return
    connection = db.connection()
    connection.exec_driver_sql("ROLLBACK")  # the look is over; a deferred transaction could not wait for its turn
    begin_immediate(connection)


def at_end(db: Session, act: Callable[[Session], None]) -> None:
    """Do something as the last thing inside the transaction."""
    db.info.setdefault("at end", []).append(act)


def after_commit(db: Session, wake: Callable[[], None]) -> None:
    """Do something once the transaction is kept: wake a worker. It may get lost with the process, so it must not matter."""
    db.info.setdefault("after commit", []).append(wake)


Row = TypeVar("Row", bound=Base)


def lock(db: Session, row: Row) -> Row:
    """Hold a row until the transaction ends, freshly read, because a rule depends on it.

    SQLite has one writer at a time anyway; PostgreSQL locks the row, but not against others that only point at it: a foreign
    key holds its parent too, and whoever waits for that while holding something else would wait for ever.
    """
    db.flush()
    db.refresh(row, with_for_update={"key_share": True} if db.get_bind().dialect.name == "postgresql" else None)
    return row


def hold_id(db: Session, model: type[Row], row_id: int) -> None:
    """Keep the row of an id from being changed until the transaction ends, together with others who hold it so.

    For an act that must not overlap with one that takes `lock()`, but may with its like.
    """
    db.execute(
        select(inspect(model).primary_key[0]).where(inspect(model).primary_key[0] == row_id).with_for_update(read=True)
    )


def lock_id(db: Session, model: type[Row], row_id: int) -> Row:
    """The row of an id, held until the transaction ends. Raises LookupError where there is none."""
    query = select(model).where(inspect(model).primary_key[0] == row_id).with_for_update(key_share=True)
    found = db.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise LookupError(f"{model.__name__} {row_id}")
    return found


@contextmanager
def refusing(db: Session, refusals: Mapping[str, type[Refused]]) -> Iterator[None]:
    """Flush at the end, and turn a violated constraint or a trigger's message into the refusal of its name.

    Raises the Refused; any other database error goes on. The transaction is lost either way: let it end.
    """
    try:
        yield
        db.flush()
    except DBAPIError as problem:
        name = violated(problem)
        if name is not None and name in refusals:
            raise refusals[name] from problem
        raise


def rows_touched(done: Result[Any]) -> int:
    """How many rows an UPDATE or DELETE touched."""
    touched: int = done.rowcount  # type: ignore[attr-defined]  # SQLAlchemy types execute() by its base class
    return touched


def violated(problem: DBAPIError) -> str | None:
    """The name of the constraint or trigger that a database error is about; None for any other error."""
    diagnosis = getattr(problem.orig, "diag", None)
    if diagnosis is not None:
        return diagnosis.constraint_name or None
    message = str(problem.orig)
    if message.startswith("UNIQUE constraint failed: "):
        return _unique_by_columns(message.removeprefix("UNIQUE constraint failed: "))
    if message.startswith("CHECK constraint failed: "):
        return message.removeprefix("CHECK constraint failed: ")
    if isinstance(problem, IntegrityError):
        return message  # RAISE(ABORT, 'name')
    return None


def _unique_by_columns(listed: str) -> str | None:
    """SQLite names the columns, not the constraint: find it. ("index 'name'" where the index is an expression.)"""
    if listed.startswith("index "):
        return listed.removeprefix("index ").strip("'")
    table_name = listed.split(".", 1)[0]
    columns = {part.strip().split(".", 1)[1] for part in listed.split(",")}
    table = Base.metadata.tables.get(table_name)
    if table is None:
        return None
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint) and {c.name for c in constraint.columns} == columns:
            return str(constraint.name)
    for index in table.indexes:
        if index.unique and {c.name for c in index.columns} == columns:
            return str(index.name)
    return None
