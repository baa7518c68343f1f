"""The registry: regions, channels, contact people, seats, merging, and what a search finds entries by"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from consult.core.ddl import rebuild
from consult.stakeholders.keys import double_key, terms_of

revision: str = "2026_11_27_registry"
down_revision: str | None = "2026_11_27_sending"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STEP = 1_000  # entries at a time
CHANNEL = sa.Enum(
    "email", "post", "phone", "in_person", name="channel_known", native_enum=False, create_constraint=True, length=40
)
ROLE = sa.Enum(
    "focal_point", "alternate", "signatory", "member", name="seat_role_known", native_enum=False,
    create_constraint=True, length=40,
)  # fmt: skip
TERM = sa.String(length=60).with_variant(sa.String(length=60, collation="C"), "postgresql")
SIGNS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
TEXTS = {  # columns that begin empty
    "double_key": 200, "region": 40, "also_languages": 200, "postal_address": 500, "phone": 60, "phone_key": 30,
    "access_needs": 1_000,
}  # fmt: skip
CHECKS = {
    "basis_needs_contact": "basis = 'none' OR email <> '' OR postal_address <> '' OR phone <> ''",
    "region_is_a_code": f"ltrim(region, '{SIGNS}') = ''",
    "channel_has_contact": (
        "channel IS NULL OR channel = 'in_person' OR (channel = 'email' AND email <> '')"
        " OR (channel = 'post' AND postal_address <> '') OR (channel = 'phone' AND phone <> '')"
    ),
    "not_merged_into_itself": "merged_into IS NULL OR merged_into <> id",
    "merged_has_instant": "(merged_into IS NULL) = (merged_at IS NULL)",
}
THERE = sa.text("merged_into IS NULL")
GONE = sa.text("merged_into IS NOT NULL")
NOW = sa.text("until IS NULL")
ONE_NOW = sa.text("until IS NULL AND role IN ('focal_point', 'signatory')")
INDEXES = {
    "uq_stakeholder_entry": (["kind", "name_key", "email_key"], THERE),
    "ix_stakeholder_order": (["name_key", "id"], THERE),
    "ix_stakeholder_category": (["category", "name_key", "id"], None),
    "ix_stakeholder_region": (["region", "name_key", "id"], None),
    "ix_stakeholder_channel": (["channel", "name_key", "id"], None),
    "ix_stakeholder_double_key": (["double_key"], None),
    "ix_stakeholder_phone_key": (["phone_key"], None),
    "ix_stakeholder_merged_into": (["merged_into"], GONE),
}
# Triggers of this version that speak of what goes with it.
TRIGGERS = {
    "no_chain_of_merges": "stakeholder", "no_chain_of_merges_insert": "stakeholder", "kind_stays": "stakeholder",
    "consent_only_added_to_update": "consent",
}  # fmt: skip


def upgrade() -> None:
    op.drop_index("ix_stakeholder_category", table_name="stakeholder")
    with rebuild(op.get_bind(), "stakeholder"):
        with op.batch_alter_table("stakeholder") as table:
            for name, length in TEXTS.items():
                table.add_column(sa.Column(name, sa.String(length=length), nullable=False, server_default=""))
            table.add_column(sa.Column("channel", CHANNEL, nullable=True))
            table.add_column(sa.Column("merged_into", sa.Integer(), nullable=True))
            table.add_column(sa.Column("merged_at", sa.DateTime(timezone=True), nullable=True))
            table.drop_constraint(op.f("ck_stakeholder_basis_needs_address"), type_="check")
            table.drop_constraint(op.f("uq_stakeholder_kind_name_key_email_key"), type_="unique")
            table.create_foreign_key(op.f("fk_stakeholder_merged_into"), "stakeholder", ["merged_into"], ["id"])
            for name, condition in CHECKS.items():
                table.create_check_constraint(op.f(f"ck_stakeholder_{name}"), condition)
        with op.batch_alter_table("stakeholder") as table:
            for name in TEXTS:
                table.alter_column(name, server_default=None)
    for name, (columns, only) in INDEXES.items():
        op.create_index(
            name, "stakeholder", columns, unique=name.startswith("uq_"), sqlite_where=only, postgresql_where=only
        )
    for parent, kept in (("consent", True), ("stakeholder_import", False)):
        with rebuild(op.get_bind(), *([parent] if kept else [])):
            with op.batch_alter_table(parent) as table:
                table.add_column(sa.Column("wording", sa.String(length=120), nullable=False, server_default=""))
            with op.batch_alter_table(parent) as table:
                table.alter_column("wording", server_default=None)
    op.create_index(op.f("ix_stakeholder_import_row_stakeholder_id"), "stakeholder_import_row", ["stakeholder_id"])
    _new_tables()
    _fill()


def _new_tables() -> None:
    op.create_table(
        "stakeholder_term",
        sa.Column("stakeholder_id", sa.Integer(), nullable=False),
        sa.Column("term", TERM, nullable=False),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"], ["stakeholder.id"], name=op.f("fk_stakeholder_term_stakeholder_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("stakeholder_id", "term", name=op.f("pk_stakeholder_term")),
    )
    op.create_index("ix_stakeholder_term_term", "stakeholder_term", ["term", "stakeholder_id"])
    op.create_table(
        "contact_person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stakeholder_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"], ["stakeholder.id"], name=op.f("fk_contact_person_stakeholder_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_person")),
        sa.UniqueConstraint("stakeholder_id", "number", name=op.f("uq_contact_person_stakeholder_id_number")),
    )
    op.create_table(
        "seat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("role", ROLE, nullable=False),
        sa.Column("holder_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("appointed_by", sa.String(length=120), nullable=False),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_seat_ends_after_beginning")),
        sa.ForeignKeyConstraint(["holder_id"], ["stakeholder.id"], name=op.f("fk_seat_holder_id")),
        sa.ForeignKeyConstraint(["institution_id"], ["stakeholder.id"], name=op.f("fk_seat_institution_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat")),
        sa.UniqueConstraint("institution_id", "number", name=op.f("uq_seat_institution_id_number")),
    )
    op.create_index(op.f("ix_seat_holder_id"), "seat", ["holder_id"])
    for name, columns, only in (
        ("uq_seat_one_holder", ["institution_id", "role"], ONE_NOW),
        ("uq_seat_held_once", ["institution_id", "role", "holder_id"], NOW),
    ):
        op.create_index(name, "seat", columns, unique=True, sqlite_where=only, postgresql_where=only)
    op.create_table(
        "not_double",
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_not_double_first_is_older")),
        sa.ForeignKeyConstraint(
            ["first_id"], ["stakeholder.id"], name=op.f("fk_not_double_first_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["stakeholder.id"], name=op.f("fk_not_double_second_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("first_id", "second_id", name=op.f("pk_not_double")),
    )
    op.create_index(op.f("ix_not_double_second_id"), "not_double", ["second_id"])
    op.create_table(
        "import_column",
        sa.Column("called", sa.String(length=200), nullable=False),
        sa.Column("column", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("called", name=op.f("pk_import_column")),
    )


def _fill() -> None:
    """Give the entries that are there their keys, what they are found by, and mail as their channel where they had an address."""
    connection, after = op.get_bind(), 0
    read = sa.text('SELECT id, name, email, "groups" FROM stakeholder WHERE id > :after ORDER BY id LIMIT :step')
    keyed = sa.text(
        "UPDATE stakeholder SET double_key = :key, channel = CASE WHEN email <> '' THEN 'email' END WHERE id = :id"
    )
    found_by = sa.text("INSERT INTO stakeholder_term (stakeholder_id, term) VALUES (:id, :term)")
    while rows := connection.execute(read, {"after": after, "step": STEP}).all():
        connection.execute(keyed, [{"id": row.id, "key": double_key(row.name)} for row in rows])
        terms = [
            {"id": row.id, "term": term}
            for row in rows
            for term in terms_of(row.name, row.email, [code for code in row.groups.split(",") if code])
        ]
        if terms:
            connection.execute(found_by, terms)
        after = rows[-1].id


def downgrade() -> None:
    """Merged entries become entries of their own again: nothing of them was moved. Whom we reached by post or phone alone
    is not written to any more."""
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    for name, guarded in TRIGGERS.items():
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f" ON {guarded}"))
    op.execute("DROP INDEX IF EXISTS ix_journal_entry_stakeholder")
    for name in ("import_column", "not_double", "seat", "contact_person", "stakeholder_term"):
        op.drop_table(name)
    op.drop_index(op.f("ix_stakeholder_import_row_stakeholder_id"), table_name="stakeholder_import_row")
    for parent in ("stakeholder_import", "consent"):
        with rebuild(connection, parent), op.batch_alter_table(parent) as table:
            table.drop_column("wording")
    op.execute("UPDATE stakeholder SET basis = 'none' WHERE email = ''")
    # Two that became the same while one was merged into the other: the older keeps its name.
    op.execute(
        "UPDATE stakeholder SET name_key = substr(name_key, 1, 180) || ' ' || ref WHERE EXISTS (SELECT 1 FROM stakeholder AS o"
        " WHERE o.kind = stakeholder.kind AND o.name_key = stakeholder.name_key AND o.email_key = stakeholder.email_key"
        " AND o.id < stakeholder.id)"
    )
    for name in INDEXES:
        op.drop_index(name, table_name="stakeholder")
    with rebuild(connection, "stakeholder"), op.batch_alter_table("stakeholder") as table:
        for name in CHECKS:
            table.drop_constraint(op.f(f"ck_stakeholder_{name}"), type_="check")
        table.drop_constraint(op.f("ck_stakeholder_channel_known"), type_="check")
        table.drop_constraint(op.f("fk_stakeholder_merged_into"), type_="foreignkey")
        for name in (*TEXTS, "channel", "merged_into", "merged_at"):
            table.drop_column(name)
        table.create_check_constraint(op.f("ck_stakeholder_basis_needs_address"), "basis = 'none' OR email <> ''")
        table.create_unique_constraint(
            op.f("uq_stakeholder_kind_name_key_email_key"), ["kind", "name_key", "email_key"]
        )
    op.create_index(op.f("ix_stakeholder_category"), "stakeholder", ["category"])
