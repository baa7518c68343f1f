"""The pace of mails, and campaigns that halt by themselves"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_11_28_rates"
down_revision: str | None = "2026_11_28_retention"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STANDS = sa.text("lifted_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "pace",
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("single_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("campaign_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deferrals", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_pace")),
    )
    op.create_table(
        "mail_halt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("of_last", sa.Integer(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("bad BETWEEN 1 AND of_last", name=op.f("ck_mail_halt_bad_of_last")),
        sa.CheckConstraint(
            "released_at IS NULL OR lifted_at IS NOT NULL", name=op.f("ck_mail_halt_released_after_lifting")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_halt")),
    )
    op.create_index(op.f("ix_mail_halt_cause"), "mail_halt", ["cause"])
    op.create_index(
        "uq_mail_halt_now", "mail_halt", ["cause"], unique=True, sqlite_where=STANDS, postgresql_where=STANDS
    )
    _index_causes("cause", "attempted_at")


def downgrade() -> None:
    _index_causes("cause")
    op.drop_table("mail_halt")
    op.drop_table("pace")


def _index_causes(*columns: str) -> None:
    op.drop_index("ix_outbox_mail_cause", table_name="outbox_mail")
    op.create_index("ix_outbox_mail_cause", "outbox_mail", list(columns))
