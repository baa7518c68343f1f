"""Nothing in the schema or the source could tell who, when or in what order: the columns and the words are looked at.

Safeguards: `sqlite_with_rowid=False` in consult/safe/models.py and migrations/safe; taking it out of one table fails here.
"""

import ast
import re

import pytest
from sqlalchemy import Date, DateTime, Time, create_engine, inspect, text

from consult.core import crypto
from consult.safe import models
from consult.safe.database import SafeDatabase
from tests.support.server import ROOT

SOURCES = sorted((ROOT / "consult" / "safe").glob("*.py"))
# What could tell who asks or when, or would write what somebody typed into a log.
FORBIDDEN = re.compile(
    r"remote_addr|user_agent|access_route|current_user|datetime\.now|datetime\.utcnow|time\.localtime|request\.cookies"
    r"|getLogger|\blog\.(?:debug|info|warning|error|exception)\(|request\.environ\[|REMOTE_ADDR"
)


@pytest.fixture
def tables(house):
    with house.database.reading() as db:
        return dict(db.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).all())


def test_no_table_has_rowids(tables):
    assert [name for name, sql in tables.items() if "WITHOUT ROWID" not in sql] == []


def test_no_column_holds_a_time_a_serial_number_or_a_pointer(house):
    for table in models.metadata.tables.values():
        assert not table.foreign_keys
        assert not [column for column in table.columns if isinstance(column.type, DateTime | Date | Time)]
    with house.database.reading() as db:
        everything = " ".join(db.scalars(text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"))).upper()
    for word in ("AUTOINCREMENT", "REFERENCES", "CURRENT_TIMESTAMP", "DATETIME", "TRIGGER", "INDEX"):
        assert word not in everything


def test_the_rows_of_acts_have_these_columns_and_no_more():
    assert list(models.receipt.c.keys()) == ["id", "consultation", "cell"]
    assert list(models.spool.c.keys()) == ["id", "consultation", "inclusion", "sealed"]


def test_an_upgraded_database_is_what_the_models_say(tables):
    fresh = create_engine("sqlite://")
    models.metadata.create_all(fresh)
    with fresh.connect() as db:
        wanted = dict(db.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).all())

    tables.pop("alembic_version")
    assert {name: " ".join(sql.split()) for name, sql in tables.items()} == {
        name: " ".join(sql.split()) for name, sql in wanted.items()
    }
    assert set(inspect(fresh).get_table_names()) == set(tables)


def test_migrations_go_down_and_up_again(tmp_path):
    from alembic import command

    from consult.safe.database import config

    database = SafeDatabase(f"sqlite:///{tmp_path / 'safe.db'}")
    database.upgrade()
    command.downgrade(config(database.url), "base")
    assert inspect(database.engine).get_table_names() == ["alembic_version"]
    database.upgrade()
    assert set(inspect(database.engine).get_table_names()) == {*models.metadata.tables, "alembic_version"}


@pytest.mark.parametrize(
    ("table", "row"),
    [
        (models.receipt, {"id": bytes(15), "consultation": "upr", "cell": crypto.blank_cell()}),
        (models.receipt, {"id": bytes(16), "consultation": "upr", "cell": bytes(4095)}),
        (models.spool, {"id": bytes(17), "consultation": "upr", "inclusion": bytes(32), "sealed": b""}),
        (models.spool, {"id": bytes(16), "consultation": "upr", "inclusion": bytes(31), "sealed": b""}),
    ],
)
def test_a_row_of_another_shape_is_refused_by_the_database(house, table, row):
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError), house.database.writing() as db:
        db.execute(table.insert().values(**row))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_source_asks_who_or_when(path):
    """Safeguard: the list TOLD in consult/safe/wrapper.py; this keeps the words themselves away."""
    found = [line for line in path.read_text("utf-8").splitlines() if FORBIDDEN.search(line)]
    if path.name in ("self_check.py", "scanning.py", "trial.py"):
        found = [line for line in found if "datetime.now(UTC)" not in line]  # not of an installation in use
    assert found == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_nothing_is_printed_or_logged_but_the_place_of_a_fault(path):
    if path.name in ("commands.py", "places.py", "gunicorn_parts.py"):
        return  # the command line; the one place that says faults; and gunicorn's
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            assert not re.search(r"^print$|\.write$|\.warn$", name) or "target" in name or path.name == "scanning.py", (
                name
            )


def test_the_lint_would_see_what_it_forbids():
    for words in ("request.remote_addr", "datetime.now()", 'log.info("%s", text)', "request.user_agent"):
        assert FORBIDDEN.search(words)


def test_the_process_of_safe_never_loads_main(tmp_path):
    import subprocess
    import sys

    from tests.safe.conftest import set_up_trial, trial_settings

    settings = trial_settings(tmp_path)
    set_up_trial(settings, "upr")
    script = (
        "import sys, consult.safe_main\n"
        "print(sorted(name for name in sys.modules if name.startswith('consult.') and name.split('.')[1] not in"
        " ('core', 'safe', 'safe_main')))"
    )
    environ = {"SAFE_DATA_FOLDER": settings.data_folder, "SAFE_RUNTIME_FOLDER": settings.runtime_folder}
    said = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "[]"
