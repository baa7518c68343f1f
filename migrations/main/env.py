"""Alembic's environment: one transaction a migration, foreign keys of SQLite off around it, triggers reinstalled at the end."""

from alembic import context
from sqlalchemy import create_engine

from consult.core import ddl
from consult.core.db import Base
from consult.tables import import_all

import_all()


def run() -> None:
    url = context.config.get_main_option("sqlalchemy.url")
    engine = create_engine(url)
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if sqlite:
            # Only outside a transaction does this do anything: a table is changed by copy, drop and rename.
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            connection.commit()
        context.configure(connection=connection, target_metadata=Base.metadata, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
        at_head = context.get_context().get_current_revision() == context.script.get_current_head()
        if at_head:
            ddl.reinstall(connection, Base.metadata)
        connection.commit()
    engine.dispose()


run()
