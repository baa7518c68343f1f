"""Whoever is on the list of a campaign, and mails, stand only in those indexes that say something of them"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from consult.core.ddl import rebuild, speaking_of

revision: str = "2026_12_30_recipients"
down_revision: str | None = "2026_12_29_calendar"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = "campaign_recipient"
COLUMNS = ("participant_id", "subscription_id")
OF_MAILS = {"turn": ("priority", "next_at", "id"), "lease_until": ("lease_until",), "bounce_digest": ("bounce_digest",)}
SAID = {"turn": "next_at"}  # others: the column itself


def upgrade() -> None:
    _mails(whole=False)
    for column in COLUMNS:
        op.drop_index(f"ix_{TABLE}_{column}", table_name=TABLE)
    _once("drop")
    for column in COLUMNS:
        said = sa.text(f"{column} IS NOT NULL")
        where = {"sqlite_where": said, "postgresql_where": said}
        op.create_index(f"uq_{TABLE}_{column}", TABLE, ["campaign_id", column], unique=True, **where)
        op.create_index(f"ix_{TABLE}_{column}", TABLE, [column], **where)


def _mails(*, whole: bool) -> None:
    for name, columns in OF_MAILS.items():
        said = None if whole else sa.text(f"{SAID.get(name, name)} IS NOT NULL")
        where = {"sqlite_where": said, "postgresql_where": said}
        op.drop_index(f"ix_outbox_mail_{name}", table_name="outbox_mail")
        op.create_index(f"ix_outbox_mail_{name}", "outbox_mail", [*columns], unique=name == "bounce_digest", **where)


def downgrade() -> None:
    _mails(whole=True)
    for column in COLUMNS:
        op.drop_index(f"ix_{TABLE}_{column}", table_name=TABLE)
        op.drop_index(f"uq_{TABLE}_{column}", table_name=TABLE)
    _once("create")
    for column in COLUMNS:
        op.create_index(f"ix_{TABLE}_{column}", TABLE, [column])


def _once(act: str) -> None:
    """The two constraints, by which every row stood in both indexes."""
    with rebuild(op.get_bind(), *speaking_of(op.get_bind(), TABLE)), op.batch_alter_table(TABLE) as changed:
        for column in COLUMNS:
            name = op.f(f"uq_{TABLE}_campaign_id_{column}")
            if act == "drop":
                changed.drop_constraint(name, type_="unique")
            else:
                changed.create_unique_constraint(name, ["campaign_id", column])
