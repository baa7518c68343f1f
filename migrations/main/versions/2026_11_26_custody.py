"""Officers, consultation keys, the exchange with safe, and comments without a name"""

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from alembic import op

from consult.core.ddl import rebuild

revision: str = "2026_11_26_custody"
down_revision: str | None = "2026_11_26_publishing"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NEW = (
    "nameless_round", "half_copy", "result_upload", "opening", "desk_result", "consultation_key", "appointment", "safe_report",
    "safe_file", "officer", "exchange_fault", "batch",
)  # fmt: skip
# Triggers on tables that were there before; those on the new tables go with them.
TRIGGERS = {
    "whoever_has_a_card_has_one_role": "staff_role",
    "round_is_fixed_at_its_opening_update": "round",
    "round_is_fixed_at_its_opening_delete": "round",
    "nameless_needs_a_key_in_use": "round",
    "nameless_only_where_taken": "comment",
    "tombstone_of_a_withdrawn_comment": "comment",
    "report_waits_for_exchange": "report",
}
OLD_CHECKS = {"ck_comment_site_comment_has_author": "participant_id IS NOT NULL OR channel <> 'site'"}
NEW_CHECKS = {
    "ck_comment_only_safe_has_no_author": "(participant_id IS NULL) = (channel = 'safe')",
    "ck_comment_only_safe_is_undated": "(received_at IS NULL) = (channel = 'safe')",
    "ck_comment_safe_names_nobody": "channel <> 'safe' OR consent IN ('without_name', 'not_published')",
    "ck_comment_safe_withdrawal_undated": "channel <> 'safe' OR withdrawn_at IS NULL OR withdrawn_at < '1970-01-02'",
}
ROUND_CHECKS = {
    "ck_round_nameless_at_a_host": "takes_nameless = (safe_host IS NOT NULL)",
    "ck_round_nameless_reads_what_is_public": "NOT takes_nameless OR audience <> 'invited'",
}


def upgrade() -> None:
    with rebuild(op.get_bind(), "round", "comment"):
        if op.get_bind().dialect.name == "sqlite":
            _again("round", lambda: _round(nameless=True), "*, 0, NULL")
            _again("comment", lambda: _comment(nameless=True), "*")
        else:
            _alter_postgresql()
    _new_tables()


