"""Reminders, who took part, addresses that were given with a comment, and what an import leaves out and changes"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from consult.core.ddl import rebuild

revision: str = "2026_11_26_reminders"
down_revision: str | None = "2026_11_25_announcements"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KIND = sa.Enum(
    "invitation", "reminder", name="mailing_kind_known", native_enum=False, create_constraint=True, length=40
)
# Triggers that speak of what this migration adds: away before it goes. Those of this version come back with the last upgrade.
TRIGGERS = {
    "participation_of_a_new_comment": "comment",
    "sent_invitation_never_changes_update": "invitation",
    "sent_invitation_text_never_changes": "invitation_text",
    "sent_invitation_text_never_changes_insert": "invitation_text",
    "sent_invitation_text_never_changes_update": "invitation_text",
    "sent_invitation_text_never_changes_delete": "invitation_text",
}
TOOK_PART = """
    INSERT INTO participation (participant_id, what, number, at)
    SELECT c.participant_id, 'comments', r.number, MIN(c.received_at)
    FROM comment c JOIN round r ON r.id = c.round_id
    WHERE c.participant_id IS NOT NULL GROUP BY c.participant_id, r.number
"""


def upgrade() -> None:
    op.create_table(
        "participation",
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_participation_participant_id")),
        sa.PrimaryKeyConstraint("participant_id", "what", "number", name=op.f("pk_participation")),
    )
    op.execute(TOOK_PART)
    op.add_column("stakeholder_import", sa.Column("ignored", sa.JSON(none_as_null=True), nullable=True))
    with op.batch_alter_table("stakeholder_import_row") as table:
        table.add_column(sa.Column("changes", sa.JSON(none_as_null=True), nullable=False, server_default="[]"))
    with op.batch_alter_table("stakeholder_import_row") as table:
        table.alter_column("changes", server_default=None)
    op.create_index("ix_participant_address", "participant", [sa.text("lower(email)")])
    with rebuild(op.get_bind(), "invitation", "invitation_text"):
        with op.batch_alter_table("invitation") as table:
            table.add_column(sa.Column("kind", KIND, nullable=False, server_default="invitation"))
        with op.batch_alter_table("invitation") as table:
            table.alter_column("kind", server_default=None)


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table_name in TRIGGERS.items():
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f" ON {table_name}"))
    op.execute("DELETE FROM invitation_text WHERE invitation_id IN (SELECT id FROM invitation WHERE kind = 'reminder')")
    op.execute(
        "DELETE FROM invitation_recipient WHERE invitation_id IN (SELECT id FROM invitation WHERE kind = 'reminder')"
    )
    op.execute("DELETE FROM invitation WHERE kind = 'reminder'")  # they would become invitations
    with rebuild(op.get_bind(), "invitation"), op.batch_alter_table("invitation") as table:
        table.drop_constraint("mailing_kind_known", type_="check")
        table.drop_column("kind")
    op.drop_index("ix_participant_address", table_name="participant")
    op.drop_table("participation")
    with op.batch_alter_table("stakeholder_import_row") as table:
        table.drop_column("changes")
    with op.batch_alter_table("stakeholder_import") as table:
        table.drop_column("ignored")
