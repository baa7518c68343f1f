"""Cards of address books; consent to news apart from duty; the public directory; what people declare of themselves"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_12_03_registry"
down_revision: str | None = "2026_11_28_campaigns"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("stakeholder_import") as table:
        table.add_column(sa.Column("category", sa.String(40), nullable=False, server_default=""))
        table.add_column(sa.Column("are_cards", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("stakeholder_import") as table:
        table.alter_column("category", server_default=None)
        table.alter_column("are_cards", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("stakeholder_import") as table:
        table.drop_column("are_cards")
        table.drop_column("category")
