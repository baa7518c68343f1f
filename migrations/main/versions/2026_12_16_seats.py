"""Seats with terms, leaving news alone, and the telling of a decision to who has no e-mail address"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from consult.core.ddl import rebuild

revision: str = "2026_12_16_seats"
down_revision: str | None = "2026_12_15_paper_yes"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STATE = sa.Enum("coming", "held", "over", name="seat_state_known", native_enum=False, create_constraint=True, length=40)
NAMED_AS = sa.Enum(
    "alternate", "colleague", name="proposed_as_known", native_enum=False, create_constraint=True, length=40
)
SCOPES = ("consultation", "everything")
ALONE = {"resolve_fks": False}  # other tables, whose indexes it cannot read, are no concern of a change to this one
ONE_HOLDER = ("uq_seat_one_holder", ["institution_id", "role"], " AND role IN ('focal_point', 'signatory')")
HELD_ONCE = ("uq_seat_held_once", ["institution_id", "role", "holder_id"], "")
# Triggers of this version that speak of what goes with it.
TRIGGERS = {
    "seat_goes_forward": "seat", "terms_of_a_seat_never_meet_insert": "seat", "terms_of_a_seat_never_meet_update": "seat",
    "ended_seat_never_changes_update": "seat", "seat_only_ends_update": "seat", "told_once_update": "participation_request",
    "decided_request_never_changes_update": "participation_request", "request_stays_as_written_update": "participation_request",
    "decided_request_never_changes_delete": "participation_request",
}  # fmt: skip
TOLD = "(told_at IS NULL) = (told_by IS NULL) AND (told_at IS NULL OR decided_at IS NOT NULL)"


def upgrade() -> None:
    with rebuild(op.get_bind(), *_speaking_of("seat")):
        _drop_indexes()
        with op.batch_alter_table("seat", reflect_kwargs=ALONE) as table:
            table.add_column(sa.Column("state", STATE, nullable=False, server_default="held"))
            table.add_column(sa.Column("follows_id", sa.Integer(), nullable=True))
        op.execute("UPDATE seat SET state = 'over' WHERE until IS NOT NULL")
        with op.batch_alter_table("seat", reflect_kwargs=ALONE) as table:
            table.alter_column("state", server_default=None)
            table.create_check_constraint(op.f("ck_seat_over_has_its_day"), "state <> 'over' OR until IS NOT NULL")
        _make_indexes("state = 'held'")
    with rebuild(op.get_bind(), *_speaking_of("leaving")):
        _only((*SCOPES, "news"))
    with rebuild(op.get_bind(), *_speaking_of("participation_request")):
        with op.batch_alter_table("participation_request", reflect_kwargs=ALONE) as table:
            table.add_column(sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
            table.add_column(sa.Column("told_by", sa.String(length=40), nullable=True))
        with op.batch_alter_table("participation_request", reflect_kwargs=ALONE) as table:
            table.create_check_constraint(op.f("ck_participation_request_told_after_decision"), TOLD)
    _invite_accepted()
    op.create_table(
        "seat_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("holder_id", sa.Integer(), nullable=False),
        sa.Column("named_as", NAMED_AS, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("name <> '' AND email <> ''", name=op.f("ck_seat_proposal_proposed_by_name_and_address")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["stakeholder.id"], name=op.f("fk_seat_proposal_institution_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["stakeholder.id"], name=op.f("fk_seat_proposal_holder_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_proposal")),
    )
    op.create_index("uq_seat_proposal_once", "seat_proposal", ["institution_id", "email_key"], unique=True)
    op.create_index(op.f("ix_seat_proposal_holder_id"), "seat_proposal", ["holder_id"])


def _invite_accepted() -> None:
    """Whoever was accepted is invited: accepting is inviting, and was meant so before."""
    op.execute(
        "UPDATE participant SET invited_at = (SELECT min(r.decided_at) FROM participation_request AS r"
        " WHERE r.state = 'accepted' AND r.stakeholder_id = participant.stakeholder_id"
        " AND r.consultation_id = participant.consultation_id)"
        " WHERE invited_at IS NULL AND EXISTS (SELECT 1 FROM participation_request AS r WHERE r.state = 'accepted'"
        " AND r.stakeholder_id = participant.stakeholder_id AND r.consultation_id = participant.consultation_id)"
    )


def downgrade() -> None:
    """Seats that lie ahead are lost, and so are ends ahead; who left news alone keeps that in the history of consent."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, guarded in TRIGGERS.items():
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f" ON {guarded}"))
    op.drop_table("seat_proposal")
    asked = "participation_request"
    with rebuild(op.get_bind(), *_speaking_of(asked)), op.batch_alter_table(asked, reflect_kwargs=ALONE) as table:
        table.drop_constraint(op.f("ck_participation_request_told_after_decision"), type_="check")
        table.drop_column("told_by")
        table.drop_column("told_at")
    with rebuild(op.get_bind(), *_speaking_of("leaving")):
        op.execute("DELETE FROM leaving WHERE scope = 'news'")
        _only(SCOPES)
    with rebuild(op.get_bind(), *_speaking_of("seat")):
        op.execute("DELETE FROM seat WHERE state = 'coming'")
        op.execute("UPDATE seat SET until = NULL WHERE state = 'held'")
        _drop_indexes()
        with op.batch_alter_table("seat", reflect_kwargs=ALONE) as table:
            table.drop_constraint(op.f("ck_seat_over_has_its_day"), type_="check")
            table.drop_constraint(op.f("ck_seat_seat_state_known"), type_="check")
            table.drop_column("state")
            table.drop_column("follows_id")
        _make_indexes("until IS NULL")


def _drop_indexes() -> None:
    for name, _columns, _more in (ONE_HOLDER, HELD_ONCE):
        op.drop_index(name, table_name="seat")


def _make_indexes(now: str) -> None:
    for name, columns, more in (ONE_HOLDER, HELD_ONCE):
        only = sa.text(now + more)
        op.create_index(name, "seat", columns, unique=True, sqlite_where=only, postgresql_where=only)


def _only(scopes: tuple[str, ...]) -> None:
    name, known = op.f("ck_leaving_leaving_scope_known"), ", ".join(f"'{one}'" for one in scopes)
    with op.batch_alter_table("leaving", reflect_kwargs=ALONE) as changed:
        changed.drop_constraint(name, type_="check")
        changed.create_check_constraint(name, f"scope IN ({known})")


def _speaking_of(table: str) -> list[str]:
    """A table, and those whose triggers read it: SQLite renames none that a trigger would look for in vain meanwhile."""
    if op.get_bind().dialect.name != "sqlite":
        return [table]
    query = sa.text(
        "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger' AND tbl_name <> :table"
        " AND sql LIKE '%' || :table || '%' ORDER BY tbl_name"
    )
    return [table, *op.get_bind().execute(query, {"table": table}).scalars()]
