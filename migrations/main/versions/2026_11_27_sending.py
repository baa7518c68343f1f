"""Invitations that wait, pause, stop, and are tried again"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from consult.core.ddl import rebuild

revision: str = "2026_11_27_sending"
down_revision: str | None = "2026_11_27_bounces"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BEFORE = ("writing", "sending", "sent")
AFTER = ("writing", "waiting", "sending", "paused", "stopped", "sent")
STATES = "ck_invitation_invitation_state_known"
# Triggers that speak of what this migration adds. Those of this version come back with the last upgrade.
TRIGGERS = ("sent_invitation_never_changes_update", "sent_invitation_never_changes", "invitation_never_goes_back")


def upgrade() -> None:
    with op.batch_alter_table("invitation_recipient") as table:
        table.add_column(sa.Column("tries", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("invitation_recipient") as table:
        table.alter_column("tries", server_default=None)
    _without_triggers()
    with rebuild(op.get_bind(), "invitation", "invitation_text"):
        with op.batch_alter_table("invitation") as table:
            table.add_column(sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True))
        op.execute("UPDATE invitation SET starts_at = sent_at")
        with op.batch_alter_table("invitation") as table:
            _states(table, AFTER)
            table.create_check_constraint(
                op.f("ck_invitation_sent_has_its_start"), "(sent_at IS NULL) = (starts_at IS NULL)"
            )
            table.create_check_constraint(op.f("ck_invitation_starts_when_sent_or_later"), "starts_at >= sent_at")


def downgrade() -> None:
    _without_triggers()
    op.execute(
        "DELETE FROM invitation_recipient WHERE invitation_id IN (SELECT id FROM invitation WHERE state = 'waiting')"
    )
    op.execute("UPDATE invitation SET state = 'writing', sent_at = NULL, starts_at = NULL WHERE state = 'waiting'")
    op.execute("UPDATE invitation SET state = 'sent' WHERE state IN ('paused', 'stopped')")
    with rebuild(op.get_bind(), "invitation", "invitation_text"), op.batch_alter_table("invitation") as table:
        _states(table, BEFORE)
        table.drop_constraint(op.f("ck_invitation_sent_has_its_start"), type_="check")
        table.drop_constraint(op.f("ck_invitation_starts_when_sent_or_later"), type_="check")
        table.drop_column("starts_at")
    with op.batch_alter_table("invitation_recipient") as table:
        table.drop_column("tries")


def _without_triggers() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else " ON invitation"))


def _states(table: "op.BatchOperations", states: Sequence[str]) -> None:  # type: ignore[name-defined]
    listed = ", ".join(f"'{state}'" for state in states)
    table.drop_constraint(op.f(STATES), type_="check")
    table.create_check_constraint(op.f(STATES), f"state IN ({listed})")
