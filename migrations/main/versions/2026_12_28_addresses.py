"""Addresses of visitors and subscribers are looked for casefolded, as those of entries are: SQLite's lower() knows ASCII only"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_12_28_addresses"
down_revision: str | None = "2026_12_27_doubles"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Triggers that speak of what this migration adds. Those of this version come back with the last upgrade.
TRIGGERS = {
    "participant_address_has_its_key_insert": "participant",
    "participant_address_has_its_key_update": "participant",
    "subscription_address_has_its_key_insert": "subscription",
    "subscription_address_has_its_key_update": "subscription",
    "subscription_stays_with_its_mailbox": "subscription",
}
PART = 1_000  # rows


def upgrade() -> None:
    # Adding alone needs no copy of the tables: their triggers stay.
    op.add_column("participant", sa.Column("email_key", sa.String(254), server_default="", nullable=False))
    op.add_column("subscription", sa.Column("email_key", sa.String(254), nullable=True))
    _fill("participant", "email")
    _fill("subscription", "address")
    op.drop_index("ix_participant_address", "participant")
    op.create_index("ix_participant_address", "participant", ["email_key"])


def _fill(name: str, column: str) -> None:
    table = sa.table(name, sa.column("id"), sa.column(column), sa.column("email_key"))
    connection, address = op.get_bind(), table.c[column]
    fill = sa.update(table).where(table.c.id == sa.bindparam("row")).values(email_key=sa.bindparam("key"))
    last = 0
    while True:
        some = sa.select(table.c.id, address).where(table.c.id > last, address != "").order_by(table.c.id).limit(PART)
        rows = connection.execute(some).all()
        if not rows:
            return
        connection.execute(fill, [{"row": row[0], "key": row[1].casefold()} for row in rows])
        last = rows[-1][0]


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table in TRIGGERS.items():
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f" ON {table}"))
    op.drop_index("ix_participant_address", "participant")
    op.create_index("ix_participant_address", "participant", [sa.text("lower(email)")])
    for table in ("participant", "subscription"):
        op.execute(f"ALTER TABLE {table} DROP COLUMN email_key")  # without a copy
