"""Invitations become campaigns: more kinds, an audience, a fixed list with reasons, and the approval of a second person"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from consult.core.ddl import rebuild

revision: str = "2026_11_28_campaigns"
down_revision: str | None = "2026_11_28_requests"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

GONE = sa.text("left_at IS NOT NULL")
INSTANT = sa.DateTime(timezone=True)


def _code(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


STATE = _code(
    "campaign_state_known", "writing", "preparing", "submitted", "waiting", "sending", "paused", "stopped", "sent"
)
KIND = _code("campaign_kind_known", "invitation", "reminder", "news", "debriefing")
AUDIENCE = _code("audience_known", "registry", "participants", "group", "list")
WHY = _code(
    "why_known", "registered", "category", "group", "category_and_group", "in_group", "subscribed", "takes_part"
)
WHY_NOT = _code(
    "why_not_known", "no_address", "no_basis", "left", "left_here", "came_back", "invited_already", "commented_already",
    "same_mailbox",
)  # fmt: skip


def upgrade() -> None:
    _campaigns()
    _parts()
    op.execute(
        "INSERT INTO campaign (id, ref, consultation_id, kind, audience, state, categories, groups, created_at, written_by,"
        " prepared_until, sent_at, starts_at) SELECT id, ref, consultation_id, kind, 'registry', state, categories, groups,"
        " created_at, '', 0, sent_at, starts_at FROM invitation"
    )
    op.execute(
        "INSERT INTO campaign_text (id, campaign_id, language, subject, body)"
        " SELECT id, invitation_id, language, subject, body FROM invitation_text"
    )
    op.execute(
        "INSERT INTO campaign_recipient (id, campaign_id, stakeholder_id, why, queued_at, person, tries)"
        " SELECT r.id, r.invitation_id, r.stakeholder_id, CASE i.kind WHEN 'reminder' THEN 'takes_part' ELSE 'registered' END,"
        " r.queued_at, CASE WHEN r.queued_at IS NULL THEN NULL ELSE 'stakeholder:' || r.stakeholder_id END, r.tries"
        " FROM invitation_recipient AS r JOIN invitation AS i ON i.id = r.invitation_id"
    )
    for table in ("invitation_recipient", "invitation_text", "invitation"):
        op.drop_table(table)
    op.create_index("ix_participant_left", "participant", ["consultation_id"], sqlite_where=GONE, postgresql_where=GONE)
    _rename_mails("invitation", "campaign")
    _number_on("campaign", "campaign_text", "campaign_recipient")


def _campaigns() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("kind", KIND, nullable=False),
        sa.Column("audience", AUDIENCE, nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("list_id", sa.Integer(), nullable=True),
        sa.Column("state", STATE, nullable=False),
        sa.Column("categories", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("groups", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("written_by", sa.String(length=40), nullable=False),
        sa.Column("submitted_by", sa.String(length=40), nullable=True),
        sa.Column("asked_start", INSTANT, nullable=True),
        sa.Column("prepared_until", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("starts_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "(state IN ('writing', 'preparing', 'submitted')) = (sent_at IS NULL)",
            name=op.f("ck_campaign_sent_has_instant"),
        ),
        sa.CheckConstraint("(sent_at IS NULL) = (starts_at IS NULL)", name=op.f("ck_campaign_sent_has_its_start")),
        sa.CheckConstraint("starts_at >= sent_at", name=op.f("ck_campaign_starts_when_sent_or_later")),
        sa.CheckConstraint(
            "state NOT IN ('writing', 'preparing') OR digest IS NULL", name=op.f("ck_campaign_digest_of_what_is_fixed")
        ),
        sa.CheckConstraint("state <> 'submitted' OR digest IS NOT NULL", name=op.f("ck_campaign_submitted_has_digest")),
        sa.CheckConstraint(
            "(audience = 'group') = (group_id IS NOT NULL)", name=op.f("ck_campaign_group_has_its_group")
        ),
        sa.CheckConstraint("(audience = 'list') = (list_id IS NOT NULL)", name=op.f("ck_campaign_list_has_its_list")),
        sa.ForeignKeyConstraint(["group_id"], ["smart_group.id"], name=op.f("fk_campaign_group_id")),
        sa.ForeignKeyConstraint(["list_id"], ["mailing_list.id"], name=op.f("fk_campaign_list_id")),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f("fk_campaign_consultation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("ref", name=op.f("uq_campaign_ref")),
    )
    for name in ("consultation_id", "group_id", "list_id"):
        op.create_index(op.f(f"ix_campaign_{name}"), "campaign", [name])


def _parts() -> None:
    op.create_table(
        "campaign_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_text_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_text")),
        sa.UniqueConstraint("campaign_id", "language", name=op.f("uq_campaign_text_campaign_id_language")),
    )
    op.create_table(
        "campaign_recipient",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("stakeholder_id", sa.Integer(), nullable=True),
        sa.Column("participant_id", sa.Integer(), nullable=True),
        sa.Column("subscription_id", sa.Integer(), nullable=True),
        sa.Column("why", WHY, nullable=False),
        sa.Column("why_not", WHY_NOT, nullable=True),
        sa.Column("queued_at", INSTANT, nullable=True),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("person", sa.String(length=80), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "CASE WHEN stakeholder_id IS NULL THEN 0 ELSE 1 END + CASE WHEN participant_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN subscription_id IS NULL THEN 0 ELSE 1 END = 1",
            name=op.f("ck_campaign_recipient_is_one_of_three"),
        ),
        sa.CheckConstraint(
            "why_not IS NULL OR queued_at IS NULL", name=op.f("ck_campaign_recipient_excluded_is_never_queued")
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_recipient_campaign_id")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_campaign_recipient_participant_id")
        ),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"], ["stakeholder.id"], name=op.f("fk_campaign_recipient_stakeholder_id")
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name=op.f("fk_campaign_recipient_subscription_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_recipient")),
        sa.UniqueConstraint(
            "campaign_id", "participant_id", name=op.f("uq_campaign_recipient_campaign_id_participant_id")
        ),
        sa.UniqueConstraint(
            "campaign_id", "stakeholder_id", name=op.f("uq_campaign_recipient_campaign_id_stakeholder_id")
        ),
        sa.UniqueConstraint(
            "campaign_id", "subscription_id", name=op.f("uq_campaign_recipient_campaign_id_subscription_id")
        ),
    )
    op.create_index("ix_campaign_recipient_next", "campaign_recipient", ["campaign_id", "queued_at", "id"])
    op.create_index(op.f("ix_campaign_recipient_participant_id"), "campaign_recipient", ["participant_id"])
    op.create_index(op.f("ix_campaign_recipient_stakeholder_id"), "campaign_recipient", ["stakeholder_id"])
    op.create_index(op.f("ix_campaign_recipient_subscription_id"), "campaign_recipient", ["subscription_id"])
    op.create_table(
        "campaign_approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("approved_by", sa.String(length=40), nullable=False),
        sa.Column("approved_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_approval_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_approval")),
    )
    op.create_index(op.f("ix_campaign_approval_campaign_id"), "campaign_approval", ["campaign_id"])


def downgrade() -> None:
    """Back to invitations and reminders. Other kinds, approvals and reasons have no place there and are lost."""
    _invitations()
    op.execute(
        "INSERT INTO invitation (id, ref, consultation_id, kind, state, categories, groups, created_at, sent_at, starts_at)"
        " SELECT id, ref, consultation_id, kind, CASE WHEN sent_at IS NULL THEN 'writing' ELSE state END, categories, groups,"
        " created_at, sent_at, starts_at FROM campaign WHERE kind IN ('invitation', 'reminder')"
    )
    op.execute(
        "INSERT INTO invitation_text (id, invitation_id, language, subject, body)"
        " SELECT id, campaign_id, language, substr(subject, 1, 120), body FROM campaign_text"
        " WHERE campaign_id IN (SELECT id FROM campaign WHERE kind IN ('invitation', 'reminder'))"
    )
    op.execute(
        "INSERT INTO invitation_recipient (id, invitation_id, stakeholder_id, queued_at, tries)"
        " SELECT id, campaign_id, stakeholder_id, queued_at, tries FROM campaign_recipient"
        " WHERE why_not IS NULL AND stakeholder_id IS NOT NULL"
        " AND campaign_id IN (SELECT id FROM campaign WHERE sent_at IS NOT NULL AND kind IN ('invitation', 'reminder'))"
    )
    with rebuild(op.get_bind(), "outbox_mail"):
        op.execute(
            "UPDATE outbox_mail SET state = 'suppressed', next_at = NULL, lease_until = NULL, address = NULL,"
            " parameters = NULL, finished_at = created_at WHERE finished_at IS NULL AND cause IN"
            " (SELECT 'campaign:' || id FROM campaign WHERE kind NOT IN ('invitation', 'reminder'))"
        )
    for table in ("campaign_approval", "campaign_recipient", "campaign_text", "campaign"):
        op.drop_table(table)
    op.drop_index("ix_participant_left", table_name="participant")
    _rename_mails("campaign", "invitation")
    _number_on("invitation", "invitation_text", "invitation_recipient")


def _invitations() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("kind", _code("mailing_kind_known", "invitation", "reminder"), nullable=False),
        sa.Column(
            "state",
            _code("invitation_state_known", "writing", "waiting", "sending", "paused", "stopped", "sent"),
            nullable=False,
        ),
        sa.Column("categories", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("groups", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("starts_at", INSTANT, nullable=True),
        sa.CheckConstraint("(state = 'writing') = (sent_at IS NULL)", name=op.f("ck_invitation_sent_has_instant")),
        sa.CheckConstraint("(sent_at IS NULL) = (starts_at IS NULL)", name=op.f("ck_invitation_sent_has_its_start")),
        sa.CheckConstraint("starts_at >= sent_at", name=op.f("ck_invitation_starts_when_sent_or_later")),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f("fk_invitation_consultation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("ref", name=op.f("uq_invitation_ref")),
    )
    op.create_index(op.f("ix_invitation_consultation_id"), "invitation", ["consultation_id"])
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
        "invitation_recipient",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("stakeholder_id", sa.Integer(), nullable=False),
        sa.Column("queued_at", INSTANT, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
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
    op.create_index(op.f("ix_invitation_recipient_stakeholder_id"), "invitation_recipient", ["stakeholder_id"])


def _rename_mails(old: str, new: str) -> None:
    """Mails keep their cause and template under the new name, and find their words: the rule that they never change is for what
    goes out. So do the causes that halted."""
    columns = (sa.column("cause", sa.String), sa.column("template", sa.String), sa.column("parameters", sa.JSON))
    mails = sa.table("outbox_mail", sa.column("id", sa.Integer), *columns)
    halts, connection = sa.table("mail_halt", sa.column("cause", sa.String)), op.get_bind()
    renamed = sa.literal(new) + sa.func.substr(halts.c.cause, len(old) + 1)
    op.execute(sa.update(halts).where(halts.c.cause.startswith(old)).values(cause=renamed))
    with rebuild(connection, "outbox_mail"):
        waiting = sa.select(mails.c.id, mails.c.parameters).where(
            mails.c.template.startswith(old), mails.c.parameters.is_not(None)
        )
        for mail_id, known in connection.execute(waiting).all():
            if known and old in known:
                changed = {**known, new: known[old]}
                changed.pop(old)
                op.execute(sa.update(mails).where(mails.c.id == mail_id).values(parameters=changed))
        for column in (mails.c.cause, mails.c.template):
            renamed = sa.literal(new) + sa.func.substr(column, len(old) + 1)
            op.execute(sa.update(mails).where(column.startswith(old)).values({column: renamed}))


def _number_on(*tables: str) -> None:
    """Let PostgreSQL go on counting where the copied rows end."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for name in tables:
        table = sa.table(name, sa.column("id", sa.Integer))
        last = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0) + 1).scalar_subquery()
        op.execute(sa.select(sa.func.setval(sa.func.pg_get_serial_sequence(name, "id"), last, False)))
