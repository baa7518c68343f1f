"""An upgraded database is the same, statement by statement, as a fresh one; and can go down and up again."""

import pytest
from sqlalchemy import create_engine, inspect, text

from consult.core import migrating
from consult.core.db import Base, Database
from consult.tables import import_all

import_all()


def parts(sql):
    """A CREATE statement without layout: what stands before the bracket, and each column and constraint in it, sorted.

    Alembic writes constraints in another order than SQLAlchemy; the order says nothing.
    """
    head, _, body = " ".join(sql.split()).partition("(")
    if not head.startswith("CREATE TABLE"):
        return (" ".join(sql.split()),)
    found, depth, current = [], 0, ""
    for sign in body.rpartition(")")[0]:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            found.append(current.strip())
            current = ""
        else:
            current += sign
    return (head.strip(), *sorted([*found, current.strip()]))


def shape(engine):
    """Everything that makes up the schema: for SQLite its very statements, for PostgreSQL what its catalogue says."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            rows = connection.exec_driver_sql(
                "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%'"
                " AND tbl_name NOT LIKE 'alembic%' AND sql IS NOT NULL"
            )
            return sorted((row[0], row[1], row[2], parts(row[3])) for row in rows)
        queries = (
            "SELECT 'column', table_name, column_name, data_type || is_nullable || coalesce(character_maximum_length, 0)"
            " FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'alembic%'",
            "SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE 'alembic%'",
            "SELECT 'index', tablename, indexname, indexdef FROM pg_indexes"
            " WHERE schemaname = 'public' AND tablename NOT LIKE 'alembic%'",
            "SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger"
            " WHERE NOT tgisinternal",
        )
        return sorted(tuple(row) for query in queries for row in connection.execute(text(query)))


@pytest.fixture
def empty_url(tmp_path):
    return f"sqlite:///{tmp_path / 'upgraded.db'}"


def test_an_upgraded_database_has_the_same_sql_as_a_fresh_one(tmp_path, empty_url):
    fresh = Database(f"sqlite:///{tmp_path / 'fresh.db'}")
    fresh.create_all()

    migrating.upgrade(empty_url)

    upgraded = create_engine(empty_url)
    assert shape(upgraded) == shape(fresh.engine)
    fresh.close()
    upgraded.dispose()


def test_up_down_up_ends_where_it_began(empty_url):
    migrating.upgrade(empty_url)
    engine = create_engine(empty_url)
    first = shape(engine)

    migrating.downgrade(empty_url, "base")
    left = set(inspect(engine).get_table_names()) - {"alembic_version"}
    migrating.upgrade(empty_url)

    assert left == set()
    assert shape(engine) == first
    engine.dispose()


def test_every_table_is_in_the_migrations(empty_url):
    migrating.upgrade(empty_url)
    engine = create_engine(empty_url)

    assert set(inspect(engine).get_table_names()) - {"alembic_version"} == set(Base.metadata.tables)
    engine.dispose()
