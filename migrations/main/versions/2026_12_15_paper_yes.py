"""Staff note a yes to the public directory that was given on paper, with its day"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_12_15_paper_yes"
down_revision: str | None = "2026_12_14_officers"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Triggers that name the column: an upgrade writes them anew.
SPEAK_OF_IT = ("paper_yes_has_day_and_text", "consent_only_added_to_update", "wording_only_emptied_update")


def upgrade() -> None:
    op.add_column("consent", sa.Column("given_on", sa.Date(), nullable=True))


def downgrade() -> None:
    """The acts stay, without their day; whoever stands in the directory stands there by them."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    on = "" if sqlite else " ON consent"
    for name in SPEAK_OF_IT:
        op.execute(f"DROP TRIGGER IF EXISTS {name}{on}")
    op.drop_column("consent", "given_on")
