"""Terms of one holder of a seat that several hold never share a day"""

from collections.abc import Sequence

from alembic import op

revision: str = "2026_12_20_terms"
down_revision: str | None = "2026_12_18_keep"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TRIGGERS = ("terms_of_a_holder_never_meet_insert", "terms_of_a_holder_never_meet_update")


def upgrade() -> None:
    """A term ahead within one without an end, of the same holder, is called off: it would never begin."""
    op.execute(
        "UPDATE seat SET until = since, state = 'over' WHERE state = 'coming' AND role NOT IN ('focal_point', 'signatory')"
        " AND EXISTS (SELECT 1 FROM seat AS other WHERE other.institution_id = seat.institution_id"
        " AND other.role = seat.role AND other.holder_id = seat.holder_id AND other.id <> seat.id AND other.until IS NULL"
        " AND (other.since < seat.since OR (other.since = seat.since AND other.id < seat.id)))"
    )


def downgrade() -> None:
    on = "" if op.get_bind().dialect.name == "sqlite" else " ON seat"
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER IF EXISTS {name}{on}")
