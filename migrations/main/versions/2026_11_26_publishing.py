"""Publishing by one row: what a report is made of is prepared beside it"""

import json
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2026_11_26_publishing"
down_revision: str | None = "2026_11_26_second_factor"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ALONE = {"resolve_fks": False}  # the tables that one points to need not be read: one has an index that cannot be

# Their triggers name columns that go or come; the environment writes today's anew at the end of an upgrade.
TOUCHED = (
    "response",
    "disposition",
    "redaction",
    "answer_translation",
    "report",
    "report_item",
    "triage",
    "triage_tally",
    "frozen_report",
    "answer_release",
)
ONLY = sa.text("tombstoned_at IS NOT NULL")
UNPUBLISHED = sa.text("published_at IS NULL")
KIND = sa.Enum("final", "interim", name="report_kind_known", native_enum=False, create_constraint=True, length=40)

RELEASES = """
    INSERT INTO answer_release (round_id, published_at)
    SELECT round_id, published_at FROM report
    UNION
    SELECT c.round_id, r.published_at FROM response r JOIN comment c ON c.id = r.comment_id WHERE r.published_at IS NOT NULL
"""
RELEASED = """
    UPDATE response SET release_id = (
        SELECT a.id FROM answer_release a JOIN comment c ON c.round_id = a.round_id
        WHERE c.id = response.comment_id AND a.published_at = response.published_at
    ) WHERE published_at IS NOT NULL
"""
FROZEN = """
    INSERT INTO frozen_report (id, round_id, release_id, kind, answers_by, begun_at, made_from, items, answers, told_until,
                               told_at, digest, content)
    SELECT p.id, p.round_id, a.id, p.kind, p.answers_by, p.published_at, '',
           (SELECT COUNT(*) FROM report_item i WHERE i.report_id = p.id),
           (SELECT COUNT(*) FROM response r WHERE r.release_id = a.id), 0, p.published_at, p.digest, CAST(p.document AS TEXT)
    FROM report p JOIN answer_release a ON a.round_id = p.round_id AND a.published_at = p.published_at
"""


def _without_triggers() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        query = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
    for name, table in connection.exec_driver_sql(query).fetchall():
        if table in TOUCHED:
            on = "" if connection.dialect.name == "sqlite" else f' ON "{table}"'
            op.execute(f'DROP TRIGGER "{name}"{on}')


