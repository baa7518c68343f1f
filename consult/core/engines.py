"""How each of the two databases is connected to: SQLite's settings and its turns to write, PostgreSQL's arrays."""

import sqlite3
import time
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

BUSY_MS = 30_000  # how long SQLite waits for a lock before it gives up
OFTEN_SECONDS = 1.0  # how long we look for our turn ourselves before that
OFTEN_PAUSE = 0.000_5  # seconds between two looks
# secure_delete: what is deleted is overwritten at once, not when its place is needed again
PRAGMAS = (
    "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", f"busy_timeout={BUSY_MS}",
)  # fmt: skip

# For whoever fills tables. By themselves these are 2 MB and 1,000 pages: a hundred entries with all that finds them change more
# pages than either, so each was read and written several times in a step, and brought into the file after each.
ROOM = ("cache_size=-8000", "wal_autocheckpoint=3400")


def engine_of(url: str) -> Engine:
    """A pool of connections to the database at a URL."""
    return _sqlite(url) if url.startswith("sqlite") else _postgresql(url)


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _set_up(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # we say BEGIN ourselves, see below
        for pragma in PRAGMAS:
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that reads first and writes later cannot wait for its turn in SQLite: it fails. So a writing one
        # takes the turn at its very beginning.
        options = connection.get_execution_options()
        if options.get("glances"):
            return
        if options.get("reads_only") or options.get("looks_first"):
            connection.exec_driver_sql("BEGIN DEFERRED")
        else:
            begin_immediate(connection)

    return engine


def make_room(engine: Engine) -> None:
    """Let connections of SQLite keep more in memory, and bring the log into the file less often. PostgreSQL does both by itself."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _widen(raw: Any, _record: Any) -> None:
        for pragma in ROOM:
            raw.execute(f"PRAGMA {pragma}")

    engine.dispose()  # those that are open have less


def begin_immediate(connection: Connection) -> None:
    """Wait for our turn to write, and begin.

    SQLite's own waiting sleeps longer each time, up to a tenth of a second, and so gives every turn to whoever has just
    had one: two processes were no faster than one. So we look twice a millisecond for a while, and only then wait its way.
    """
    if not is_our_turn(connection.connection.dbapi_connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def is_our_turn(raw: Any) -> bool:
    """Look for a second for our turn to write on SQLite, and begin. False where it did not come: see `begin_immediate`."""
    until = time.monotonic() + OFTEN_SECONDS
    raw.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < until:
            try:
                raw.execute("BEGIN IMMEDIATE")
                return True
            except sqlite3.OperationalError:
                time.sleep(OFTEN_PAUSE)
    finally:
        raw.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    return False


def _postgresql(url: str) -> Engine:
    engine = create_engine(url, pool_pre_ping=True)

    @event.listens_for(engine, "connect")
    def _set_up(raw: Any, _record: Any) -> None:
        from psycopg.types.array import ListBinaryDumper  # an extra: not there where SQLite is the database

        # Written as text, an array costs the client more than the whole statement costs the database: 10 ms for the
        # digests of 300 links, 0.03 ms as it is.
        raw.adapters.register_dumper(list, ListBinaryDumper)

    return engine
