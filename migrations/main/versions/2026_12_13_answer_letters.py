"""Answers to people without e-mail: letters, calls and visits"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_12_13_answer_letters"
down_revision: str | None = "2026_12_12_own_news"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

WAYS = ("letter", "phone", "in_person")
LETTERS = ("to_print", "printed", "posted", "returned", "left_out")
SPOKEN = ("to_speak", "not_reached", "reached", "wrong_number", "left_out")
STATES = (
    "to_print", "printed", "posted", "returned", "to_speak", "not_reached", "reached", "takes_part", "no_more",
    "wrong_number", "left_out",
)  # fmt: skip
INSTANT = sa.DateTime(timezone=True)


def _code(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=f"{name}_known", native_enum=False, create_constraint=True, length=40)


def _listed(states: tuple[str, ...]) -> str:
    return ", ".join(f"'{one}'" for one in states)


def upgrade() -> None:
    op.create_table(
        "answer_letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("frozen_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("way", _code("outreach_way", *WAYS), nullable=False),
        sa.Column("state", _code("outreach_state", *STATES), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("on_day", sa.Date(), nullable=True),
        sa.CheckConstraint(
            f"(way = 'letter' AND state IN ({_listed(LETTERS)})) OR (way <> 'letter' AND state IN ({_listed(SPOKEN)}))",
            name=op.f("ck_answer_letter_state_fits_way"),
        ),
        sa.CheckConstraint("state <> 'posted' OR on_day IS NOT NULL", name=op.f("ck_answer_letter_posted_has_its_day")),
        sa.ForeignKeyConstraint(["frozen_id"], ["frozen_report.id"], name=op.f("fk_answer_letter_frozen_id")),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_answer_letter_participant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_letter")),
    )
    op.create_index("uq_answer_letter_participant", "answer_letter", ["frozen_id", "participant_id"], unique=True)
    op.create_index("ix_answer_letter_state", "answer_letter", ["frozen_id", "way", "state", "id"])
    op.create_index(op.f("ix_answer_letter_participant_id"), "answer_letter", ["participant_id"])
    op.create_table(
        "answer_letter_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("way", _code("outreach_way", *WAYS), nullable=False),
        sa.Column("state", _code("outreach_state", *STATES), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("on_day", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["answer_letter.id"], name=op.f("fk_answer_letter_step_letter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_letter_step")),
    )
    op.create_index(op.f("ix_answer_letter_step_letter_id"), "answer_letter_step", ["letter_id"])


def downgrade() -> None:
    op.drop_table("answer_letter_step")
    op.drop_table("answer_letter")
