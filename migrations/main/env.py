"""Alembic's environment: one transaction a migration, foreign keys of SQLite off around it, triggers reinstalled at the end."""

from typing import Any

from alembic import context
from sqlalchemy import create_engine

from consult.core import ddl
from consult.core.db import Base, TextsType, UtcDateTime
from consult.tables import import_all

import_all()


def render(kind: str, thing: Any, autogenerate: Any) -> str | bool:
    """A migration names plain types, so that it stays true when ours change."""
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, TextsType):
        return "sa.JSON()"
    return False


def run() -> None:
    """Bring the database to the wanted revision."""
    engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "")
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # Only outside a transaction does this do anything: a table is changed by copy, drop and rename.
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            connection.commit()
        context.configure(
            connection=connection, target_metadata=Base.metadata, transaction_per_migration=True, render_item=render
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
        revision = context.get_context().get_current_revision()
        if revision is not None and revision == context.script.get_current_head():
            ddl.reinstall(connection, Base.metadata)
        connection.commit()
    engine.dispose()


run()