def downgrade() -> None:
    """Comments without a name have no place in the older shape: where there are any, the database refuses, and nothing is lost."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table in TRIGGERS.items():
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f' ON "{table}"'))
    for table in NEW:
        op.drop_table(table)
    with rebuild(op.get_bind(), "round", "comment"):
        if sqlite:
            _again("comment", lambda: _comment(nameless=False), "*")
            _again("round", lambda: _round(nameless=False), ", ".join(ROUND_COLUMNS))
        else:
            _alter_postgresql_back()


def _again(table: str, create: Callable[[], None], columns: str) -> None:
    """Make a table of SQLite anew with its rows: its very statement is then that of a fresh one, which a rename would quote."""
    op.execute(f'CREATE TABLE kept_rows AS SELECT * FROM "{table}"')  # noqa: S608
    op.execute(f'DROP TABLE "{table}"')
    create()
    op.execute(f'INSERT INTO "{table}" SELECT {columns} FROM kept_rows')  # noqa: S608
    op.execute("DROP TABLE kept_rows")


ROUND_COLUMNS = (
    "id", "consultation_id", "number", "version_id", "opens_at", "closes_at", "audience", "extensions", "questions",
)  # fmt: skip


def _alter_postgresql() -> None:
    op.add_column("round", sa.Column("takes_nameless", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("round", "takes_nameless", server_default=None)
    op.add_column("round", sa.Column("safe_host", sa.String(length=255), nullable=True))
    for name, condition in ROUND_CHECKS.items():
        op.create_check_constraint(op.f(name), "round", condition)
    op.alter_column("comment", "received_at", nullable=True)
    _checks(OLD_CHECKS, NEW_CHECKS, "'site', 'safe'")


def _alter_postgresql_back() -> None:
    _checks(NEW_CHECKS, OLD_CHECKS, "'site'")
    op.alter_column("comment", "received_at", nullable=False)
    for name in ROUND_CHECKS:
        op.drop_constraint(op.f(name), "round")
    op.drop_column("round", "safe_host")
    op.drop_column("round", "takes_nameless")


def _checks(old: dict[str, str], new: dict[str, str], channels: str) -> None:
    for name in (*old, "ck_comment_channel_known"):
        op.drop_constraint(op.f(name), "comment")
    for name, condition in {**new, "ck_comment_channel_known": f"channel IN ({channels})"}.items():
        op.create_check_constraint(op.f(name), "comment", condition)


def _round(*, nameless: bool) -> None:
    extra: list[sa.schema.SchemaItem] = []
    if nameless:
        extra += [
            sa.Column("takes_nameless", sa.Boolean(), nullable=False),
            sa.Column("safe_host", sa.String(length=255), nullable=True),
            *(sa.CheckConstraint(condition, name=op.f(name)) for name, condition in ROUND_CHECKS.items()),
        ]
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
        *extra,
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_round_closes_after_opening")),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f("fk_round_consultation_id")),
        sa.ForeignKeyConstraint(["version_id"], ["draft_version.id"], name=op.f("fk_round_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round")),
        sa.UniqueConstraint("consultation_id", "number", name=op.f("uq_round_consultation_id_number")),
    )


def _comment(*, nameless: bool) -> None:
    checks = NEW_CHECKS if nameless else OLD_CHECKS
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
            sa.Enum(
                *(("site", "safe") if nameless else ("site",)),
                name="channel_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("participant_id", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=nameless),
        sa.Column("once", sa.LargeBinary(length=32), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        *(sa.CheckConstraint(condition, name=op.f(name)) for name, condition in checks.items()),
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


def _new_tables() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("manifest", sa.Integer(), nullable=False),
        sa.Column("file_key", sa.String(length=80), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_batch_numbered")),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f("fk_batch_consultation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("consultation_id", "number", name=op.f("uq_batch_consultation_id_number")),
    )
    op.create_table(
        "exchange_fault",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_exchange_fault_consultation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_fault")),
        sa.UniqueConstraint("digest", name=op.f("uq_exchange_fault_digest")),
    )
    op.create_table(
        "officer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("institution", sa.String(length=200), nullable=False),
        sa.Column("in_ministry", sa.Boolean(), nullable=False),
        sa.Column("box", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sign", sa.LargeBinary(length=32), nullable=False),
        sa.Column("fingerprint", sa.String(length=47), nullable=False),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("appointed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "appointed_how",
            sa.Enum(
                "administrator",
                "officers",
                "paper",
                name="appointed_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("paper_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(paper_on IS NOT NULL) = (COALESCE(appointed_how, '') = 'paper')",
            name=op.f("ck_officer_paper_has_its_day"),
        ),
        sa.CheckConstraint(
            "(appointed_at IS NULL) = (appointed_how IS NULL)", name=op.f("ck_officer_appointed_somehow")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_officer_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_officer_fingerprint")),
        sa.UniqueConstraint("ref", name=op.f("uq_officer_ref")),
    )
    op.create_index(
        "uq_officer_now",
        "officer",
        ["staff_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "safe_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("file_key", sa.String(length=80), nullable=True),
        sa.Column("laid_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f("fk_safe_file_consultation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safe_file")),
        sa.UniqueConstraint(
            "consultation_id", "purpose", "number", name=op.f("uq_safe_file_consultation_id_purpose_number")
        ),
    )
    op.create_table(
        "safe_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f("fk_safe_report_consultation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safe_report")),
        sa.UniqueConstraint("consultation_id", "number", name=op.f("uq_safe_report_consultation_id_number")),
    )
    op.create_table(
        "appointment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("signed", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["officer.id"], name=op.f("fk_appointment_by_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_appointment_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
        sa.UniqueConstraint("officer_id", "by_id", name=op.f("uq_appointment_officer_id_by_id")),
    )
    op.create_table(
        "consultation_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("public", sa.LargeBinary(length=32), nullable=False),
        sa.Column("last_release", sa.Integer(), nullable=True),
        sa.Column("sheet_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sheet_by_id", sa.Integer(), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stop", sa.String(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(sheet_at IS NULL) = (sheet_by_id IS NULL)", name=op.f("ck_consultation_key_sheet_confirmed_by_someone")
        ),
        sa.CheckConstraint(
            "(stopped_at IS NULL) = (stop IS NULL)", name=op.f("ck_consultation_key_stopped_with_a_signature")
        ),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_consultation_key_consultation_id")
        ),
        sa.ForeignKeyConstraint(["sheet_by_id"], ["officer.id"], name=op.f("fk_consultation_key_sheet_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation_key")),
        sa.UniqueConstraint("consultation_id", "number", name=op.f("uq_consultation_key_consultation_id_number")),
        sa.UniqueConstraint("public", name=op.f("uq_consultation_key_public")),
    )
    op.create_table(
        "desk_result",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("batches", sa.Integer(), nullable=False),
        sa.Column("closes", sa.Boolean(), nullable=False),
        sa.Column("state_key", sa.String(length=80), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_desk_result_numbered")),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f("fk_desk_result_consultation_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_desk_result_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_result")),
        sa.UniqueConstraint("consultation_id", "number", name=op.f("uq_desk_result_consultation_id_number")),
    )
    op.create_table(
        "opening",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("signed", sa.String(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f("fk_opening_consultation_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_opening_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening")),
        sa.UniqueConstraint("consultation_id", "number", name=op.f("uq_opening_consultation_id_number")),
    )
    op.create_table(
        "result_upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("file_key", sa.String(length=80), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_result_upload_consultation_id")
        ),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_result_upload_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_upload")),
        sa.UniqueConstraint("file_key", name=op.f("uq_result_upload_file_key")),
    )
    op.create_table(
        "half_copy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=60), nullable=True),
        sa.Column("handed_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased", sa.String(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(erased_at IS NULL) = (erased IS NULL)", name=op.f("ck_half_copy_erased_with_a_signature")),
        sa.ForeignKeyConstraint(["key_id"], ["consultation_key.id"], name=op.f("fk_half_copy_key_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_half_copy_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_half_copy")),
        sa.UniqueConstraint("key_id", "officer_id", name=op.f("uq_half_copy_key_id_officer_id")),
    )
    op.create_table(
        "nameless_round",
        sa.Column("round_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("closed_manifest", sa.Integer(), nullable=True),
        sa.Column("released_by_id", sa.Integer(), nullable=True),
        sa.Column("withdraw_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_manifest", sa.Integer(), nullable=True),
        sa.Column("settled_by_id", sa.Integer(), nullable=True),
        sa.Column("final_root", sa.LargeBinary(length=32), nullable=True),
        sa.CheckConstraint(
            "released_by_id IS NULL OR closed_manifest IS NOT NULL",
            name=op.f("ck_nameless_round_released_after_closing"),
        ),
        sa.CheckConstraint(
            "settled_by_id IS NULL OR withdrawn_manifest IS NOT NULL",
            name=op.f("ck_nameless_round_settled_after_withdrawals"),
        ),
        sa.CheckConstraint(
            "withdraw_until IS NULL OR released_by_id IS NOT NULL",
            name=op.f("ck_nameless_round_announced_after_release"),
        ),
        sa.CheckConstraint(
            "withdrawn_manifest IS NULL OR withdraw_until IS NOT NULL",
            name=op.f("ck_nameless_round_withdrawals_close_as_announced"),
        ),
        sa.ForeignKeyConstraint(["released_by_id"], ["desk_result.id"], name=op.f("fk_nameless_round_released_by_id")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_nameless_round_round_id")),
        sa.ForeignKeyConstraint(["settled_by_id"], ["desk_result.id"], name=op.f("fk_nameless_round_settled_by_id")),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_nameless_round")),
    )
