"""Leaving that was told to somebody here says so"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from consult.core.ddl import rebuild

revision: str = "2026_12_11_left_by_staff"
down_revision: str | None = "2026_12_10_wording"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("leaving", "list_leaving")
WAYS = ("page", "one_click", "mail")
ALONE = {"resolve_fks": False}  # other tables, whose indexes it cannot read, are no concern of a change to this one


def upgrade() -> None:
    for table in TABLES:
        with rebuild(op.get_bind(), *_speaking_of(table)):
            _only(table, (*WAYS, "staff"))


def downgrade() -> None:
    for table in TABLES:
        with rebuild(op.get_bind(), *_speaking_of(table)):
            op.execute(f"UPDATE {table} SET way = 'mail' WHERE way = 'staff'")  # noqa: S608 - tables of ours
            _only(table, WAYS)


def _speaking_of(table: str) -> list[str]:
    """A table, and those whose triggers read it: SQLite renames none that a trigger would look for in vain meanwhile."""
    if op.get_bind().dialect.name != "sqlite":
        return [table]
    query = sa.text(
        "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger' AND tbl_name <> :table"
        " AND sql LIKE '%' || :table || '%' ORDER BY tbl_name"
    )
    return [table, *op.get_bind().execute(query, {"table": table}).scalars()]


def _only(table: str, ways: tuple[str, ...]) -> None:
    name, known = op.f(f"ck_{table}_leaving_way_known"), ", ".join(f"'{one}'" for one in ways)
    with op.batch_alter_table(table, reflect_kwargs=ALONE) as changed:
        changed.drop_constraint(name, type_="check")
        changed.create_check_constraint(name, f"way IN ({known})")
