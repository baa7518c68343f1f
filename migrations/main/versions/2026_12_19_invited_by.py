"""By what somebody was invited is kept with them, and with an address the mail that went there though mail had come back"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_12_19_invited_by"
down_revision: str | None = "2026_12_18_keep"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# The invitations that may have invited a participant: a mail was made for them, or a letter or call.
MAY_HAVE = (
    " FROM campaign AS c WHERE c.kind = 'invitation' AND c.consultation_id = participant.consultation_id"
    " AND c.starts_at <= participant.invited_at AND (EXISTS (SELECT 1 FROM campaign_recipient AS r"
    " WHERE r.campaign_id = c.id AND r.stakeholder_id = participant.stakeholder_id AND r.person IS NOT NULL)"
    " OR EXISTS (SELECT 1 FROM outreach AS o WHERE o.campaign_id = c.id AND o.participant_id = participant.id))"
)


def upgrade() -> None:
    # Adding alone needs no copy of the tables: their triggers and indexes, also those on expressions, stay.
    op.add_column("participant", sa.Column("invited_by", sa.String(length=40), nullable=True))
    op.add_column("suppression", sa.Column("tried_mail_id", sa.Integer(), nullable=True))
    _note_what_is_certain()


def _note_what_is_certain() -> None:
    """Of those of before: where one invitation alone can have been it. Of others nothing is taken back."""
    op.execute(
        f"UPDATE participant SET invited_by = (SELECT 'campaign:' || min(c.id){MAY_HAVE})"  # noqa: S608 - words of ours
        f" WHERE invited_at IS NOT NULL AND (SELECT count(*){MAY_HAVE}) = 1"
        " AND NOT EXISTS (SELECT 1 FROM participation_request AS a WHERE a.state = 'accepted'"
        " AND a.stakeholder_id = participant.stakeholder_id AND a.consultation_id = participant.consultation_id)"
        " AND NOT EXISTS (SELECT 1 FROM seat AS s WHERE s.holder_id = participant.stakeholder_id"
        " AND s.follows_id IS NOT NULL)"
    )


def downgrade() -> None:
    # It names a column which goes, and comes back with the last upgrade.
    guarded = "" if op.get_bind().dialect.name == "sqlite" else " ON suppression"
    op.execute(f"DROP TRIGGER IF EXISTS lifted_suppression_stays_lifted_update{guarded}")
    for table, column in (("participant", "invited_by"), ("suppression", "tried_mail_id")):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")  # likewise without a copy
