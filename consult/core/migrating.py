"""Bringing a database to this version's shape by Alembic, with foreign keys asleep and triggers reinstalled."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from consult.core.files import shipped


def config(url: str) -> Config:
    """Alembic's configuration for a database."""
    made = Config()
    made.set_main_option("script_location", str(shipped("migrations") / "main"))
    made.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return made


def upgrade(url: str, revision: str = "head") -> None:
    """Bring a database up to a revision, the newest if not said."""
    command.upgrade(config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Take a database down to a revision; "base" leaves nothing."""
    command.downgrade(config(url), revision)


def has_tables(url: str) -> bool:
    """Whether a database holds an installation already."""
    engine = create_engine(url)
    try:
        return "alembic_version" in inspect(engine).get_table_names()
    finally:
        engine.dispose()


def is_current(url: str) -> bool:
    """Whether a database has this version's shape."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
        return found == ScriptDirectory.from_config(config(url)).get_current_head()
    finally:
        engine.dispose()
