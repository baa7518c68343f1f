"""Saved groups, standing invitations, and the registry's terms in the order of names"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_11_28_groups"
down_revision: str | None = "2026_11_28_lists"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

WAY = sa.Enum("in", "out", name="by_hand_known", native_enum=False, create_constraint=True, length=40)
NAMED = sa.text("consultation_id IS NULL")
TABLES = ("standing_invitation", "smart_group_listed", "smart_group_entry", "smart_group")


def upgrade() -> None:
    op.drop_index("ix_stakeholder_term_term", table_name="stakeholder_term")
    with op.batch_alter_table("stakeholder_term") as table:
        table.add_column(sa.Column("name_key", sa.String(length=200), nullable=False, server_default=""))
    op.execute(
        "UPDATE stakeholder_term SET name_key = (SELECT s.name_key FROM stakeholder AS s WHERE s.id = stakeholder_id)"
    )
    with op.batch_alter_table("stakeholder_term") as table:
        table.alter_column("name_key", server_default=None)
    op.create_index("ix_stakeholder_term_order", "stakeholder_term", ["term", "name_key", "stakeholder_id"])
    _groups()
    _beside_them()


def _groups() -> None:
    op.create_table(
        "smart_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("name_key", sa.String(length=120), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=True),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(consultation_id IS NULL) = (name <> '')", name=op.f("ck_smart_group_named_or_choice")),
        sa.CheckConstraint("(listed_at IS NULL) = (edition = 0)", name=op.f("ck_smart_group_list_has_instant")),
        sa.CheckConstraint("listed >= 0 AND edition >= 0", name=op.f("ck_smart_group_counts_not_negative")),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f("fk_smart_group_consultation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_smart_group")),
        sa.UniqueConstraint("ref", name=op.f("uq_smart_group_ref")),
    )
    op.create_index(
        "uq_smart_group_name", "smart_group", ["name_key"], unique=True, sqlite_where=NAMED, postgresql_where=NAMED
    )
    op.create_index("uq_smart_group_choice", "smart_group", ["consultation_id"], unique=True)


def _beside_them() -> None:
    op.create_table(
        "smart_group_entry",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("stakeholder_id", sa.Integer(), nullable=False),
        sa.Column("way", WAY, nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_smart_group_entry_by_hand_has_reason")),
        _to("smart_group_entry", "group_id", "smart_group"),
        _to("smart_group_entry", "stakeholder_id", "stakeholder"),
        sa.PrimaryKeyConstraint("group_id", "stakeholder_id", name=op.f("pk_smart_group_entry")),
    )
    op.create_index("ix_smart_group_entry_way", "smart_group_entry", ["group_id", "way", "at"])
    op.create_index(op.f("ix_smart_group_entry_stakeholder_id"), "smart_group_entry", ["stakeholder_id"])
    op.create_table(
        "smart_group_listed",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("stakeholder_id", sa.Integer(), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        _to("smart_group_listed", "group_id", "smart_group"),
        _to("smart_group_listed", "stakeholder_id", "stakeholder"),
        sa.PrimaryKeyConstraint("group_id", "edition", "stakeholder_id", name=op.f("pk_smart_group_listed")),
    )
    op.create_index(
        "ix_smart_group_listed_order", "smart_group_listed", ["group_id", "edition", "name_key", "stakeholder_id"]
    )
    op.create_table(
        "standing_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("stakeholder_id", sa.Integer(), nullable=True),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(group_id IS NULL) <> (stakeholder_id IS NULL)", name=op.f("ck_standing_invitation_of_one_thing")
        ),
        _to("standing_invitation", "group_id", "smart_group"),
        _to("standing_invitation", "stakeholder_id", "stakeholder"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_invitation")),
    )
    for column in ("group", "stakeholder"):
        op.create_index(f"uq_standing_invitation_{column}", "standing_invitation", [f"{column}_id"], unique=True)


def _to(table: str, column: str, parent: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{parent}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)
    op.drop_index("ix_stakeholder_term_order", table_name="stakeholder_term")
    with op.batch_alter_table("stakeholder_term") as table:
        table.drop_column("name_key")
    op.create_index("ix_stakeholder_term_term", "stakeholder_term", ["term", "stakeholder_id"])
