"""What people declare of themselves; saved groups that were removed"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_12_08_declared"
down_revision: str | None = "2026_12_06_guard"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

WHAT = sa.Enum(
    "group", "gender", "disability", "parallel_report", name="declared_known", native_enum=False, create_constraint=True,
    length=40,
)  # fmt: skip
ONE_ANSWER, GROUP = sa.text("what IN ('gender', 'disability')"), sa.text("what = 'group'")


def upgrade() -> None:
    op.create_table(
        "own_declaration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stakeholder_id", sa.Integer(), nullable=False),
        sa.Column("what", WHAT, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=True),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("by = 'self'", name=op.f("ck_own_declaration_declared_by_themselves")),
        sa.CheckConstraint(
            "(what = 'parallel_report') = (consultation_id IS NOT NULL)",
            name=op.f("ck_own_declaration_report_of_a_consultation"),
        ),
        sa.CheckConstraint(
            "(what = 'group' AND code <> '') OR (what = 'gender' AND code IN ('woman', 'man', 'another'))"
            " OR (what = 'disability' AND code IN ('yes', 'no')) OR (what = 'parallel_report' AND code = '')",
            name=op.f("ck_own_declaration_declared_code_known"),
        ),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_own_declaration_consultation_id")
        ),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"],
            ["stakeholder.id"],
            name=op.f("fk_own_declaration_stakeholder_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_declaration")),
        sa.UniqueConstraint("stakeholder_id", "consultation_id", name="report_declared_once"),
    )
    op.create_index(op.f("ix_own_declaration_consultation_id"), "own_declaration", ["consultation_id"])
    op.create_index(
        "uq_own_declaration_answer", "own_declaration", ["stakeholder_id", "what"], unique=True,
        sqlite_where=ONE_ANSWER, postgresql_where=ONE_ANSWER,
    )  # fmt: skip
    op.create_index(
        "uq_own_declaration_group", "own_declaration", ["stakeholder_id", "code"], unique=True, sqlite_where=GROUP,
        postgresql_where=GROUP,
    )  # fmt: skip
    op.add_column("smart_group", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    _names_once("consultation_id IS NULL AND removed_at IS NULL")


def _names_once(condition: str) -> None:
    of = sa.text(condition)
    op.drop_index("uq_smart_group_name", table_name="smart_group")
    op.create_index(
        "uq_smart_group_name", "smart_group", ["name_key"], unique=True, sqlite_where=of, postgresql_where=of
    )


def downgrade() -> None:
    """What people declared is lost: an earlier version would let nobody withdraw it.

    A removed group is one again, without a rule and so without anybody; its name, which another may have, gets its reference.
    """
    op.execute("UPDATE smart_group SET name = substr(name, 1, 60) || ' ' || ref WHERE removed_at IS NOT NULL")
    op.execute("UPDATE smart_group SET name_key = lower(name) WHERE removed_at IS NOT NULL")
    _names_once("consultation_id IS NULL")
    with op.batch_alter_table("smart_group") as table:
        table.drop_column("removed_at")
    on = "" if op.get_bind().dialect.name == "sqlite" else " ON stakeholder"
    op.execute(f"DROP TRIGGER IF EXISTS who_leaves_declares_nothing{on}")
    op.drop_table("own_declaration")
