"""Outbox"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_11_23_outbox"
down_revision: str | None = "2026_11_23"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "outbox_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("cause", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("parameters", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "claimed",
                "deferred",
                "uncertain",
                "sent",
                "failed",
                "suppressed",
                name="mail_state_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message_id", sa.String(length=255), nullable=True),
        sa.Column("reply_code", sa.Integer(), nullable=True),
        sa.Column("reply_text", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(lease_until IS NOT NULL) = (state = 'claimed')", name=op.f("ck_outbox_mail_claimed_has_its_lease")
        ),
        sa.CheckConstraint(
            "(next_at IS NOT NULL) = (state IN ('queued', 'deferred'))",
            name=op.f("ck_outbox_mail_waiting_has_its_time"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('queued', 'deferred') OR address IS NOT NULL",
            name=op.f("ck_outbox_mail_waiting_has_address"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('sent', 'failed', 'suppressed') OR (address IS NULL AND parameters IS NULL)",
            name=op.f("ck_outbox_mail_final_is_wiped"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_mail")),
        sa.UniqueConstraint("person", "cause", "template", name="mail_once"),
    )
    op.create_index("ix_outbox_mail_cause", "outbox_mail", ["cause"], unique=False)
    op.create_index(op.f("ix_outbox_mail_lease_until"), "outbox_mail", ["lease_until"], unique=False)
    op.create_index(op.f("ix_outbox_mail_state"), "outbox_mail", ["state"], unique=False)
    op.create_index("ix_outbox_mail_turn", "outbox_mail", ["priority", "next_at", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_outbox_mail_turn", table_name="outbox_mail")
    op.drop_index(op.f("ix_outbox_mail_state"), table_name="outbox_mail")
    op.drop_index(op.f("ix_outbox_mail_lease_until"), table_name="outbox_mail")
    op.drop_index("ix_outbox_mail_cause", table_name="outbox_mail")
    op.drop_table("outbox_mail")
