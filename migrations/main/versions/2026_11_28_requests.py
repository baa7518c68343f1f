"""Requests to take part; what people change of their own entry, and the links for what a forwarded invitation must not do"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_11_28_requests"
down_revision: str | None = "2026_11_28_groups"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _code(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=f"{name}_known", native_enum=False, create_constraint=True, length=40)


CHECKS = {
    "groups_of_organisations_only": "kind = 'organisation' OR groups = ''",
    "unconfirmed_is_not_confirmed": "(state = 'unconfirmed') = (confirmed_at IS NULL)",
    "confirmed_has_its_day": "(confirmed_at IS NULL) = (due_on IS NULL)",
    "decided_by_somebody": (
        "(state IN ('accepted', 'refused')) = (decided_at IS NOT NULL) AND (decided_at IS NULL) = (decided_by IS NULL)"
    ),
    "accepted_has_its_entry": "(state = 'accepted') = (stakeholder_id IS NOT NULL)",
    "refused_has_its_reason": "(state = 'refused') = (reason IS NOT NULL)",
    "refused_in_words": "state <> 'refused' OR erased_at IS NOT NULL OR words <> ''",
    "somebody_to_answer": (
        "erased_at IS NOT NULL OR (name <> '' AND (email <> '' OR postal_address <> '' OR phone <> ''))"
    ),
    "erased_after_decision": "erased_at IS NULL OR decided_at IS NOT NULL",
}
TEXTS = {
    "category": 40, "groups": 400, "region": 40, "language": 12, "also_languages": 200, "wording": 120, "name": 200,
    "email": 254, "email_key": 254, "postal_address": 500, "phone": 60, "access_needs": 1_000, "why": 500, "words": 1_000,
}  # fmt: skip
TABLE = "participation_request"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("once", sa.LargeBinary(length=32), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("consultation_id", sa.Integer(), nullable=True),
        sa.Column("kind", _code("stakeholder_kind", "organisation", "person"), nullable=False),
        sa.Column("channel", _code("channel", "email", "post", "phone", "in_person"), nullable=False),
        sa.Column("state", _code("request_state", "unconfirmed", "waiting", "accepted", "refused"), nullable=False),
        sa.Column(
            "reason",
            _code("refusal_reason", "not_reached", "not_theirs", "state_body", "not_about_this", "other"),
            nullable=True,
        ),
        *(sa.Column(name, sa.String(length=length), nullable=False) for name, length in TEXTS.items()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("stakeholder_id", sa.Integer(), nullable=True),
        sa.Column("joined", sa.Boolean(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        *(sa.CheckConstraint(words, name=op.f(f"ck_{TABLE}_{name}")) for name, words in CHECKS.items()),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f(f"fk_{TABLE}_consultation_id")),
        sa.ForeignKeyConstraint(["stakeholder_id"], ["stakeholder.id"], name=op.f(f"fk_{TABLE}_stakeholder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        *(sa.UniqueConstraint(name, name=op.f(f"uq_{TABLE}_{name}")) for name in ("ref", "once", "digest")),
    )
    for name, columns in {
        "state": ["state", "due_on", "id"],
        "decided": ["decided_at", "id"],
        "email_key": ["email_key"],
        "stakeholder_id": ["stakeholder_id"],
    }.items():
        op.create_index(op.f(f"ix_{TABLE}_{name}"), TABLE, columns)
    _own_entry()


def _own_entry() -> None:
    op.create_table(
        "entry_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stakeholder_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["stakeholder_id"], ["stakeholder.id"], name=op.f("fk_entry_change_stakeholder_id")),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_entry_change_participant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_change")),
    )
    op.create_index(op.f("ix_entry_change_stakeholder_id"), "entry_change", ["stakeholder_id"])
    op.create_table(
        "name_wish",
        sa.Column("stakeholder_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"], ["stakeholder.id"], name=op.f("fk_name_wish_stakeholder_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("stakeholder_id", name=op.f("pk_name_wish")),
    )
    op.create_table(
        "fresh_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stakeholder_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("act", _code("entry_act", "move", "arrive", "take", "forget"), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(act = 'arrive') OR address = ''", name=op.f("ck_fresh_link_address_of_arrival_only")),
        sa.CheckConstraint("digest IS NOT NULL OR address = ''", name=op.f("ck_fresh_link_used_is_wiped")),
        sa.ForeignKeyConstraint(["stakeholder_id"], ["stakeholder.id"], name=op.f("fk_fresh_link_stakeholder_id")),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_fresh_link_participant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fresh_link")),
        sa.UniqueConstraint("stakeholder_id", "act", name="one_link_an_act"),
        sa.UniqueConstraint("digest", name=op.f("uq_fresh_link_digest")),
    )


def downgrade() -> None:
    for name in ("fresh_link", "name_wish", "entry_change", TABLE):
        op.drop_table(name)
