"""Protected entries in the rest of the system: what an officer delivers"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_12_06_guard"
down_revision: str | None = "2026_12_05_sealed"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STATES = sa.Enum(
    "for_officer", "handed_out", "delivered", "not_reached", "dropped", name="delivery_state_known", native_enum=False,
    create_constraint=True, length=40,
)  # fmt: skip
# Triggers of this version on tables that stay.
TRIGGERS = {
    "consent_only_falls": "comment", "no_name_of_a_protected": "comment", "protected_takes_part_by_code_insert": "participant",
    "protected_takes_part_by_code_update": "participant", "protected_is_named_nowhere": "stakeholder",
}  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("cause", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=True),
        sa.Column("state", STATES, nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('delivered', 'not_reached', 'dropped')) = (finished_at IS NOT NULL)",
            name=op.f("ck_delivery_over_has_its_instant"),
        ),
        sa.CheckConstraint(
            "(finished_at IS NOT NULL) = (parameters IS NULL)", name=op.f("ck_delivery_what_is_over_is_wiped")
        ),
        sa.CheckConstraint(
            "state <> 'handed_out' OR handed_out_at IS NOT NULL", name=op.f("ck_delivery_handed_out_has_its_instant")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("person", "cause", "template", name="delivered_once"),
        sa.UniqueConstraint("ref", name=op.f("uq_delivery_ref")),
    )
    op.create_index("ix_delivery_turn", "delivery", ["state", "not_before", "id"])
    op.create_index("ix_delivery_cause", "delivery", ["cause"])


def downgrade() -> None:
    """What officers had not handed over is lost: an earlier version would not know for whom it is."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, guarded in TRIGGERS.items():
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f" ON {guarded}"))
    op.drop_table("delivery")
