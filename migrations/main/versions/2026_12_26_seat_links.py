"""Links with which holders of seats read their briefing"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_12_26_seat_links"
down_revision: str | None = "2026_12_25_own_entry"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "seat_link",
        sa.Column("seat_id", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_seat_link_seat_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("seat_id", name=op.f("pk_seat_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_seat_link_digest")),
    )


def downgrade() -> None:
    op.drop_table("seat_link")
