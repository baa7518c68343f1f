"""Triggers survive a migration's rebuilding of their table, and children survive their parent's."""

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine

from consult.core import ddl


@pytest.fixture
def family(tmp_path):
    """A parent with a child that goes when the parent goes, and a trigger that guards the parent."""
    engine = create_engine(f"sqlite:///{tmp_path / 'family.db'}")
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE parent (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL)",
            "CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER NOT NULL"
            " REFERENCES parent (id) ON DELETE CASCADE)",
            "CREATE TRIGGER parent_kept BEFORE DELETE ON parent BEGIN SELECT RAISE(ABORT, 'parent_kept'); END",
            "INSERT INTO parent VALUES (1, 'a')",
            "INSERT INTO child VALUES (1, 1)",
        ):
            connection.exec_driver_sql(statement)
    yield engine
    engine.dispose()


def add_column(connection):
    operations = Operations(MigrationContext.configure(connection))
    with operations.batch_alter_table("parent", recreate="always") as table:
        table.add_column(sa.Column("note", sa.String(), nullable=True))


def triggers(connection):
    return [row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")]


def test_rebuild_keeps_triggers_and_children(family):
    with family.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.commit()
        with connection.begin(), ddl.rebuild(connection, "parent"):
            add_column(connection)

        assert triggers(connection) == ["parent_kept"]
        assert connection.exec_driver_sql("SELECT count(*) FROM child").scalar() == 1
        with pytest.raises(sa.exc.IntegrityError, match="parent_kept"):
            connection.exec_driver_sql("DELETE FROM parent")


def test_without_rebuild_the_trigger_would_be_lost(family):
    """The reason for rebuild(): if this ever fails, Alembic has learnt it and rebuild() can go."""
    with family.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.commit()
        with connection.begin():
            connection.exec_driver_sql("DROP TRIGGER parent_kept")
            connection.exec_driver_sql(
                "CREATE TRIGGER parent_kept BEFORE UPDATE ON parent BEGIN SELECT RAISE(ABORT, 'parent_kept'); END"
            )
            add_column(connection)

        assert triggers(connection) == []


def test_rebuild_refuses_to_begin_with_foreign_keys_on(family):
    with family.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        connection.commit()
        with pytest.raises(RuntimeError, match="foreign keys are on"), ddl.rebuild(connection, "parent"):
            add_column(connection)


def test_rebuild_finds_rows_that_point_nowhere(family):
    with family.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.commit()
        with pytest.raises(RuntimeError, match="point nowhere"), connection.begin(), ddl.rebuild(connection, "parent"):
            connection.exec_driver_sql("DELETE FROM parent")

        assert connection.exec_driver_sql("SELECT count(*) FROM parent").scalar() == 1
