"""Safe's database: SQLite on one machine, set up so that nothing deleted stays and nothing in it tells an order.

Source: reference safe.md 3.1. Each pragma is there because its absence was seen to leave something behind.
"""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, inspect

from consult.core.engines import begin_immediate
from consult.core.files import shipped

PRAGMAS = (
    "journal_mode=TRUNCATE",  # with WAL, deleted text stayed in the -wal file
    "synchronous=FULL",
    "secure_delete=ON",  # FAST would leave free pages as they were
    "temp_store=MEMORY",
    "busy_timeout=30000",
)
BACKUPS_KEPT = 2


class SafeDatabase:
    """The one file. Nothing connects before gunicorn has forked: no connection is shared across processes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.path = Path(url.removeprefix("sqlite:///"))
        self.engine = _engine(url)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: all of it or nothing. It takes its turn at the beginning."""
        with self.engine.connect() as db:
            begin_immediate(db)
            try:
                yield db
            except BaseException:
                db.exec_driver_sql("ROLLBACK")
                raise
            db.exec_driver_sql("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A look: no transaction, nothing written."""
        with self.engine.connect() as db:
            yield db

    def tidy(self) -> None:
        """Lay every row where its key says: where a page was free tells what came before what."""
        with self.engine.connect() as db:
            db.exec_driver_sql("VACUUM")

    def upgrade(self) -> None:
        """Bring the file to this version's shape; makes it, readable by its owner only, where there is none."""
        self.path.touch(mode=0o600)
        command.upgrade(config(self.url), "head")

    def is_there(self) -> bool:
        """Whether the file holds the tables."""
        return self.path.exists() and "alembic_version" in inspect(self.engine).get_table_names()

    def back_up(self, folder: Path, number: int) -> Path:
        """A copy in the order of keys, readable by its owner only. Returns where it lies.

        Only the release calls this: a copy at another time would tell what came meanwhile.
        """
        target, half = folder / f"safe-{number:06d}.db", folder / ".half"
        half.unlink(missing_ok=True)
        with closing(sqlite3.connect(self.path, isolation_level=None)) as raw:
            raw.execute("PRAGMA temp_store=MEMORY")
            raw.execute("VACUUM INTO ?", (str(half),))
        half.chmod(stat.S_IRUSR | stat.S_IWUSR)
        half.replace(target)
        for old in sorted(folder.glob("safe-*.db"))[:-BACKUPS_KEPT]:
            overwrite(old)
        return target


def overwrite(path: Path) -> None:
    """Remove a file after filling it with zeros: as far as a file system lets one."""
    with path.open("r+b") as target:
        target.write(bytes(path.stat().st_size))
        target.flush()
        os.fsync(target.fileno())
    path.unlink()


def _engine(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _set_up(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # we say BEGIN ourselves
        for pragma in PRAGMAS:
            raw.execute(f"PRAGMA {pragma}")

    return engine


def config(url: str) -> Config:
    """Alembic's configuration for safe's own head."""
    made = Config()
    made.set_main_option("script_location", str(shipped("migrations") / "safe"))
    made.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return made
