"""Rounds"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_11_23_rounds"
down_revision: str | None = "2026_11_23_outbox"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "writing",
                "sending",
                "sent",
                name="invitation_state_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("categories", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("groups", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'writing') = (sent_at IS NULL)", name=op.f("ck_invitation_sent_has_instant")),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f("fk_invitation_consultation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("ref", name=op.f("uq_invitation_ref")),
    )
    op.create_index(op.f("ix_invitation_consultation_id"), "invitation", ["consultation_id"], unique=False)
    op.create_table(
        "participant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("stakeholder_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("organisation", sa.String(length=200), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f("fk_participant_consultation_id")),
        sa.ForeignKeyConstraint(["stakeholder_id"], ["stakeholder.id"], name=op.f("fk_participant_stakeholder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant")),
        sa.UniqueConstraint("consultation_id", "stakeholder_id", name="takes_part_once"),
        sa.UniqueConstraint("ref", name=op.f("uq_participant_ref")),
    )
    op.create_index(op.f("ix_participant_consultation_id"), "participant", ["consultation_id"], unique=False)
    op.create_index(op.f("ix_participant_stakeholder_id"), "participant", ["stakeholder_id"], unique=False)
    op.create_table(
        "window",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_window_closes_after_opening")),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f("fk_window_consultation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_window")),
        sa.UniqueConstraint("consultation_id", "what", "number", name=op.f("uq_window_consultation_id_what_number")),
    )
    op.create_table(
        "door",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=True),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_door_participant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_door")),
        sa.UniqueConstraint("digest", name=op.f("uq_door_digest")),
        sa.UniqueConstraint("participant_id", name=op.f("uq_door_participant_id")),
    )
    op.create_table(
        "invitation_recipient",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("stakeholder_id", sa.Integer(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitation.id"], name=op.f("fk_invitation_recipient_invitation_id")
        ),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"], ["stakeholder.id"], name=op.f("fk_invitation_recipient_stakeholder_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation_recipient")),
        sa.UniqueConstraint(
            "invitation_id", "stakeholder_id", name=op.f("uq_invitation_recipient_invitation_id_stakeholder_id")
        ),
    )
    op.create_index(
        op.f("ix_invitation_recipient_stakeholder_id"), "invitation_recipient", ["stakeholder_id"], unique=False
    )
    op.create_table(
        "invitation_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitation.id"], name=op.f("fk_invitation_text_invitation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation_text")),
        sa.UniqueConstraint("invitation_id", "language", name=op.f("uq_invitation_text_invitation_id_language")),
    )
    op.create_table(
        "round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "audience",
            sa.Enum(
                "public",
                "registered",
                "invited",
                name="audience_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("extensions", sa.Integer(), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_round_closes_after_opening")),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f("fk_round_consultation_id")),
        sa.ForeignKeyConstraint(["version_id"], ["draft_version.id"], name=op.f("fk_round_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round")),
        sa.UniqueConstraint("consultation_id", "number", name=op.f("uq_round_consultation_id_number")),
    )
    op.create_table(
        "comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("paragraph_key", sa.String(length=20), nullable=True),
        sa.Column("paragraph_ref", sa.String(length=40), nullable=False),
        sa.Column("quoted_text", sa.String(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("suggestion", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column(
            "consent",
            sa.Enum(
                "with_name",
                "organisation_only",
                "category_only",
                "without_name",
                "not_published",
                name="consent_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "channel",
            sa.Enum("site", name="channel_known", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("participant_id", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("once", sa.LargeBinary(length=32), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "participant_id IS NOT NULL OR channel <> 'site'", name=op.f("ck_comment_site_comment_has_author")
        ),
        sa.CheckConstraint(
            "withdrawn_at IS NOT NULL OR text <> '' OR suggestion <> ''", name=op.f("ck_comment_says_something")
        ),
        sa.CheckConstraint(
            "withdrawn_at IS NULL OR (text = '' AND suggestion = '' AND evidence = '')",
            name=op.f("ck_comment_withdrawn_is_empty"),
        ),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_comment_participant_id")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_comment_round_id")),
        sa.ForeignKeyConstraint(["version_id"], ["draft_version.id"], name=op.f("fk_comment_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
        sa.UniqueConstraint("once", name=op.f("uq_comment_once")),
        sa.UniqueConstraint("ref", name=op.f("uq_comment_ref")),
    )
    op.create_index(op.f("ix_comment_participant_id"), "comment", ["participant_id"], unique=False)
    op.create_index(op.f("ix_comment_round_id"), "comment", ["round_id"], unique=False)
    op.create_table(
        "comment_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("paragraph_ref", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("suggestion", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column(
            "consent",
            sa.Enum(
                "with_name",
                "organisation_only",
                "category_only",
                "without_name",
                "not_published",
                name="consent_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("once", sa.String(length=60), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_comment_draft_participant_id")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_comment_draft_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_draft")),
        sa.UniqueConstraint("participant_id", "round_id", "paragraph_ref", name="one_draft_a_paragraph"),
    )
    op.create_index(op.f("ix_comment_draft_round_id"), "comment_draft", ["round_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_comment_draft_round_id"), table_name="comment_draft")
    op.drop_table("comment_draft")
    op.drop_index(op.f("ix_comment_round_id"), table_name="comment")
    op.drop_index(op.f("ix_comment_participant_id"), table_name="comment")
    op.drop_table("comment")
    op.drop_table("round")
    op.drop_table("invitation_text")
    op.drop_index(op.f("ix_invitation_recipient_stakeholder_id"), table_name="invitation_recipient")
    op.drop_table("invitation_recipient")
    op.drop_table("door")
    op.drop_table("window")
    op.drop_index(op.f("ix_participant_stakeholder_id"), table_name="participant")
    op.drop_index(op.f("ix_participant_consultation_id"), table_name="participant")
    op.drop_table("participant")
    op.drop_index(op.f("ix_invitation_consultation_id"), table_name="invitation")
    op.drop_table("invitation")
