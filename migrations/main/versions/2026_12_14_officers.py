"""Officers decide once something is sealed to them, a roll call where they cannot, and no words of protected ones in clear"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from consult.core.ddl import rebuild

revision: str = "2026_12_14_officers"
down_revision: str | None = "2026_12_13_answer_letters"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

WAYS = ("administrator", "officers", "paper")
ALONE = {"resolve_fks": False}  # other tables, whose indexes it cannot read, are no concern of a change to this one
# Triggers that are new or read other tables than they did; a program of before writes its own when it upgrades.
TRIGGERS = {
    "officer_appointed_by_rule": "officer",
    "last_officer_stays": "officer",
    "serving_officer_keeps_the_account": "staff",
    "no_words_beside_a_code": "consent",
}


def upgrade() -> None:
    op.create_table(
        "roll_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("newcomer_id", sa.Integer(), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("called_off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("called_off_at IS NULL OR done_at IS NULL", name=op.f("ck_roll_call_one_end")),
        sa.ForeignKeyConstraint(["newcomer_id"], ["officer.id"], name=op.f("fk_roll_call_newcomer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll_call")),
        sa.UniqueConstraint("ref", name=op.f("uq_roll_call_ref")),
    )
    is_open = sa.text("called_off_at IS NULL AND done_at IS NULL")
    op.create_index(
        "uq_roll_call_open",
        "roll_call",
        [sa.text("(1)")],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_table(
        "roll_answer",
        sa.Column("roll_call_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_roll_answer_officer_id")),
        sa.ForeignKeyConstraint(["roll_call_id"], ["roll_call.id"], name=op.f("fk_roll_answer_roll_call_id")),
        sa.PrimaryKeyConstraint("roll_call_id", "officer_id", name=op.f("pk_roll_answer")),
    )
    with rebuild(op.get_bind(), *_speaking_of("officer")):
        _only((*WAYS, "replacement"))
    op.execute(
        "UPDATE consent SET wording = '' WHERE wording <> '' AND by <> 'self'"
        " AND stakeholder_id IN (SELECT id FROM stakeholder WHERE protection = 'protected')"
    )


def downgrade() -> None:
    """Officers after a roll call are as if the administrator had appointed them; the words that were emptied stay so."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, guarded in TRIGGERS.items():
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f" ON {guarded}"))
    with rebuild(op.get_bind(), *_speaking_of("officer")):
        op.execute("UPDATE officer SET appointed_how = 'administrator' WHERE appointed_how = 'replacement'")
        _only(WAYS)
    op.drop_table("roll_answer")
    op.drop_table("roll_call")


def _speaking_of(table: str) -> list[str]:
    """A table, and those whose triggers read it: SQLite renames none that a trigger would look for in vain meanwhile."""
    if op.get_bind().dialect.name != "sqlite":
        return [table]
    query = sa.text(
        "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger' AND tbl_name <> :table"
        " AND sql LIKE '%' || :table || '%' ORDER BY tbl_name"
    )
    return [table, *op.get_bind().execute(query, {"table": table}).scalars()]


def _only(ways: tuple[str, ...]) -> None:
    name, known = op.f("ck_officer_appointed_known"), ", ".join(f"'{one}'" for one in ways)
    with op.batch_alter_table("officer", reflect_kwargs=ALONE) as changed:
        changed.drop_constraint(name, type_="check")
        changed.create_check_constraint(name, f"appointed_how IN ({known})")
