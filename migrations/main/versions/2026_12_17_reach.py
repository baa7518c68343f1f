"""Why somebody on the list of a campaign got no mail is kept with their row; mails called spam; addresses that are tried again"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from consult.core.ddl import rebuild

revision: str = "2026_12_17_reach"
down_revision: str | None = "2026_12_16_seats"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = "campaign_recipient"
WHY = (
    "no_address", "no_basis", "no_news", "left", "left_here", "left_list", "came_back", "invited_already",
    "commented_already", "same_mailbox", "stopped", "too_late",
)  # fmt: skip
KNOWN = sa.Enum(*WHY, name="left_out_known", native_enum=False, create_constraint=True, length=40)
CHECKED = (
    ("bounce", "bounce_kind", ("hard", "soft")), ("suppression", "suppression_reason", ("hard_bounce", "soft_bounces")),
)  # fmt: skip
# Those that name a column which goes: they come back with the last upgrade.
TRIGGERS = {"recipient_stays_the_same_update": TABLE, "lifted_suppression_stays_lifted_update": "suppression"}
ALONE = {"resolve_fks": False}  # other tables, whose indexes it cannot read, are no concern of a change to this one


def upgrade() -> None:
    with rebuild(op.get_bind(), TABLE), op.batch_alter_table(TABLE, reflect_kwargs=ALONE) as table:
        table.add_column(sa.Column("left_out", KNOWN, nullable=True))
    op.add_column("suppression", sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True))
    for table, column, codes in CHECKED:
        _only(table, column, (*codes, "complaint"))


def _only(table: str, column: str, codes: tuple[str, ...]) -> None:
    name, known = op.f(f"ck_{table}_{column}_known"), ", ".join(f"'{one}'" for one in codes)
    with rebuild(op.get_bind(), table), op.batch_alter_table(table, reflect_kwargs=ALONE) as changed:
        changed.drop_constraint(name, type_="check")
        changed.create_check_constraint(name, f"{column.rpartition('_')[2]} IN ({known})")


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, guarded in TRIGGERS.items():
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f" ON {guarded}"))
    with rebuild(op.get_bind(), "suppression"), op.batch_alter_table("suppression", reflect_kwargs=ALONE) as table:
        table.drop_column("tried_at")
    op.execute("DELETE FROM bounce WHERE kind = 'complaint'")
    op.execute("DELETE FROM suppression WHERE reason = 'complaint'")
    for table, column, codes in CHECKED:
        _only(table, column, codes)
    with rebuild(op.get_bind(), TABLE), op.batch_alter_table(TABLE, reflect_kwargs=ALONE) as table:
        table.drop_constraint(op.f("ck_campaign_recipient_left_out_known"), type_="check")
        table.drop_column("left_out")
