"""What staff wrote of the text somebody agreed to may be emptied, and nothing else of an act of consent"""

from collections.abc import Sequence

from alembic import op

revision: str = "2026_12_10_wording"
down_revision: str | None = "2026_12_09_letter_gaps"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Triggers only: the upgrade writes them at its end."""


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute("DROP TRIGGER IF EXISTS wording_only_emptied_update" + ("" if sqlite else " ON consent"))
