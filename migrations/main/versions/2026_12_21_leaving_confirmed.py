"""Links that are mailed to a mailbox before its mail stops"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_12_21_leaving_confirmed"
down_revision: str | None = "2026_12_20_terms"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ACTS = ("consultation", "everything", "list", "official", "news")
CHECKS = {
    "of_a_door_or_a_list": "(participant_id IS NULL) <> (subscription_id IS NULL)",
    "list_by_its_own_mail": "(act <> 'list') OR subscription_id IS NOT NULL",
    "entry_by_its_door": "act NOT IN ('official', 'news') OR participant_id IS NOT NULL",
    "list_says_which_consultation": (
        "(consultation_id IS NOT NULL) = (act = 'consultation' AND subscription_id IS NOT NULL)"
    ),
    "used_by_a_form": "(used_at IS NULL) = (once IS NULL)",
}


def upgrade() -> None:
    op.create_table(
        "leave_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column(
            "act",
            sa.Enum(*ACTS, name="leave_act_known", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("participant_id", sa.Integer(), nullable=True),
        sa.Column("subscription_id", sa.Integer(), nullable=True),
        sa.Column("consultation_id", sa.Integer(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unused", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("once", sa.LargeBinary(length=32), nullable=True),
        *(sa.CheckConstraint(words, name=op.f(f"ck_leave_link_{name}")) for name, words in CHECKS.items()),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_leave_link_participant_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name=op.f("fk_leave_link_subscription_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f("fk_leave_link_consultation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leave_link")),
        sa.UniqueConstraint("key", name=op.f("uq_leave_link_key")),
        sa.UniqueConstraint("digest", name=op.f("uq_leave_link_digest")),
    )
    op.create_index(op.f("ix_leave_link_made_at"), "leave_link", ["made_at"])


def downgrade() -> None:
    op.drop_table("leave_link")
