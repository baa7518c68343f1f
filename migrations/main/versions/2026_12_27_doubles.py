"""Doubles in another script, with typing errors, or with and without the country's prefix of a telephone are found"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_12_27_doubles"
down_revision: str | None = "2026_12_26_seat_links"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """The tables; the worker compares all names then, and keys the telephone numbers, in small steps."""
    op.create_table(
        "name_to_compare",
        sa.Column("stakeholder_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"], ["stakeholder.id"], name=op.f("fk_name_to_compare_stakeholder_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("stakeholder_id", name=op.f("pk_name_to_compare")),
    )
    op.create_table(
        "names_alike",
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=False),
        sa.Column("likeness", sa.Integer(), nullable=False),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_names_alike_first_is_older")),
        sa.CheckConstraint("likeness BETWEEN 1 AND 100", name=op.f("ck_names_alike_likeness_in_percent")),
        sa.ForeignKeyConstraint(
            ["first_id"], ["stakeholder.id"], name=op.f("fk_names_alike_first_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["stakeholder.id"], name=op.f("fk_names_alike_second_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("first_id", "second_id", name=op.f("pk_names_alike")),
    )
    op.create_index(op.f("ix_names_alike_second_id"), "names_alike", ["second_id"])
    op.create_table(
        "phones_keyed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_phones_keyed_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phones_keyed")),
    )
    op.add_column("stakeholder_import_row", sa.Column("perhaps", sa.JSON(none_as_null=True), nullable=True))
    op.execute(
        "INSERT INTO name_to_compare (stakeholder_id) SELECT id FROM stakeholder WHERE protection <> 'protected'"
    )


def downgrade() -> None:
    for table in ("phones_keyed", "names_alike", "name_to_compare"):
        op.drop_table(table)
    with op.batch_alter_table("stakeholder_import_row") as rows:
        rows.drop_column("perhaps")
