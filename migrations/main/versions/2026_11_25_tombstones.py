"""Tombstones"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_11_25_tombstones"
down_revision: str | None = "2026_11_25_installation"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


ONLY = sa.text("tombstoned_at IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_report_item_tombstoned", "report_item", ["report_id"], sqlite_where=ONLY, postgresql_where=ONLY)


def downgrade() -> None:
    op.drop_index("ix_report_item_tombstoned", table_name="report_item")
