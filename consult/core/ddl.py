"""Triggers and indexes that SQLAlchemy cannot express, declared beside their model for both databases.

`install()` writes them into a database. `rebuild()` lets a migration change a table of SQLite without losing any of them:
Alembic's own batch mode drops triggers silently and cascades deletes while it copies. Source: DESIGN section 4.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Index, MetaData, text


@dataclass(frozen=True, slots=True)
class Ddl:
    """One named trigger or index of a table, with its statements for each dialect."""

    table: str
    name: str
    sqlite: tuple[str, ...]
    postgresql: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Refusal:
    table: str
    name: str
    when: str
    allow: tuple[str, ...]
    delete_too: bool


_declared: dict[str, Ddl] = {}
_refusals: dict[str, _Refusal] = {}


def ddl(table: str, name: str, *, sqlite: tuple[str, ...], postgresql: tuple[str, ...]) -> None:
    """Declare the statements that make one trigger or index, beside the model whose table it guards."""
    _declared[name] = Ddl(table, name, sqlite, postgresql)


def index_of_some(name: str, said: str, *columns: str, unique: bool = False) -> Index:
    """An index of those rows of which a column is said: the others, which may be nearly all, are not written into it."""
    where = text(f"{said} IS NOT NULL")
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


def refuse_change(
    table: str, name: str, *, when: str = "", allow: tuple[str, ...] = (), delete_too: bool = True
) -> None:
    """Declare triggers that refuse to change or delete a row; only the columns in `allow` may still be set.

    `when` limits it to rows for which a condition holds ("old.state = 'published'", or an EXISTS about another table). The
    database's message is `name`, which operations map to a Refused. The columns are read when installed, so a column added later
    is guarded too.
    """
    _refusals[name] = _Refusal(table, name, when or "1 = 1", allow, delete_too)


ACTS = ("INSERT", "UPDATE", "DELETE")


def refuse_change_of_part(
    table: str, name: str, *, parent: str, via: str, when: str, acts: tuple[str, ...] = ACTS
) -> None:
    """Declare triggers that refuse to add, change or delete a row whose parent is finished, or some of these `acts`.

    `via` is the column that holds the parent's id, `when` a condition on the parent's columns ("state = 'published'").
    """
    found = f'EXISTS (SELECT 1 FROM "{parent}" WHERE id = {{row}}."{via}" AND {when})'
    no = f"BEGIN SELECT RAISE(ABORT, '{name}'); END"
    lite = [
        f'CREATE TRIGGER {name}_{act.lower()} BEFORE {act} ON "{table}" WHEN {found.format(row=row)} {no}'
        for act, row in zip(ACTS, ("new", "old", "old"), strict=True)
        if act in acts
    ]
    pg = (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF TG_OP <> 'INSERT' THEN IF {found.format(row='old')} THEN"
        f" RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation', CONSTRAINT = '{name}'; END IF; END IF;"
        f" IF TG_OP = 'INSERT' THEN IF {found.format(row='new')} THEN"
        f" RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation', CONSTRAINT = '{name}'; END IF; END IF;"
        " IF TG_OP = 'DELETE' THEN RETURN old; END IF; RETURN new; END $$",
        f'CREATE TRIGGER {name} BEFORE {" OR ".join(acts)} ON "{table}" FOR EACH ROW EXECUTE FUNCTION {name}()',
    )
    ddl(table, name, sqlite=tuple(lite), postgresql=pg)


def refuse_when(table: str, name: str, *, before: str, when: str, says: str = "") -> None:
    """Declare a trigger that refuses an INSERT or UPDATE for which a condition holds, in words that both databases know."""
    message = says or name
    asked, at_once = _asked_and_at_once(when)
    ddl(
        table,
        name,
        sqlite=(
            f"CREATE TRIGGER {name} BEFORE {before} ON \"{table}\" WHEN {when} BEGIN SELECT RAISE(ABORT, '{message}'); END",
        ),
        postgresql=(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {asked} THEN"
            f" RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation', CONSTRAINT = '{message}'; END IF;"
            " RETURN new; END $$",
            f'CREATE TRIGGER {name} BEFORE {before} ON "{table}" FOR EACH ROW WHEN ({at_once}) EXECUTE FUNCTION {name}()',
        ),
    )


def _asked_and_at_once(when: str) -> tuple[str, str]:
    """A trigger's condition for PostgreSQL: what its function asks, and what its WHEN does, which takes no subquery.

    What can stand in WHEN costs a tenth of a function that is called for each row.
    """
    return (when, "TRUE") if "SELECT" in when else ("TRUE", when)


def refuse_row_when(table: str, name: str, *, when: str) -> None:
    """Declare triggers that refuse a row for which a condition holds, whether it is added or changed."""
    for act in ("INSERT", "UPDATE"):
        refuse_when(table, f"{name}_{act.lower()}", before=act, when=when, says=name)


def keep_derived(table: str, name: str, *, after: str, do: tuple[str, ...], when: str = "") -> None:
    """Declare a trigger that keeps rows derived from a table, whoever changes it: in the same transaction, so never wrong.

    `after` is one event ("INSERT", "UPDATE OF withdrawn_at", "DELETE"), `do` the statements, of words that both databases know.
    """
    body = "; ".join(do)
    lite = f" WHEN {when}" if when else ""
    pg = f" WHEN ({when})" if when else ""
    ddl(
        table,
        name,
        sqlite=(f'CREATE TRIGGER {name} AFTER {after} ON "{table}"{lite} BEGIN {body}; END',),
        postgresql=(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {body}; RETURN NULL; END $$",
            f'CREATE TRIGGER {name} AFTER {after} ON "{table}" FOR EACH ROW{pg} EXECUTE FUNCTION {name}()',
        ),
    )


def _spelled_out(refusal: _Refusal, metadata: MetaData) -> Ddl:
    columns = [c.name for c in metadata.tables[refusal.table].columns if c.name not in refusal.allow]
    name, table, when = refusal.name, refusal.table, refusal.when
    lite_changed = " OR ".join(f'old."{c}" IS NOT new."{c}"' for c in columns)
    # A JSON column has no equality in PostgreSQL: compare every value as text.
    pg_changed = " OR ".join(f'old."{c}"::text IS DISTINCT FROM new."{c}"::text' for c in columns)
    no = f"SELECT RAISE(ABORT, '{name}')"
    # A condition about another table is asked of the rows that do change only.
    asked, at_once = _asked_and_at_once(when)
    both = f"({lite_changed}) AND ({when})" if "SELECT" in when else f"({when}) AND ({lite_changed})"
    lite = [f'CREATE TRIGGER {name}_update BEFORE UPDATE ON "{table}" WHEN {both} BEGIN {no}; END']
    pg = [
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {asked} THEN"
        f" RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation', CONSTRAINT = '{name}'; END IF;"
        " IF TG_OP = 'DELETE' THEN RETURN old; END IF; RETURN new; END $$",
        f'CREATE TRIGGER {name}_update BEFORE UPDATE ON "{table}" FOR EACH ROW'
        f" WHEN (({at_once}) AND ({pg_changed})) EXECUTE FUNCTION {name}()",
    ]
    if refusal.delete_too:
        lite.append(f'CREATE TRIGGER {name}_delete BEFORE DELETE ON "{table}" WHEN ({when}) BEGIN {no}; END')
        pg.append(
            f'CREATE TRIGGER {name}_delete BEFORE DELETE ON "{table}" FOR EACH ROW'
            f" WHEN ({at_once}) EXECUTE FUNCTION {name}()"
        )
    return Ddl(table, name, tuple(lite), tuple(pg))


def all_ddl(metadata: MetaData) -> list[Ddl]:
    """Every declared thing whose table is in the metadata, by name."""
    spelled = [_spelled_out(refusal, metadata) for refusal in _refusals.values() if refusal.table in metadata.tables]
    plain = [one for one in _declared.values() if one.table in metadata.tables]
    return sorted([*spelled, *plain], key=lambda one: one.name)


def install(connection: Connection, metadata: MetaData) -> None:
    """Write all declared triggers and indexes into a database that has the tables but none of these."""
    sqlite = connection.dialect.name == "sqlite"
    for one in all_ddl(metadata):
        for statement in one.sqlite if sqlite else one.postgresql:
            # exec_driver_sql, so that no colon or question mark is read as a parameter
            connection.exec_driver_sql(statement if sqlite else statement.replace("%", "%%"))


def reinstall(connection: Connection, metadata: MetaData) -> None:
    """Take away every trigger there is and write the declared ones: the last step of an upgrade."""
    for table in metadata.tables:
        for name, _ in _triggers(connection, table):
            _drop(connection, table, name)
    for one in all_ddl(metadata):
        connection.exec_driver_sql(f'DROP INDEX IF EXISTS "{one.name}"')
    install(connection, metadata)


def _triggers(connection: Connection, table: str) -> list[tuple[str, str]]:
    """Name and statement of each trigger of a table, in order of name."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table ORDER BY name"
    else:
        query = (
            "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger"
            " WHERE tgrelid = to_regclass(quote_ident(:table)) AND NOT tgisinternal ORDER BY tgname"
        )
    return [(row[0], row[1]) for row in connection.execute(text(query), {"table": table})]


