"""By what somebody was invited is kept with them; of those of before it is not known"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_12_19_invited_by"
down_revision: str | None = "2026_12_18_keep"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Adding alone needs no copy of the table: its triggers and its index on lower(email) stay.
    op.add_column("participant", sa.Column("invited_by", sa.String(length=40), nullable=True))


def downgrade() -> None:
    op.execute("ALTER TABLE participant DROP COLUMN invited_by")  # likewise without a copy
