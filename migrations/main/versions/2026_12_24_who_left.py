"""Who left a consultation is found by an index that no other equals: SQLite took the one of all who take part"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_12_24_who_left"
down_revision: str | None = "2026_12_23_matrix"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

LEFT = sa.text("left_at IS NOT NULL")


def upgrade() -> None:
    _index(["consultation_id", "left_at"])


def downgrade() -> None:
    _index(["consultation_id"])


def _index(columns: list[str]) -> None:
    op.drop_index("ix_participant_left", table_name="participant")
    op.create_index("ix_participant_left", "participant", columns, sqlite_where=LEFT, postgresql_where=LEFT)
