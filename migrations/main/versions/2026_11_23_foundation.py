"""Foundation"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_11_23"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "consultation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("cycle", sa.String(length=80), nullable=False),
        sa.Column("languages", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("submitted_on", sa.Date(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "preparing",
                "open",
                "closed",
                "archived",
                name="consultation_state_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("what_it_is", sa.JSON(), nullable=False),
        sa.Column("what_we_ask", sa.JSON(), nullable=False),
        sa.Column("other_ways", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'archived') = (archived_at IS NOT NULL)", name=op.f("ck_consultation_archived_has_instant")
        ),
        sa.CheckConstraint("slug <> ''", name=op.f("ck_consultation_slug_not_empty")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation")),
        sa.UniqueConstraint("slug", name=op.f("uq_consultation_slug")),
    )
    op.create_index(op.f("ix_consultation_state"), "consultation", ["state"], unique=False)
    op.create_table(
        "journal_entry",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(length=80), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("codes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("reason_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_journal_entry")),
        sa.UniqueConstraint("hash", name=op.f("uq_journal_entry_hash")),
    )
    op.create_index(op.f("ix_journal_entry_actor"), "journal_entry", ["actor"], unique=False)
    op.create_table(
        "journal_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("seal", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_journal_head_one_head")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_head")),
    )
    op.create_table(
        "session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "staff", "participant", name="session_kind_known", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("holder", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("digest", name=op.f("uq_session_digest")),
    )
    op.create_index(op.f("ix_session_expires_at"), "session", ["expires_at"], unique=False)
    op.create_index(op.f("ix_session_holder"), "session", ["holder"], unique=False)
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index(op.f("ix_sign_in_attempt_at"), "sign_in_attempt", ["at"], unique=False)
    op.create_index(op.f("ix_sign_in_attempt_name_key"), "sign_in_attempt", ["name_key"], unique=False)
    op.create_table(
        "staff",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "invited",
                "active",
                "disabled",
                name="staff_state_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("email_key", name=op.f("uq_staff_email_key")),
        sa.UniqueConstraint("ref", name=op.f("uq_staff_ref")),
    )
    op.create_table(
        "stakeholder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "organisation",
                "person",
                name="stakeholder_kind_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("groups", sa.String(length=400), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column(
            "basis",
            sa.Enum(
                "consent", "duty", "none", name="basis_known", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("basis = 'none' OR email <> ''", name=op.f("ck_stakeholder_basis_needs_address")),
        sa.CheckConstraint(
            "kind = 'organisation' OR groups = ''", name=op.f("ck_stakeholder_groups_of_organisations_only")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stakeholder")),
        sa.UniqueConstraint("kind", "name_key", "email_key", name=op.f("uq_stakeholder_kind_name_key_email_key")),
        sa.UniqueConstraint("ref", name=op.f("uq_stakeholder_ref")),
    )
    op.create_index(op.f("ix_stakeholder_category"), "stakeholder", ["category"], unique=False)
    op.create_index(op.f("ix_stakeholder_email_key"), "stakeholder", ["email_key"], unique=False)
    op.create_table(
        "stakeholder_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("file_key", sa.String(length=80), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "reading",
                "preview",
                "applying",
                "applied",
                "failed",
                name="import_state_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "basis",
            sa.Enum(
                "consent", "duty", "none", name="basis_known", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stakeholder_import")),
        sa.UniqueConstraint("file_key", name=op.f("uq_stakeholder_import_file_key")),
        sa.UniqueConstraint("ref", name=op.f("uq_stakeholder_import_ref")),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "running",
                "done",
                "failed",
                name="task_state_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("next_url", sa.String(length=500), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("problem", sa.JSON(), nullable=True),
        sa.Column("result_key", sa.String(length=80), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state <> 'failed' OR problem IS NOT NULL", name=op.f("ck_task_failed_says_why")),
        sa.CheckConstraint("done >= 0 AND total >= 0", name=op.f("ck_task_progress_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("ref", name=op.f("uq_task_ref")),
    )
    op.create_index(op.f("ix_task_expires_at"), "task", ["expires_at"], unique=False)
    op.create_index(op.f("ix_task_state"), "task", ["state"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stakeholder_id", sa.Integer(), nullable=False),
        sa.Column(
            "basis",
            sa.Enum(
                "consent", "duty", "none", name="basis_known", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("how", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["stakeholder_id"], ["stakeholder.id"], name=op.f("fk_consent_stakeholder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_stakeholder_id"), "consent", ["stakeholder_id"], unique=False)
    op.create_table(
        "draft_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "preparing",
                "published",
                name="version_state_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "(state = 'published') = (published_at IS NOT NULL)", name=op.f("ck_draft_version_published_has_instant")
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_draft_version_number_from_one")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_draft_version_consultation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_version")),
        sa.UniqueConstraint("consultation_id", "number", name=op.f("uq_draft_version_consultation_id_number")),
    )
    op.create_index(
        "uq_draft_version_preparing",
        "draft_version",
        ["consultation_id"],
        unique=True,
        sqlite_where=sa.text("state = 'preparing'"),
        postgresql_where=sa.text("state = 'preparing'"),
    )
    op.create_table(
        "journal_reason",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("text", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["number"], ["journal_entry.number"], name=op.f("fk_journal_reason_number")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_journal_reason")),
    )
    op.create_table(
        "known_device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_known_device_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_device")),
        sa.UniqueConstraint("digest", name=op.f("uq_known_device_digest")),
    )
    op.create_index(op.f("ix_known_device_staff_id"), "known_device", ["staff_id"], unique=False)
    op.create_table(
        "password_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_password_link_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_password_link_digest")),
    )
    op.create_index(op.f("ix_password_link_staff_id"), "password_link", ["staff_id"], unique=False)
    op.create_table(
        "staff_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "secretariat",
                "approver",
                "facilitator",
                "logistics",
                "translator",
                "protection_officer",
                "focal_point",
                "nhri_observer",
                "administrator",
                name="role_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_role_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_role")),
        sa.UniqueConstraint("staff_id", "role", name=op.f("uq_staff_role_staff_id_role")),
    )
    op.create_table(
        "stakeholder_import_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "new",
                "same",
                "changed",
                "wrong",
                name="row_state_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("values", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("problems", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("stakeholder_id", sa.Integer(), nullable=True),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["stakeholder_import.id"],
            name=op.f("fk_stakeholder_import_row_import_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"], ["stakeholder.id"], name=op.f("fk_stakeholder_import_row_stakeholder_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stakeholder_import_row")),
        sa.UniqueConstraint("import_id", "line", name=op.f("uq_stakeholder_import_row_import_id_line")),
    )
    op.create_table(
        "team_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f("fk_team_member_consultation_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_team_member_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_member")),
    )
    op.create_index(op.f("ix_team_member_staff_id"), "team_member", ["staff_id"], unique=False)
    op.create_index(
        "uq_team_member_now",
        "team_member",
        ["consultation_id", "staff_id"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "terms_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "part",
            sa.Enum(
                "what_can_change",
                "who_writes",
                "who_decides",
                "who_reads",
                "what_is_published",
                "dates",
                "other_ways",
                "requests_for_data",
                "complaints",
                name="terms_part_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f("fk_terms_text_consultation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms_text")),
        sa.UniqueConstraint(
            "consultation_id",
            "number",
            "part",
            "language",
            name=op.f("uq_terms_text_consultation_id_number_part_language"),
        ),
    )
    op.create_table(
        "draft_upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("file_key", sa.String(length=80), nullable=False),
        sa.Column("file_size", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "reading",
                "read",
                "failed",
                name="upload_state_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("task_ref", sa.String(length=20), nullable=True),
        sa.Column("document", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'read') = (document IS NOT NULL)", name=op.f("ck_draft_upload_read_has_document")),
        sa.ForeignKeyConstraint(["version_id"], ["draft_version.id"], name=op.f("fk_draft_upload_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_upload")),
        sa.UniqueConstraint("file_key", name=op.f("uq_draft_upload_file_key")),
        sa.UniqueConstraint("version_id", "language", name=op.f("uq_draft_upload_version_id_language")),
    )
    op.create_table(
        "language_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("words", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("front", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["draft_version.id"], name=op.f("fk_language_version_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_language_version")),
        sa.UniqueConstraint("version_id", "language", name=op.f("uq_language_version_version_id_language")),
    )
    op.create_table(
        "paragraph",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=20), nullable=False),
        sa.Column("ref", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "front",
                "heading",
                "paragraph",
                "sub_item",
                "bullet",
                "continuation",
                "table",
                name="kind_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("parent_ref", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["version_id"], ["draft_version.id"], name=op.f("fk_paragraph_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paragraph")),
        sa.UniqueConstraint("version_id", "key", name=op.f("uq_paragraph_version_id_key")),
        sa.UniqueConstraint("version_id", "position", name=op.f("uq_paragraph_version_id_position")),
        sa.UniqueConstraint("version_id", "ref", name=op.f("uq_paragraph_version_id_ref")),
    )
    op.create_table(
        "paragraph_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("paragraph_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("notes", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["paragraph_id"], ["paragraph.id"], name=op.f("fk_paragraph_text_paragraph_id")),
        sa.ForeignKeyConstraint(["version_id"], ["draft_version.id"], name=op.f("fk_paragraph_text_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paragraph_text")),
        sa.UniqueConstraint("paragraph_id", "language", name=op.f("uq_paragraph_text_paragraph_id_language")),
    )
    op.create_index(op.f("ix_paragraph_text_version_id"), "paragraph_text", ["version_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_paragraph_text_version_id"), table_name="paragraph_text")
    op.drop_table("paragraph_text")
    op.drop_table("paragraph")
    op.drop_table("language_version")
    op.drop_table("draft_upload")
    op.drop_table("terms_text")
    op.drop_index(
        "uq_team_member_now",
        table_name="team_member",
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.drop_index(op.f("ix_team_member_staff_id"), table_name="team_member")
    op.drop_table("team_member")
    op.drop_table("stakeholder_import_row")
    op.drop_table("staff_role")
    op.drop_index(op.f("ix_password_link_staff_id"), table_name="password_link")
    op.drop_table("password_link")
    op.drop_index(op.f("ix_known_device_staff_id"), table_name="known_device")
    op.drop_table("known_device")
    op.drop_table("journal_reason")
    op.drop_index(
        "uq_draft_version_preparing",
        table_name="draft_version",
        sqlite_where=sa.text("state = 'preparing'"),
        postgresql_where=sa.text("state = 'preparing'"),
    )
    op.drop_table("draft_version")
    op.drop_index(op.f("ix_consent_stakeholder_id"), table_name="consent")
    op.drop_table("consent")
    op.drop_index(op.f("ix_task_state"), table_name="task")
    op.drop_index(op.f("ix_task_expires_at"), table_name="task")
    op.drop_table("task")
    op.drop_table("stakeholder_import")
    op.drop_index(op.f("ix_stakeholder_email_key"), table_name="stakeholder")
    op.drop_index(op.f("ix_stakeholder_category"), table_name="stakeholder")
    op.drop_table("stakeholder")
    op.drop_table("staff")
    op.drop_index(op.f("ix_sign_in_attempt_name_key"), table_name="sign_in_attempt")
    op.drop_index(op.f("ix_sign_in_attempt_at"), table_name="sign_in_attempt")
    op.drop_table("sign_in_attempt")
    op.drop_index(op.f("ix_session_holder"), table_name="session")
    op.drop_index(op.f("ix_session_expires_at"), table_name="session")
    op.drop_table("session")
    op.drop_table("journal_head")
    op.drop_index(op.f("ix_journal_entry_actor"), table_name="journal_entry")
    op.drop_table("journal_entry")
    op.drop_index(op.f("ix_consultation_state"), table_name="consultation")
    op.drop_table("consultation")
