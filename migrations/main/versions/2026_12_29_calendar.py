"""What of a consultation changed since it is public, for the calendars that people subscribed to"""

from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision: str = "2026_12_29_calendar"
down_revision: str | None = "2026_12_28_addresses"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COUNTS, INSTANTS = ("calendar_changes", "due_changes"), ("calendar_changed_at", "due_changed_at")


def upgrade() -> None:
    # Adding alone needs no copy of the table: its triggers stay.
    for name in COUNTS:
        op.add_column("consultation", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    for name in INSTANTS:
        op.add_column("consultation", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    # Before this there was no calendar: what is public has its first entries with the upgrade.
    table = sa.table("consultation", sa.column("state"), sa.column("calendar_changed_at", sa.DateTime(timezone=True)))
    now = datetime.now(UTC)
    if op.get_bind().dialect.name == "sqlite":
        now = now.replace(tzinfo=None)
    op.execute(sa.update(table).where(table.c.state != "preparing").values(calendar_changed_at=now))


def downgrade() -> None:
    for name in (*COUNTS, *INSTANTS):
        op.execute(f"ALTER TABLE consultation DROP COLUMN {name}")  # without a copy