def _drop(connection: Connection, table: str, trigger: str) -> None:
    on = "" if connection.dialect.name == "sqlite" else f' ON "{table}"'
    connection.exec_driver_sql(f'DROP TRIGGER "{trigger}"{on}')


def speaking_of(connection: Connection, table: str) -> list[str]:
    """A table, and those whose triggers read it, to be rebuilt together: SQLite renames none that a trigger would look for in vain
    meanwhile."""
    if connection.dialect.name != "sqlite":
        return [table]
    query = text(
        "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger' AND tbl_name <> :table"
        " AND sql LIKE '%' || :table || '%' ORDER BY tbl_name"
    )
    return [table, *connection.execute(query, {"table": table}).scalars()]


@contextmanager
def rebuild(connection: Connection, *tables: str) -> Iterator[None]:
    """Change tables in a migration with their triggers away, then put the triggers back and check every foreign key.

    SQLite changes a table by copy, drop and rename: with foreign keys on, the drop would delete the children. They can be
    switched only outside a transaction, so the migration environment does it before it begins one.
    Raises RuntimeError where foreign keys are on, or where a row points nowhere afterwards.
    """
    sqlite = connection.dialect.name == "sqlite"
    if sqlite and connection.exec_driver_sql("PRAGMA foreign_keys").scalar():
        raise RuntimeError("foreign keys are on: run migrations with `consult database upgrade`")
    kept = [(table, name, sql) for table in tables for name, sql in _triggers(connection, table)]
    for table, name, _ in kept:
        _drop(connection, table, name)
    yield
    for _, _, sql in kept:
        connection.exec_driver_sql(sql if sqlite else sql.replace("%", "%%"))
    if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()):
        raise RuntimeError(f"rows point nowhere after the change: {broken[:5]}")
