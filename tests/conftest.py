"""What every test may ask for: settings, a database of its own, the application and a client.

A test marked `database` runs on SQLite and again on PostgreSQL. `db` is for the unit tests of rules, queries and operations;
a test that goes through pages opens `writing()` and `reading()` itself, as the pages do.
"""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from sqlalchemy.orm import Session

import consult
from consult.core import clock, i18n
from consult.core import db as core_db
from consult.core.files import shipped
from consult.core.memory import keep_loaded
from consult.core.settings import Settings, load
from consult.tables import import_all
from tests.custody.making import SETTINGS as SAFE_SETTINGS
from tests.support import postgres
from tests.support.browser import running_browser
from tests.support.memory import memory
from tests.support.quick_passwords import hash_quickly
from tests.support.shared import share_addresses, share_statements, share_templates
from tests.support.sink import Sink
from tests.support.tools import require
from tests.support.world import NOON, World, again, build, keep, restore

# All workers of one run meet in this folder; a variable reaches them, being child processes.
REGIONS = {"regions_file": str(shipped("config") / "regions.example.toml")}
MEETING_PLACE = "TESTS_MEETING_PLACE"
IN_MEMORY = "consult-files-"


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ[MEETING_PLACE] = tempfile.mkdtemp(prefix="consult-tests-")
        if config.getoption("numprocesses", None) and config.option.basetemp is None:
            config.option.basetemp = _folder_in_memory()
    for name in [name for name in os.environ if name.startswith("CONSULT_") and name not in KEPT_VARIABLES]:
        del os.environ[name]  # the settings of whoever runs the tests are none of theirs
    share_statements()
    share_addresses()
    hash_quickly()


def pytest_collection_finish() -> None:
    """What is loaded by now stays: a sixth of a run went into looking through it for what could be thrown away."""
    keep_loaded()
    gc.set_threshold(20_000, 10, 10)


KEPT_VARIABLES = {"CONSULT_REQUIRE_ALL", "CONSULT_SAMPLES"}


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and MEETING_PLACE in os.environ:
        folder = Path(os.environ.pop(MEETING_PLACE))
        postgres.end_shared(folder)
        shutil.rmtree(folder, ignore_errors=True)
        if IN_MEMORY in str(config.option.basetemp):
            shutil.rmtree(config.option.basetemp, ignore_errors=True)


def _folder_in_memory() -> str | None:
    """Where the tests of a run with several workers have their files. Run one test alone to find its files afterwards."""
    place = memory()
    return tempfile.mkdtemp(prefix=IN_MEMORY, dir=place) if place else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_url" in metafunc.fixturenames and metafunc.definition.get_closest_marker("database"):
        metafunc.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="session")
def cluster() -> postgres.Cluster:
    """The PostgreSQL server of this run."""
    return postgres.shared_cluster(Path(require("postgresql")), Path(os.environ[MEETING_PLACE]))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the whole schema and no row."""
    path = tmp_path_factory.mktemp("template") / "consult.db"
    _create_schema(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_template(cluster: postgres.Cluster) -> Iterator[str]:
    """The name of a PostgreSQL database with the whole schema and no row; one a worker, since copying locks it."""
    name = cluster.create()
    _create_schema(cluster.url(name))
    yield name
    cluster.drop(name)


def _create_schema(url: str) -> None:
    import_all()
    database = core_db.Database(url)
    database.create_all()
    database.close()


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database for this test alone, with the schema and no row."""
    if getattr(request, "param", "sqlite") == "sqlite":
        path = tmp_path / "consult.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    cluster: postgres.Cluster = request.getfixturevalue("cluster")
    name = cluster.create(request.getfixturevalue("postgresql_template"))
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture(autouse=True)
def no_language() -> None:
    """No test inherits the language of the one before: a request sets it for its thread, and the next request would set it anew."""
    i18n.forget_language()


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """The defaults, with a data folder and a database of this test's own."""
    own = {"data_folder": str(tmp_path / "data"), "database_url": database_url, "secret_key": "only for tests " * 4}
    return load({**own, **SAFE_SETTINGS, **REGIONS, "undo_minutes": 0}, environ={})


