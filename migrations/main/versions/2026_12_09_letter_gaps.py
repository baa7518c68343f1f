"""Letters and those who are forgotten; nothing is entered on somebody's behalf after the final report"""

from collections.abc import Sequence

from alembic import op

revision: str = "2026_12_09_letter_gaps"
down_revision: str | None = "2026_12_08_declared"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TRIGGERS = {  # of this version, on tables that stay
    "note_of_a_step_only_emptied_update": "outreach_step",
    "nothing_entered_after_the_final_report": "entered_comment",
}


def upgrade() -> None:
    """Triggers only: the upgrade writes them at its end."""


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, guarded in TRIGGERS.items():
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f" ON {guarded}"))
