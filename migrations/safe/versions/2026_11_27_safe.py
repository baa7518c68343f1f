"""Safe's tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_11_27_safe"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _consultation(*, key: bool = False) -> sa.Column[str]:
    return sa.Column("consultation", sa.String(80), primary_key=key, nullable=False)


def _table(name: str, *columns: sa.Column | sa.CheckConstraint) -> None:
    op.create_table(name, *columns, sqlite_with_rowid=False)


def upgrade() -> None:
    _table(
        "receipt",
        sa.Column("id", sa.LargeBinary(16), primary_key=True, nullable=False),
        _consultation(),
        sa.Column("cell", sa.LargeBinary(4096), nullable=False),
        sa.CheckConstraint("length(id) = 16 AND length(cell) = 4096", name="receipt_has_one_size"),
    )
    _table(
        "spool",
        sa.Column("id", sa.LargeBinary(16), primary_key=True, nullable=False),
        _consultation(),
        sa.Column("inclusion", sa.LargeBinary(32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(id) = 16 AND length(inclusion) = 32", name="spool_has_one_shape"),
    )
    numbers = ("manifest", "answers", "cells", "report")
    _table(
        "release",
        _consultation(key=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("is_closed", sa.Integer(), nullable=False),
        sa.Column("decoy_key", sa.LargeBinary(32), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in numbers),
    )
    _table(
        "outgoing",
        _consultation(key=True),
        sa.Column("purpose", sa.String(20), primary_key=True, nullable=False),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False, nullable=False),
        sa.Column("signed", sa.Text(), nullable=False),
    )
    _table(
        "published",
        _consultation(key=True),
        sa.Column("ref", sa.String(40), primary_key=True, nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    _table(
        "manifest",
        _consultation(key=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
    )
    _table(
        "pinned",
        _consultation(key=True),
        sa.Column("opening", sa.Text(), nullable=False),
        sa.Column("stops", sa.Text(), nullable=False),
    )
    _table(
        "refused_file",
        sa.Column("digest", sa.LargeBinary(16), primary_key=True, nullable=False),
        _consultation(),
    )


def downgrade() -> None:
    for name in ("refused_file", "pinned", "manifest", "published", "outgoing", "release", "spool", "receipt"):
        op.drop_table(name)