@pytest.fixture
def database(settings: Settings) -> Iterator[core_db.Database]:
    """An installation in use in this process; `writing()` and `reading()` go to its database."""
    started = consult.start(settings)
    yield started
    core_db.bind(None)
    started.close()


@pytest.fixture
def db(database: core_db.Database) -> Iterator[Session]:
    """A session for calling rules, queries and operations directly. Nothing it does is kept, nor journalled: see `writing()`."""
    with Session(database.engine, expire_on_commit=False) as session:
        yield session
        session.rollback()


@pytest.fixture
def app(settings: Settings, database: core_db.Database) -> Flask:
    """The application as it is in use, form tokens included; an exception that nobody handles reaches the test."""
    made = share_templates(consult.create_app(settings))
    made.testing = True
    return made


@pytest.fixture
def guarded_client(app: Flask) -> FlaskClient:
    """A browser without a face, before an application that asks for form tokens: `tests.support.forms.submit` sends them."""
    return app.test_client()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """The same, excused from form tokens."""
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


@pytest.fixture(scope="session")
def grown_world(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> tuple[Path, bytes]:
    """A world (tests.support.world), built once a worker: the folder of its installation, and what stands in it."""
    folder = tmp_path_factory.mktemp("world")
    shutil.copyfile(sqlite_template, folder / "consult.db")
    with _in_use(folder, f"sqlite:///{folder / 'consult.db'}") as app, clock.at(NOON):
        kept = keep(build(app))
    return folder, kept


@pytest.fixture(scope="session")
def grown_on_postgresql(
    tmp_path_factory: pytest.TempPathFactory, cluster: postgres.Cluster, postgresql_template: str
) -> Iterator[tuple[Path, bytes, str]]:
    """The same on PostgreSQL, and the name of its database, of which tests make copies."""
    folder, name = tmp_path_factory.mktemp("world"), cluster.create(postgresql_template)
    with _in_use(folder, cluster.url(name)) as app, clock.at(NOON):
        kept = keep(build(app))
    yield folder, kept, name
    cluster.drop(name)


@pytest.fixture(scope="module")
def world_in_use(
    grown_world: tuple[Path, bytes], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Flask, Path]]:
    """An installation with a copy of that world for the tests of one file: its application, and the database it is put back from."""
    folder = tmp_path_factory.mktemp("world") / "own"
    shutil.copytree(grown_world[0], folder)
    with _in_use(folder, f"sqlite:///{folder / 'consult.db'}") as app:
        yield app, grown_world[0] / "consult.db"


@contextmanager
def _in_use(folder: Path, url: str) -> Iterator[Flask]:
    own = {"data_folder": str(folder / "data"), "database_url": url}
    fixed = {"undo_minutes": 0, "secret_key": "only for tests " * 4, "requests_per_minute": 1_000_000}
    settings = load({**own, **SAFE_SETTINGS, **REGIONS, **fixed}, environ={})
    started = consult.start(settings)
    made = share_templates(consult.create_app(settings))
    made.testing, made.config["WTF_CSRF_ENABLED"] = True, False
    yield made
    core_db.bind(None)
    started.close()


@pytest.fixture
def world(world_in_use: tuple[Flask, Path], grown_world: tuple[Path, bytes]) -> Iterator[World]:
    """The world as it was built, at its noon."""
    app, copy = world_in_use
    restore(copy)
    with clock.at(NOON):
        yield again(grown_world[1], app)


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    """A real SMTP server on loopback that accepts everything until told otherwise."""
    with Sink(tmp_path / "sink") as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; `tests.support.browser.visitor(browser, …)` gives a fresh visitor."""
    with running_browser() as running:
        yield running
