"""Leaving that was told to somebody here says so"""

from collections.abc import Sequence

from alembic import op

from consult.core.ddl import rebuild, speaking_of

revision: str = "2026_12_11_left_by_staff"
down_revision: str | None = "2026_12_10_wording"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("leaving", "list_leaving")
WAYS = ("page", "one_click", "mail")
ALONE = {"resolve_fks": False}  # other tables, whose indexes it cannot read, are no concern of a change to this one


def upgrade() -> None:
    for table in TABLES:
        with rebuild(op.get_bind(), *speaking_of(op.get_bind(), table)):
            _only(table, (*WAYS, "staff"))


def downgrade() -> None:
    for table in TABLES:
        with rebuild(op.get_bind(), *speaking_of(op.get_bind(), table)):
            op.execute(f"UPDATE {table} SET way = 'mail' WHERE way = 'staff'")  # noqa: S608 - tables of ours
            _only(table, WAYS)


def _only(table: str, ways: tuple[str, ...]) -> None:
    name, known = op.f(f"ck_{table}_leaving_way_known"), ", ".join(f"'{one}'" for one in ways)
    with op.batch_alter_table(table, reflect_kwargs=ALONE) as changed:
        changed.drop_constraint(name, type_="check")
        changed.create_check_constraint(name, f"way IN ({known})")
