"""Protected entries: found by an index of their own; what finds doubles is their code"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_12_05_sealed"
down_revision: str | None = "2026_12_04_mailing_gaps"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ONLY = sa.text("protection = 'protected'")
TRIGGERS = {  # of this version
    "protected_keys_are_its_code_insert": "stakeholder", "protected_keys_are_its_code_update": "stakeholder",
    "sealed_to_who_serves": "sealed_entry",
}  # fmt: skip


def upgrade() -> None:
    op.create_index("ix_stakeholder_protected", "stakeholder", ["ref"], sqlite_where=ONLY, postgresql_where=ONLY)


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, guarded in TRIGGERS.items():
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f" ON {guarded}"))
    op.drop_index("ix_stakeholder_protected", "stakeholder")
