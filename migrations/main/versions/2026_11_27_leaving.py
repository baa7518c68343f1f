"""Links to leave, who left a consultation, and addresses from which somebody left for good"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_11_27_leaving"
down_revision: str | None = "2026_11_26_custody"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SCOPE = sa.Enum(
    "consultation", "everything", name="leaving_scope_known", native_enum=False, create_constraint=True, length=40
)
WAY = sa.Enum(
    "page", "one_click", "mail", name="leaving_way_known", native_enum=False, create_constraint=True, length=40
)


def upgrade() -> None:
    # Filled by the worker's first sweep: only the running installation has the key.
    op.add_column("door", sa.Column("leave_digest", sa.LargeBinary(length=32), nullable=True))
    op.create_index(op.f("ix_door_leave_digest"), "door", ["leave_digest"], unique=True)
    op.add_column("participant", sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "left_address",
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_left_address")),
    )
    op.create_table(
        "leaving",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("scope", SCOPE, nullable=False),
        sa.Column("way", WAY, nullable=False),
        sa.Column("once", sa.LargeBinary(length=32), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(way = 'page') = (once IS NOT NULL)", name=op.f("ck_leaving_only_a_page_has_its_key")),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_leaving_participant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leaving")),
    )
    op.create_index(op.f("ix_leaving_participant_id"), "leaving", ["participant_id"])


def downgrade() -> None:
    op.drop_table("leaving")
    op.drop_table("left_address")
    # In place, as all of this: Alembic's copy of a table would lose the index over an expression of participant.
    op.drop_column("participant", "left_at")
    op.drop_index(op.f("ix_door_leave_digest"), table_name="door")
    op.drop_column("door", "leave_digest")
