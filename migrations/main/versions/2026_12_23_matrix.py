"""Invitations to another round; why somebody is not asked: not invited, or invited to the round already"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from consult.core.ddl import rebuild

revision: str = "2026_12_23_matrix"
down_revision: str | None = "2026_12_21_leaving_confirmed"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = "campaign_recipient"
ALONE = {"resolve_fks": False}  # other tables, whose indexes it cannot read, are no concern of a change to this one
WHY_NOT = (
    "no_address", "no_basis", "no_news", "left", "left_here", "came_back", "invited_already", "commented_already",
    "same_mailbox", "by_letter", "by_phone", "in_person",
)  # fmt: skip
LEFT_OUT = (
    "no_address", "no_basis", "no_news", "left", "left_here", "left_list", "came_back", "invited_already",
    "commented_already", "same_mailbox", "stopped", "too_late",
)  # fmt: skip
NEW = ("not_invited", "invited_to_round")
BEFORE_MAILBOX = ("for_invited",)
FIRST = "invited_already"  # between them, as the columns list their codes


def upgrade() -> None:
    op.add_column("window", sa.Column("for_whom", sa.String(length=40), nullable=True))
    theirs = 'consultation_id = "window".consultation_id AND number = "window".number'
    op.execute(  # words of ours
        f'UPDATE "window" SET for_whom = (SELECT audience FROM round WHERE {theirs})'  # noqa: S608
        f" WHERE what = 'comments' AND EXISTS (SELECT 1 FROM round WHERE audience <> 'public' AND {theirs})"
    )
    op.add_column("participant", sa.Column("last_invited_at", sa.DateTime(timezone=True), nullable=True))
    with rebuild(op.get_bind(), "participant"):
        op.execute("UPDATE participant SET last_invited_at = invited_at")
    _only(_with_new(WHY_NOT), _with_new(LEFT_OUT))


def _with_new(codes: tuple[str, ...]) -> tuple[str, ...]:
    place = codes.index(FIRST)
    mailbox = codes.index("same_mailbox")
    return codes[:place] + NEW[:1] + (FIRST,) + NEW[1:] + codes[place + 1 : mailbox] + BEFORE_MAILBOX + codes[mailbox:]


def _only(why_not: tuple[str, ...], left_out: tuple[str, ...]) -> None:
    with rebuild(op.get_bind(), *_speaking_of(TABLE)), op.batch_alter_table(TABLE, reflect_kwargs=ALONE) as table:
        for column, codes in (("why_not", why_not), ("left_out", left_out)):
            name = op.f(f"ck_{TABLE}_{column}_known")
            table.drop_constraint(name, type_="check")
            table.create_check_constraint(name, f"{column} IN ({', '.join(repr(one) for one in codes)})")


def downgrade() -> None:
    """Lists with the new reasons lose them: the reason before was none that fits."""
    known = ", ".join(repr(one) for one in NEW + BEFORE_MAILBOX)
    with rebuild(op.get_bind(), TABLE):
        op.execute(f"UPDATE {TABLE} SET why_not = 'invited_already' WHERE why_not IN ({known})")  # noqa: S608 - words of ours
        op.execute(f"UPDATE {TABLE} SET left_out = 'invited_already' WHERE left_out IN ({known})")  # noqa: S608 - words of ours
    _only(WHY_NOT, LEFT_OUT)
    op.drop_column("window", "for_whom")
    op.drop_column("participant", "last_invited_at")


def _speaking_of(table: str) -> list[str]:
    """A table, and those whose triggers read it: SQLite renames none that a trigger would look for in vain meanwhile."""
    if op.get_bind().dialect.name != "sqlite":
        return [table]
    query = sa.text(
        "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger' AND tbl_name <> :table"
        " AND sql LIKE '%' || :table || '%' ORDER BY tbl_name"
    )
    return [table, *op.get_bind().execute(query, {"table": table}).scalars()]
