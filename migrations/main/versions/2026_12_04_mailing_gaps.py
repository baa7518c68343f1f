"""An approval is of one submission of a campaign; who is next on its list stands in an index of theirs alone"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from consult.core.ddl import rebuild

revision: str = "2026_12_04_mailing_gaps"
down_revision: str | None = "2026_12_03_registry"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NEXT = sa.text("queued_at IS NULL AND why_not IS NULL")
TABLES = ("campaign", "campaign_approval")
SPEAK_OF_THEM = (*TABLES, "campaign_text", "campaign_recipient")  # in their triggers


def upgrade() -> None:
    with rebuild(op.get_bind(), *SPEAK_OF_THEM):
        for name in TABLES:
            with op.batch_alter_table(name) as table:
                table.add_column(sa.Column("submission", sa.Integer(), nullable=False, server_default="0"))
        # What waits, or went out, was asked for at least once; what was approved as it stands was approved in that.
        op.execute("UPDATE campaign SET submission = 1 WHERE state <> 'writing'")
        op.execute(
            "UPDATE campaign_approval SET submission = 1 WHERE EXISTS"
            " (SELECT 1 FROM campaign AS c WHERE c.id = campaign_id AND c.digest = campaign_approval.digest"
            " AND c.state <> 'submitted')"
        )
        for name in TABLES:
            with op.batch_alter_table(name) as table:
                table.alter_column("submission", server_default=None)
    op.drop_index("ix_campaign_recipient_next", table_name="campaign_recipient")
    op.create_index(
        "ix_campaign_recipient_next",
        "campaign_recipient",
        ["campaign_id", "id"],
        sqlite_where=NEXT,
        postgresql_where=NEXT,
    )


def downgrade() -> None:
    op.drop_index("ix_campaign_recipient_next", table_name="campaign_recipient")
    op.create_index("ix_campaign_recipient_next", "campaign_recipient", ["campaign_id", "queued_at", "id"])
    _without_triggers()
    with rebuild(op.get_bind(), *SPEAK_OF_THEM):
        for name in TABLES:
            with op.batch_alter_table(name) as table:
                table.drop_column("submission")


def _without_triggers() -> None:
    """Those of this version name the column that goes; they come back with the last upgrade."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        query = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
    for name, table in connection.exec_driver_sql(query).fetchall():
        if table in TABLES:
            op.execute(f"DROP TRIGGER {name}" + ("" if connection.dialect.name == "sqlite" else f" ON {table}"))
