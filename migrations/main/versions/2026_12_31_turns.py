"""Whoever is next on the list of a campaign has an index of their own; of mails, only those about which a person decides"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_12_31_turns"
down_revision: str | None = "2026_12_30_recipients"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

LISTED, MAILS = "campaign_recipient", "outbox_mail"
NEXT, STATE, UNCERTAIN = "ix_campaign_recipient_next", "ix_outbox_mail_state", "ix_outbox_mail_uncertain"


def upgrade() -> None:
    op.drop_index(NEXT, table_name=LISTED)
    _index(NEXT, LISTED, "campaign_id", "tries", "id", said="queued_at IS NULL AND why_not IS NULL")
    op.drop_index(STATE, table_name=MAILS)
    _index(UNCERTAIN, MAILS, "id", said="state = 'uncertain'")


def downgrade() -> None:
    op.drop_index(UNCERTAIN, table_name=MAILS)
    op.create_index(STATE, MAILS, ["state"])
    op.drop_index(NEXT, table_name=LISTED)
    _index(NEXT, LISTED, "campaign_id", "id", said="queued_at IS NULL AND why_not IS NULL")


def _index(name: str, table: str, *columns: str, said: str) -> None:
    where = sa.text(said)
    op.create_index(name, table, [*columns], sqlite_where=where, postgresql_where=where)
