"""Triage"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_11_25_triage"
down_revision: str | None = "2026_11_25_translations"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OUTCOMES = ("accepted", "accepted_in_part", "noted", "not_accepted", "out_of_scope")
TALLIED = ("comments", "unscreened", "withheld", "unanswered", *OUTCOMES)
# Triggers on tables that were there before; those on the new tables go with them.
TRIGGERS = {
    "triage_of_a_new_comment": "comment",
    "no_triage_of_a_withdrawn_comment": "comment",
    "triage_of_a_new_response": "response",
    "triage_of_a_changed_response": "response",
    "triage_of_a_new_disposition": "disposition",
}
STANDING = """
    INSERT INTO triage (comment_id, round_id, answer, is_unscreened, is_withheld)
    SELECT c.id, c.round_id, COALESCE(d.outcome, 'unanswered'),
           c.consent <> 'not_published' AND r.screened_at IS NULL AND r.withheld IS NULL, r.withheld IS NOT NULL
    FROM comment c
    LEFT JOIN response r ON r.comment_id = c.id
    LEFT JOIN disposition d ON d.response_id = r.id AND d.number = r.holds
    WHERE c.withdrawn_at IS NULL
"""


def upgrade() -> None:
    op.create_table(
        "triage",
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=40), nullable=False),
        sa.Column("is_unscreened", sa.Boolean(), nullable=False),
        sa.Column("is_withheld", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_triage_comment_id")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_triage_round_id")),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_triage")),
    )
    op.create_index("ix_triage_answer", "triage", ["round_id", "answer", "comment_id"])
    op.create_index("ix_triage_round", "triage", ["round_id", "comment_id"])
    op.create_index(
        "ix_triage_unscreened",
        "triage",
        ["round_id", "comment_id"],
        sqlite_where=sa.text("is_unscreened = 1"),
        postgresql_where=sa.text("is_unscreened"),
    )
    op.create_table(
        "triage_tally",
        sa.Column("round_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in TALLIED),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_triage_tally_round_id")),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_triage_tally")),
    )
    op.execute(STANDING)
    sums = ", ".join(f"SUM(CASE WHEN answer = '{answer}' THEN 1 ELSE 0 END)" for answer in TALLIED[3:])
    op.execute(
        f"INSERT INTO triage_tally (round_id, {', '.join(TALLIED)})"  # noqa: S608
        " SELECT round_id, COUNT(*), SUM(CASE WHEN is_unscreened THEN 1 ELSE 0 END),"
        f" SUM(CASE WHEN is_withheld THEN 1 ELSE 0 END), {sums} FROM triage GROUP BY round_id"
    )


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table in TRIGGERS.items():
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f" ON {table}"))
    op.drop_table("triage_tally")
    op.drop_table("triage")
