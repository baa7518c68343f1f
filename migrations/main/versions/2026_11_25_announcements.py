"""Announcements"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_11_25_announcements"
down_revision: str | None = "2026_11_25_triage"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

LEFT = sa.text("finished_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "announcement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("cause", sa.String(length=80), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued_until", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f("fk_announcement_consultation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
        sa.UniqueConstraint("cause", name=op.f("uq_announcement_cause")),
    )
    op.create_index(op.f("ix_announcement_consultation_id"), "announcement", ["consultation_id"])
    op.create_index("ix_announcement_left", "announcement", ["id"], sqlite_where=LEFT, postgresql_where=LEFT)
    op.create_table(
        "announcement_recipient",
        sa.Column("announcement_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement_id"], ["announcement.id"], name=op.f("fk_announcement_recipient_announcement_id")
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_announcement_recipient_participant_id")
        ),
        sa.PrimaryKeyConstraint("announcement_id", "participant_id", name=op.f("pk_announcement_recipient")),
    )


def downgrade() -> None:
    op.drop_table("announcement_recipient")
    op.drop_table("announcement")
