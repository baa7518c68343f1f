"""Terms of one holder of a seat that several hold never share a day; when a seat was over is kept"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_12_20_terms"
down_revision: str | None = "2026_12_19_invited_by"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Those of this version, and those that name the column which goes: they come back with the last upgrade.
TRIGGERS = (
    "terms_of_a_holder_never_meet_insert", "terms_of_a_holder_never_meet_update", "ended_seat_never_changes_update",
    "seat_only_ends_update",
)  # fmt: skip


def upgrade() -> None:
    """A term ahead within one without an end, of the same holder, is called off: it would never begin."""
    op.execute(
        "UPDATE seat SET until = since, state = 'over' WHERE state = 'coming' AND role NOT IN ('focal_point', 'signatory')"
        " AND EXISTS (SELECT 1 FROM seat AS other WHERE other.institution_id = seat.institution_id"
        " AND other.role = seat.role AND other.holder_id = seat.holder_id AND other.id <> seat.id AND other.until IS NULL"
        " AND (other.since < seat.since OR (other.since = seat.since AND other.id < seat.id)))"
    )
    op.add_column("seat", sa.Column("over_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    on = "" if op.get_bind().dialect.name == "sqlite" else " ON seat"
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER IF EXISTS {name}{on}")
    op.drop_column("seat", "over_at")
