"""Protected entries: found by an index of their own; what finds doubles is their code"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_12_05_sealed"
down_revision: str | None = "2026_12_04_mailing_gaps"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ONLY = sa.text("protection = 'protected'")
TRIGGERS = ("protected_keys_are_its_code_insert", "protected_keys_are_its_code_update")  # of this version


def upgrade() -> None:
    op.create_index("ix_stakeholder_protected", "stakeholder", ["ref"], sqlite_where=ONLY, postgresql_where=ONLY)


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else " ON stakeholder"))
    op.drop_index("ix_stakeholder_protected", "stakeholder")
