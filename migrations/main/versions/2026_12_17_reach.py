"""Why somebody on the list of a campaign got no mail when their turn came is kept with their row"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from consult.core.ddl import rebuild

revision: str = "2026_12_17_reach"
down_revision: str | None = "2026_12_11_left_by_staff"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = "campaign_recipient"
WHY = (
    "no_address", "no_basis", "no_news", "left", "left_here", "left_list", "came_back", "invited_already",
    "commented_already", "same_mailbox", "stopped", "too_late",
)  # fmt: skip
KNOWN = sa.Enum(*WHY, name="left_out_known", native_enum=False, create_constraint=True, length=40)
ALONE = {"resolve_fks": False}  # other tables, whose indexes it cannot read, are no concern of a change to this one


def upgrade() -> None:
    with rebuild(op.get_bind(), TABLE), op.batch_alter_table(TABLE, reflect_kwargs=ALONE) as table:
        table.add_column(sa.Column("left_out", KNOWN, nullable=True))


def downgrade() -> None:
    """The triggers that name the column go with it, and come back with the last upgrade."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute("DROP TRIGGER recipient_stays_the_same_update" + ("" if sqlite else f" ON {TABLE}"))
    with rebuild(op.get_bind(), TABLE), op.batch_alter_table(TABLE, reflect_kwargs=ALONE) as table:
        table.drop_constraint(op.f("ck_campaign_recipient_left_out_known"), type_="check")
        table.drop_column("left_out")
