"""Whoever is next on the list of a campaign is found by an index that no other can stand in for"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_12_31_turns"
down_revision: str | None = "2026_12_30_recipients"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NAME, TABLE = "ix_campaign_recipient_next", "campaign_recipient"


def upgrade() -> None:
    _index("campaign_id", "tries", "id")


def downgrade() -> None:
    _index("campaign_id", "id")


def _index(*columns: str) -> None:
    said = sa.text("queued_at IS NULL AND why_not IS NULL")
    op.drop_index(NAME, table_name=TABLE)
    op.create_index(NAME, TABLE, [*columns], sqlite_where=said, postgresql_where=said)
