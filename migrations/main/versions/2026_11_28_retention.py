"""Retention: its runs, and tombstones of participants"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_11_28_retention"
down_revision: str | None = "2026_11_27_registry"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Triggers that speak of what this migration adds. Those of this version come back with the last upgrade.
TRIGGERS = {"erased_participant_stays_erased": "participant", "traces_of_a_final_mail_only_wiped_update": "outbox_mail"}


def upgrade() -> None:
    # Adding alone needs no copy of the table: its triggers and its index on lower(email) stay.
    op.add_column("participant", sa.Column("address_key", sa.LargeBinary(32), nullable=True))
    op.add_column("participant", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "retention_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("night", sa.Date(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stepped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("failed", sa.JSON(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = '') = (finished_at IS NOT NULL)", name=op.f("ck_retention_run_finished_has_no_kind_left")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_run")),
        sa.UniqueConstraint("night", name=op.f("uq_retention_run_night")),
    )


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.drop_table("retention_run")
    for name, table in TRIGGERS.items():
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f" ON {table}"))
    for column in ("erased_at", "address_key"):
        op.execute(f"ALTER TABLE participant DROP COLUMN {column}")  # likewise without a copy
