"""Mails that came back, and addresses to which nothing is sent because of it"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_11_27_bounces"
down_revision: str | None = "2026_11_27_leaving"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# They name every column of the outbox: away before two of them go. Those of this version come back with the last upgrade.
TRIGGERS = ("mail_stays_the_same_mail_update", "final_mail_stays_final_update")
STANDS = sa.text("lifted_at IS NULL")


def _codes(name: str, *codes: str) -> sa.Enum:
    return sa.Enum(*codes, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.add_column("outbox_mail", sa.Column("bounce_digest", sa.LargeBinary(length=32), nullable=True))
    op.add_column("outbox_mail", sa.Column("address_key", sa.LargeBinary(length=32), nullable=True))
    op.create_index(op.f("ix_outbox_mail_bounce_digest"), "outbox_mail", ["bounce_digest"], unique=True)
    op.create_table(
        "bounce",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=False),
        sa.Column("address_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", _codes("bounce_kind_known", "hard", "soft"), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("source", _codes("bounce_source_known", "smtp", "report"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["outbox_mail.id"], name=op.f("fk_bounce_mail_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounce")),
        sa.UniqueConstraint("mail_id", name=op.f("uq_bounce_mail_id")),
    )
    op.create_index("ix_bounce_address", "bounce", ["address_key", "at"])
    op.create_table(
        "suppression",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("address_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("reason", _codes("suppression_reason_known", "hard_bounce", "soft_bounces"), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("source", _codes("bounce_source_known", "smtp", "report"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=40), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by IS NULL) AND (lifted_at IS NULL) = (note IS NULL)",
            name=op.f("ck_suppression_lifted_by_somebody_with_a_note"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
        sa.UniqueConstraint("ref", name=op.f("uq_suppression_ref")),
    )
    op.create_index(op.f("ix_suppression_address_key"), "suppression", ["address_key"])
    op.create_index(
        "uq_suppression_now", "suppression", ["address_key"], unique=True, sqlite_where=STANDS, postgresql_where=STANDS
    )


def downgrade() -> None:
    op.drop_table("suppression")
    op.drop_table("bounce")
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else " ON outbox_mail"))
    op.drop_index(op.f("ix_outbox_mail_bounce_digest"), table_name="outbox_mail")
    op.drop_column("outbox_mail", "address_key")
    op.drop_column("outbox_mail", "bounce_digest")
