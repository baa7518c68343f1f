"""Responses"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_11_24_responses"
down_revision: str | None = "2026_11_23_rounds"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "response",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("holds", sa.Integer(), nullable=True),
        sa.Column("screened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("screened_by_id", sa.Integer(), nullable=True),
        sa.Column(
            "withheld",
            sa.Enum("threats", "hatred", name="grounds_known", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("withheld_by_id", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(screened_at IS NULL) = (screened_by_id IS NULL)", name=op.f("ck_response_screened_by_someone")
        ),
        sa.CheckConstraint(
            "(withheld IS NULL) = (withheld_by_id IS NULL)", name=op.f("ck_response_withheld_by_someone")
        ),
        sa.CheckConstraint("published_at IS NULL OR holds IS NOT NULL", name=op.f("ck_response_published_is_answered")),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_response_comment_id")),
        sa.ForeignKeyConstraint(["screened_by_id"], ["staff.id"], name=op.f("fk_response_screened_by_id")),
        sa.ForeignKeyConstraint(["withheld_by_id"], ["staff.id"], name=op.f("fk_response_withheld_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_response")),
        sa.UniqueConstraint("comment_id", name=op.f("uq_response_comment_id")),
    )
    op.create_table(
        "disposition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("response_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "accepted",
                "accepted_in_part",
                "noted",
                "not_accepted",
                "out_of_scope",
                name="outcome_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("outcome = 'accepted' OR reason <> ''", name=op.f("ck_disposition_reason_unless_accepted")),
        sa.CheckConstraint(
            "(undone_at IS NULL) = (undone_by_id IS NULL)", name=op.f("ck_disposition_undone_by_someone")
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_disposition_numbered_from_one")),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_disposition_by_id")),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], name=op.f("fk_disposition_response_id")),
        sa.ForeignKeyConstraint(["undone_by_id"], ["staff.id"], name=op.f("fk_disposition_undone_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposition")),
        sa.UniqueConstraint("response_id", "number", name=op.f("uq_disposition_response_id_number")),
    )
    op.create_table(
        "redaction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("response_id", sa.Integer(), nullable=False),
        sa.Column(
            "field",
            sa.Enum(
                "text",
                "suggestion",
                "evidence",
                name="redacted_field_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("stop", sa.Integer(), nullable=False),
        sa.Column(
            "category",
            sa.Enum(
                "third_person_name",
                "contact_details",
                "health_or_private_life",
                "accusation_of_a_named_person",
                "other_personal",
                name="redaction_category_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("start >= 0 AND stop > start", name=op.f("ck_redaction_range_not_empty")),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_redaction_by_id")),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], name=op.f("fk_redaction_response_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redaction")),
        sa.UniqueConstraint("response_id", "field", "start", name=op.f("uq_redaction_response_id_field_start")),
    )


def downgrade() -> None:
    op.drop_table("redaction")
    op.drop_table("disposition")
    op.drop_table("response")
