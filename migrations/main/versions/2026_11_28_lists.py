"""Mailing lists with public sign-up, who is on them, and what was sent to them"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_11_28_lists"
down_revision: str | None = "2026_11_28_rates"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _lists()
    _subscriptions()
    _acts()


def _lists() -> None:
    op.create_table(
        "mailing_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "closed", name="list_state_known", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("takes_sign_up", sa.Boolean(), nullable=False),
        sa.Column("archive_is_public", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "ltrim(slug, 'abcdefghijklmnopqrstuvwxyz0123456789-') = ''",
            name=op.f("ck_mailing_list_slug_stands_in_a_header"),
        ),
        sa.CheckConstraint("slug <> ''", name=op.f("ck_mailing_list_slug_not_empty")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_mailing_list_has_its_words")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailing_list")),
        sa.UniqueConstraint("slug", name=op.f("uq_mailing_list_slug")),
    )
    op.create_table(
        "sign_up_mailbox",
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("mailed", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_up_mailbox")),
    )
    op.create_index(op.f("ix_sign_up_mailbox_until"), "sign_up_mailbox", ["until"])
    op.create_table(
        "list_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["mailing_list.id"], name=op.f("fk_list_message_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_message")),
        sa.UniqueConstraint("cause", name=op.f("uq_list_message_cause")),
        sa.UniqueConstraint("list_id", "number", name=op.f("uq_list_message_list_id_number")),
    )
    op.create_table(
        "list_words",
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("what_it_is", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("how_often", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["mailing_list.id"], name=op.f("fk_list_words_list_id")),
        sa.PrimaryKeyConstraint("list_id", "number", name=op.f("pk_list_words")),
    )


def _subscriptions() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "confirmed",
                "ended",
                name="subscription_state_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "how",
            sa.Enum(
                "page",
                "letter",
                "phone",
                "email",
                "meeting",
                name="sign_up_way_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("asked_by", sa.String(length=40), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("confirm_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("leave_digest", sa.LargeBinary(length=32), nullable=True),
        sa.CheckConstraint(
            "state <> 'asked' OR confirm_digest IS NOT NULL", name=op.f("ck_subscription_asked_has_its_link")
        ),
        sa.CheckConstraint(
            "state <> 'confirmed' OR confirmed_at IS NOT NULL", name=op.f("ck_subscription_confirmed_has_instant")
        ),
        sa.CheckConstraint(
            "state <> 'confirmed' OR ended_at IS NULL", name=op.f("ck_subscription_confirmed_has_not_ended")
        ),
        sa.CheckConstraint("state <> 'ended' OR ended_at IS NOT NULL", name=op.f("ck_subscription_ended_has_instant")),
        sa.CheckConstraint(
            "state = 'ended' OR address IS NOT NULL", name=op.f("ck_subscription_whom_we_write_has_address")
        ),
        sa.ForeignKeyConstraint(
            ["list_id", "words"],
            ["list_words.list_id", "list_words.number"],
            name=op.f("fk_subscription_list_id_words"),
        ),
        sa.ForeignKeyConstraint(["list_id"], ["mailing_list.id"], name=op.f("fk_subscription_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("confirm_digest", name=op.f("uq_subscription_confirm_digest")),
        sa.UniqueConstraint("leave_digest", name=op.f("uq_subscription_leave_digest")),
        sa.UniqueConstraint("list_id", "key", name="uq_subscription_once"),
        sa.UniqueConstraint("ref", name=op.f("uq_subscription_ref")),
    )
    op.create_index(op.f("ix_subscription_key"), "subscription", ["key"])
    op.create_index("ix_subscription_state", "subscription", ["list_id", "state", "id"])
    op.create_index("ix_subscription_turn", "subscription", ["state", "asked_at"])


def _acts() -> None:
    op.create_table(
        "list_leaving",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column(
            "scope",
            sa.Enum(
                "list",
                "consultation",
                "everything",
                name="list_leaving_scope_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("consultation_id", sa.Integer(), nullable=True),
        sa.Column(
            "way",
            sa.Enum(
                "page",
                "one_click",
                "mail",
                name="leaving_way_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("once", sa.LargeBinary(length=32), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(scope = 'consultation') = (consultation_id IS NOT NULL)",
            name=op.f("ck_list_leaving_says_which_consultation"),
        ),
        sa.CheckConstraint("(way = 'page') = (once IS NOT NULL)", name=op.f("ck_list_leaving_only_a_page_has_its_key")),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f("fk_list_leaving_consultation_id")),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscription.id"], name=op.f("fk_list_leaving_subscription_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_leaving")),
    )
    op.create_index("ix_list_leaving_consultation", "list_leaving", ["consultation_id", "key"])
    op.create_index(op.f("ix_list_leaving_subscription_id"), "list_leaving", ["subscription_id"])
    op.create_table(
        "subscription_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column(
            "step",
            sa.Enum(
                "asked",
                "confirmed",
                "ended",
                "undone",
                name="subscription_step_known",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("how", sa.String(length=40), nullable=False),
        sa.Column("wording", sa.String(length=60), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name=op.f("fk_subscription_act_subscription_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_act")),
    )
    op.create_index(op.f("ix_subscription_act_subscription_id"), "subscription_act", ["subscription_id"])


def downgrade() -> None:
    op.drop_table("subscription_act")
    op.drop_table("list_leaving")
    op.drop_table("subscription")
    op.drop_table("list_words")
    op.drop_table("list_message")
    op.drop_table("sign_up_mailbox")
    op.drop_table("mailing_list")
