"""Translations of answers"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_11_25_translations"
down_revision: str | None = "2026_11_25_objections"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "answer_translation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("disposition_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_answer_translation_says_something")),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_answer_translation_by_id")),
        sa.ForeignKeyConstraint(
            ["disposition_id"], ["disposition.id"], name=op.f("fk_answer_translation_disposition_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_translation")),
        sa.UniqueConstraint("disposition_id", "language", name=op.f("uq_answer_translation_disposition_id_language")),
    )


def downgrade() -> None:
    op.drop_table("answer_translation")
