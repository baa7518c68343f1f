"""One's own entry by a mailed link, without a consultation; and being forgotten by whoever asks on paper"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from consult.core.ddl import rebuild

revision: str = "2026_12_25_own_entry"
down_revision: str | None = "2026_12_24_who_left"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ALONE = {"resolve_fks": False}  # other tables, whose indexes it cannot read, are no concern of a change to this one
KINDS = ("staff", "half_signed_in", "walk_through", "participant")
ENTRY_ACTS = ("move", "arrive", "take", "forget")
LEAVE_ACTS = ("consultation", "everything", "list", "official", "news")
READER = "(participant_id IS NULL) <> (subscription_id IS NULL)"
OPENING = f"(act = 'open' AND participant_id IS NULL AND subscription_id IS NULL) OR (act <> 'open' AND {READER})"
STOPS, OPENS = sa.text("act <> 'open'"), sa.text("act = 'open'")
OF_VISITORS = sa.text("stakeholder_id IS NULL")
FRESH_CHECKS = {
    "of_somebody": "stakeholder_id IS NOT NULL OR participant_id IS NOT NULL",
    "visitors_take_or_go": "stakeholder_id IS NOT NULL OR act IN ('take', 'forget')",
}
WAYS = ("letter", "phone", "in_person")
CHECKED = ("known", "document", "called_back", "signature", "representative")


def upgrade() -> None:
    with rebuild(op.get_bind(), "session"):
        _known("session", "kind", "session_kind", (*KINDS, "entry"))
    with rebuild(op.get_bind(), "entry_change"), op.batch_alter_table("entry_change", reflect_kwargs=ALONE) as table:
        table.alter_column("participant_id", existing_type=sa.Integer(), nullable=True)
    with rebuild(op.get_bind(), "fresh_link"):
        _fresh_links()
    with rebuild(op.get_bind(), "leave_link"):
        _known("leave_link", "act", "leave_act", (*LEAVE_ACTS, "open"))
        with op.batch_alter_table("leave_link", reflect_kwargs=ALONE) as table:
            table.drop_constraint(op.f("ck_leave_link_of_a_door_or_a_list"), type_="check")
            table.create_check_constraint(op.f("ck_leave_link_of_a_door_or_a_list"), OPENING)
            table.create_check_constraint(op.f("ck_leave_link_opening_is_no_link"), "act <> 'open' OR digest IS NULL")
            table.drop_constraint(op.f("uq_leave_link_key"), type_="unique")
        for name, only in (("stops", STOPS), ("opens", OPENS)):
            op.create_index(
                f"uq_leave_link_{name}", "leave_link", ["key"], unique=True, sqlite_where=only, postgresql_where=only
            )
    _new_tables()


def downgrade() -> None:
    """Links and sessions of kinds that the older version does not know are over; corrections without a door lose who made them."""
    op.drop_table("forget_wish")
    op.drop_table("own_ask")
    with rebuild(op.get_bind(), "leave_link"):
        op.execute("DELETE FROM leave_link WHERE act = 'open'")
        for name in ("stops", "opens"):
            op.drop_index(f"uq_leave_link_{name}", table_name="leave_link")
        with op.batch_alter_table("leave_link", reflect_kwargs=ALONE) as table:
            table.drop_constraint(op.f("ck_leave_link_opening_is_no_link"), type_="check")
            table.drop_constraint(op.f("ck_leave_link_of_a_door_or_a_list"), type_="check")
            table.create_check_constraint(op.f("ck_leave_link_of_a_door_or_a_list"), READER)
            table.create_unique_constraint(op.f("uq_leave_link_key"), ["key"])
        _known("leave_link", "act", "leave_act", LEAVE_ACTS)
    with rebuild(op.get_bind(), "fresh_link"):
        _old_fresh_links()
    with rebuild(op.get_bind(), "entry_change"):
        op.execute("DELETE FROM entry_change WHERE participant_id IS NULL")
        with op.batch_alter_table("entry_change", reflect_kwargs=ALONE) as table:
            table.alter_column("participant_id", existing_type=sa.Integer(), nullable=False)
    with rebuild(op.get_bind(), "session"):
        op.execute("DELETE FROM session WHERE kind = 'entry'")
        _known("session", "kind", "session_kind", KINDS)


def _fresh_links() -> None:
    with op.batch_alter_table("fresh_link", reflect_kwargs=ALONE) as table:
        for name in ("stakeholder_id", "participant_id"):
            table.alter_column(name, existing_type=sa.Integer(), nullable=True)
        table.add_column(sa.Column("until", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("mailbox", sa.LargeBinary(length=32), nullable=True))
        for name, words in FRESH_CHECKS.items():
            table.create_check_constraint(op.f(f"ck_fresh_link_{name}"), words)
    _known("fresh_link", "act", "entry_act", (*ENTRY_ACTS, "open"))
    op.create_index(
        "uq_fresh_link_visitor", "fresh_link", ["participant_id", "act"], unique=True, sqlite_where=OF_VISITORS,
        postgresql_where=OF_VISITORS,
    )  # fmt: skip


def _old_fresh_links() -> None:
    op.drop_index("uq_fresh_link_visitor", table_name="fresh_link")
    op.execute("DELETE FROM fresh_link WHERE act = 'open' OR stakeholder_id IS NULL OR participant_id IS NULL")
    _known("fresh_link", "act", "entry_act", ENTRY_ACTS)
    with op.batch_alter_table("fresh_link", reflect_kwargs=ALONE) as table:
        for name in FRESH_CHECKS:
            table.drop_constraint(op.f(f"ck_fresh_link_{name}"), type_="check")
        table.drop_column("mailbox")
        table.drop_column("until")
        for name in ("stakeholder_id", "participant_id"):
            table.alter_column(name, existing_type=sa.Integer(), nullable=False)


def _new_tables() -> None:
    op.create_table(
        "own_ask",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_ask")),
    )
    op.create_table(
        "forget_wish",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("stakeholder_id", sa.Integer(), nullable=True),
        sa.Column("participant_id", sa.Integer(), nullable=True),
        sa.Column("way", _enum("asked_way", WAYS), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("checked", _enum("identity_check", CHECKED), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(stakeholder_id IS NULL) <> (participant_id IS NULL)", name=op.f("ck_forget_wish_of_one")),
        sa.ForeignKeyConstraint(["stakeholder_id"], ["stakeholder.id"], name=op.f("fk_forget_wish_stakeholder_id")),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_forget_wish_participant_id")),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_forget_wish_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forget_wish")),
        sa.UniqueConstraint("ref", name=op.f("uq_forget_wish_ref")),
        sa.UniqueConstraint("stakeholder_id", name=op.f("uq_forget_wish_stakeholder_id")),
        sa.UniqueConstraint("participant_id", name=op.f("uq_forget_wish_participant_id")),
    )


def _enum(name: str, codes: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*codes, name=f"{name}_known", native_enum=False, create_constraint=True, length=40)


def _known(table: str, column: str, kind: str, codes: tuple[str, ...]) -> None:
    name, known = op.f(f"ck_{table}_{kind}_known"), ", ".join(f"'{one}'" for one in codes)
    with op.batch_alter_table(table, reflect_kwargs=ALONE) as changed:
        changed.drop_constraint(name, type_="check")
        changed.create_check_constraint(name, f"{column} IN ({known})")
