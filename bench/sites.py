"""Consult as it is measured: an installation in a folder of its own, filled in this process, served like hello."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import consult
from consult.core import db, settings
from consult.tables import import_all
from tests.support import postgres
from tests.support.server import serving
from tests.support.tools import postgres_programs

WORKERS = 2
SECRET = "only for measurements " * 2
NO_BRAKE = 1_000_000_000  # requests a minute: the brake is not what is measured


class DatabaseMissing(RuntimeError):
    """A measurement needs a database that is not installed."""


@contextmanager
def sqlite_site(folder: Path) -> Iterator[settings.Settings]:
    """An empty installation on SQLite, in use in this process: fill it, then `served()`."""
    with _site(folder, f"sqlite:///{folder / 'consult.db'}") as made:
        yield made


@contextmanager
def postgresql_site(folder: Path) -> Iterator[settings.Settings]:
    """The same on a throw-away PostgreSQL that keeps its promises on disk, as one in use does.

    Raises DatabaseMissing where it is not installed.
    """
    programs = postgres_programs()
    if programs is None:
        raise DatabaseMissing("PostgreSQL 15 or newer is not installed (Debian package postgresql)")
    cluster = postgres.start(programs, postgres.DURABLE)
    try:
        with _site(folder, cluster.url(cluster.create())) as made:
            yield made
    finally:
        postgres.stop(cluster)


@contextmanager
def _site(folder: Path, url: str) -> Iterator[settings.Settings]:
    own = {"data_folder": str(folder / "data"), "database_url": url, "secret_key": SECRET}
    made = settings.load({**own, "requests_per_minute": NO_BRAKE}, environ={})
    import_all()
    database = consult.start(made)
    database.create_all()
    try:
        yield made
    finally:
        db.bind(None)
        database.close()


@contextmanager
def served(made: settings.Settings, folder: Path) -> Iterator[str]:
    """The installation under gunicorn, as hello is. Gives its address, without a slash at the end."""
    variables = {
        "CONSULT_DATA_FOLDER": made.data_folder,
        "CONSULT_DATABASE_URL": made.database_url,
        "CONSULT_SECRET_KEY": made.secret_key,
        "CONSULT_REQUESTS_PER_MINUTE": str(made.requests_per_minute),
    }
    with serving("wsgi:app", folder=folder, environment=variables, workers=WORKERS) as address:
        yield address