def upgrade() -> None:
    _without_triggers()
    op.create_table(
        "answer_release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_answer_release_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_release")),
    )
    op.create_index(
        "uq_answer_release_prepared",
        "answer_release",
        ["round_id"],
        unique=True,
        sqlite_where=UNPUBLISHED,
        postgresql_where=UNPUBLISHED,
    )
    op.create_table(
        "frozen_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("kind", KIND, nullable=False),
        sa.Column("answers_by", sa.Date(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_from", sa.String(length=80), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("told_until", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("content", sa.String(), nullable=True),
        sa.CheckConstraint("(digest IS NULL) = (content IS NULL)", name=op.f("ck_frozen_report_digest_of_its_content")),
        sa.ForeignKeyConstraint(["release_id"], ["answer_release.id"], name=op.f("fk_frozen_report_release_id")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_frozen_report_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frozen_report")),
    )
    op.create_index("ix_frozen_report_release_id", "frozen_report", ["release_id"])
    op.create_index("ix_frozen_report_told_at", "frozen_report", ["told_at"])
    with op.batch_alter_table("triage_tally", reflect_kwargs=ALONE) as tally:
        tally.add_column(sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("triage_tally", reflect_kwargs=ALONE) as tally:
        tally.alter_column("revision", server_default=None)
    with op.batch_alter_table("response", reflect_kwargs=ALONE) as response:
        response.add_column(sa.Column("release_id", sa.Integer(), nullable=True))
    op.execute(RELEASES)
    op.execute(RELEASED)
    op.execute(FROZEN)
    _make_canonical()
    with op.batch_alter_table("response", reflect_kwargs=ALONE) as response:
        response.drop_constraint(op.f("ck_response_published_is_answered"), type_="check")
        response.drop_column("published_at")
        response.create_check_constraint(
            op.f("ck_response_released_is_answered"), "release_id IS NULL OR holds IS NOT NULL"
        )
        response.create_foreign_key(op.f("fk_response_release_id"), "answer_release", ["release_id"], ["id"])
        response.create_index("ix_response_release_id", ["release_id"])
    with op.batch_alter_table("report", reflect_kwargs=ALONE) as report:
        report.add_column(sa.Column("frozen_id", sa.Integer(), nullable=True))
    op.execute("UPDATE report SET frozen_id = id")
    with op.batch_alter_table("report", reflect_kwargs=ALONE) as report:
        report.alter_column("frozen_id", existing_type=sa.Integer(), nullable=False)
        report.drop_column("document")
        report.create_foreign_key(op.f("fk_report_frozen_id"), "frozen_report", ["frozen_id"], ["id"])
        report.create_unique_constraint(op.f("uq_report_frozen_id"), ["frozen_id"])
    _items("frozen_report", "report_id", "frozen_id")
    _set_categories_apart()
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT setval('frozen_report_id_seq', COALESCE((SELECT MAX(id) FROM frozen_report), 0) + 1, false)")


def _make_canonical() -> None:
    """The digest is of canonical JSON: from now on that is what is stored."""
    connection = op.get_bind()
    for row in connection.execute(sa.text("SELECT id, content FROM frozen_report")).fetchall():
        content = json.dumps(json.loads(row[1]), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        connection.execute(
            sa.text("UPDATE frozen_report SET content = :content WHERE id = :id"), {"content": content, "id": row[0]}
        )


def _set_categories_apart() -> None:
    """A category can be taken away from now on, so it stands in a column of its own."""
    items = sa.table("report_item", sa.column("id"), sa.column("personal", sa.JSON), sa.column("author_category"))
    connection = op.get_bind()
    for row in connection.execute(
        sa.select(items.c.id, items.c.personal).where(items.c.personal.is_not(None))
    ).fetchall():
        author = (row[1] or {}).get("author", {})
        if "category" in author:
            values = {"author_category": author["category"], "personal": {**row[1], "author": {}}}
            connection.execute(items.update().where(items.c.id == row[0]).values(values))


def _items(after: str, old: str, new: str) -> None:
    """The items belong to another table from now on, whose rows have the same ids."""
    op.drop_index("ix_report_item_tombstoned", table_name="report_item")
    with op.batch_alter_table("report_item", reflect_kwargs=ALONE) as item:
        item.drop_constraint(op.f(f"fk_report_item_{old}"), type_="foreignkey")
        item.drop_constraint(op.f(f"uq_report_item_{old}_position"), type_="unique")
        item.alter_column(old, new_column_name=new, existing_type=sa.Integer(), existing_nullable=False)
    with op.batch_alter_table("report_item", reflect_kwargs=ALONE) as item:
        item.create_foreign_key(op.f(f"fk_report_item_{new}"), after, [new], ["id"])
        item.create_unique_constraint(op.f(f"uq_report_item_{new}_position"), [new, "position"])
        if new == "frozen_id":
            item.add_column(sa.Column("author_category", sa.String(length=40), nullable=True))
            item.create_check_constraint(
                op.f("ck_report_item_tombstone_has_no_author"), "tombstoned_at IS NULL OR author_category IS NULL"
            )
        else:
            item.drop_constraint(op.f("ck_report_item_tombstone_has_no_author"), type_="check")
            item.drop_column("author_category")
    op.create_index("ix_report_item_tombstoned", "report_item", [new], sqlite_where=ONLY, postgresql_where=ONLY)


def downgrade() -> None:
    _without_triggers()
    op.execute("DELETE FROM report_item WHERE frozen_id NOT IN (SELECT frozen_id FROM report)")
    with op.batch_alter_table("report", reflect_kwargs=ALONE) as report:
        report.add_column(sa.Column("document", sa.JSON(none_as_null=True), nullable=True))
    op.execute(
        "UPDATE report SET document ="
        " (SELECT CAST(f.content AS JSON) FROM frozen_report f WHERE f.id = report.frozen_id)"
        if op.get_bind().dialect.name == "postgresql"
        else "UPDATE report SET document = (SELECT f.content FROM frozen_report f WHERE f.id = report.frozen_id)"
    )
    op.execute(
        "UPDATE report_item SET frozen_id = (SELECT p.id FROM report p WHERE p.frozen_id = report_item.frozen_id)"
    )
    _items("report", "frozen_id", "report_id")
    with op.batch_alter_table("report", reflect_kwargs=ALONE) as report:
        report.drop_constraint(op.f("uq_report_frozen_id"), type_="unique")
        report.drop_constraint(op.f("fk_report_frozen_id"), type_="foreignkey")
        report.drop_column("frozen_id")
        report.alter_column("document", existing_type=sa.JSON(none_as_null=True), nullable=False)
    with op.batch_alter_table("response", reflect_kwargs=ALONE) as response:
        response.add_column(sa.Column("published_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE response SET published_at ="
        " (SELECT a.published_at FROM answer_release a WHERE a.id = response.release_id)"
    )
    with op.batch_alter_table("response", reflect_kwargs=ALONE) as response:
        response.drop_index("ix_response_release_id")
        response.drop_constraint(op.f("ck_response_released_is_answered"), type_="check")
        response.drop_constraint(op.f("fk_response_release_id"), type_="foreignkey")
        response.drop_column("release_id")
        response.create_check_constraint(
            op.f("ck_response_published_is_answered"), "published_at IS NULL OR holds IS NOT NULL"
        )
    with op.batch_alter_table("triage_tally", reflect_kwargs=ALONE) as tally:
        tally.drop_column("revision")
    op.drop_table("frozen_report")
    op.drop_table("answer_release")
