"""Alembic's environment of safe: its own head, its own database, always SQLite, one transaction a migration."""

from alembic import context

from consult.safe.database import SafeDatabase
from consult.safe.models import metadata


def run() -> None:
    """Bring the database to the wanted revision."""
    database = SafeDatabase(context.config.get_main_option("sqlalchemy.url") or "")
    with database.writing() as connection:
        # Alembic would make its own table with a rowid; where it finds one it makes none
        connection.exec_driver_sql(
            "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY) WITHOUT ROWID"
        )
        context.configure(connection=connection, target_metadata=metadata, transactional_ddl=False)
        context.run_migrations()


run()
