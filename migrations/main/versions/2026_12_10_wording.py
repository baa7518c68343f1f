"""What staff wrote of the text somebody agreed to may be emptied, and nothing else of an act of consent"""

from collections.abc import Sequence

revision: str = "2026_12_10_wording"
down_revision: str | None = "2026_12_09_letter_gaps"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Triggers only: the upgrade writes them at its end."""


def downgrade() -> None:
    """Both triggers stay: without the new one, the other of this version would let words be written anew."""
