"""Reports"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_11_24_reports"
down_revision: str | None = "2026_11_24_responses"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("final", "interim", name="report_kind_known", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answers_by", sa.Date(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("document", sa.JSON(none_as_null=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'interim') = (answers_by IS NOT NULL)", name=op.f("ck_report_interim_says_by_when")
        ),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f("fk_report_consultation_id")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_report_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("consultation_id", "number", name=op.f("uq_report_consultation_id_number")),
    )
    op.create_index(
        "uq_report_final",
        "report",
        ["round_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'final'"),
        postgresql_where=sa.text("kind = 'final'"),
    )
    op.create_table(
        "report_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("comment_ref", sa.String(length=20), nullable=False),
        sa.Column("personal", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("tombstoned_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(personal IS NULL) = (tombstoned_at IS NOT NULL)", name=op.f("ck_report_item_tombstone_is_empty")
        ),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_report_item_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_item")),
        sa.UniqueConstraint("report_id", "position", name=op.f("uq_report_item_report_id_position")),
    )
    op.create_index(op.f("ix_report_item_comment_ref"), "report_item", ["comment_ref"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_report_item_comment_ref"), table_name="report_item")
    op.drop_table("report_item")
    op.drop_index(
        "uq_report_final",
        table_name="report",
        sqlite_where=sa.text("kind = 'final'"),
        postgresql_where=sa.text("kind = 'final'"),
    )
    op.drop_table("report")
