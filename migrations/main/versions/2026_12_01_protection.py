"""Protected entries of the registry: who they are is sealed to the protection officers"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from consult.core.ddl import rebuild

revision: str = "2026_12_01_protection"
down_revision: str | None = "2026_11_28_campaigns"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

PROTECTION = sa.Enum(
    "public", "staff", "protected", name="protection_known", native_enum=False, create_constraint=True, length=40
)
NEEDS = "basis = 'none' OR email <> '' OR postal_address <> '' OR phone <> ''"
SEALED_AWAY = " AND ".join(
    ["name = ref", "channel IS NULL", "merged_into IS NULL"]
    + [
        f"{column} = ''"
        for column in (
            "groups", "region", "also_languages", "email", "postal_address", "phone", "phone_key", "access_needs", "note",
        )
    ]
)  # fmt: skip
# Tables whose triggers read the registry: SQLite would look for it while it is being copied.
SPEAK_OF_IT = ("stakeholder", "contact_person", "seat")
# Triggers of this version that speak of what goes with it.
TRIGGERS = {
    "protected_stays_protected": "stakeholder", "protected_found_by_code_only": "stakeholder_term",
    "no_contact_of_a_protected": "contact_person", "no_seat_of_a_protected": "seat",
}  # fmt: skip


def upgrade() -> None:
    with rebuild(op.get_bind(), *SPEAK_OF_IT):
        with op.batch_alter_table("stakeholder") as table:
            table.add_column(sa.Column("protection", PROTECTION, nullable=False, server_default="staff"))
            table.drop_constraint(op.f("ck_stakeholder_basis_needs_contact"), type_="check")
            table.create_check_constraint(
                op.f("ck_stakeholder_basis_needs_contact"), f"{NEEDS} OR protection = 'protected'"
            )
            table.create_check_constraint(
                op.f("ck_stakeholder_protected_holds_a_code_only"), f"protection <> 'protected' OR ({SEALED_AWAY})"
            )
        with op.batch_alter_table("stakeholder") as table:
            table.alter_column("protection", server_default=None)
    op.create_table(
        "sealed_entry",
        sa.Column("stakeholder_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(length=4146), nullable=False),
        sa.CheckConstraint("length(sealed) = 4146", name=op.f("ck_sealed_entry_all_of_one_length")),
        sa.CheckConstraint("edition > 0", name=op.f("ck_sealed_entry_edition_counts_from_one")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_sealed_entry_officer_id")),
        sa.ForeignKeyConstraint(["stakeholder_id"], ["stakeholder.id"], name=op.f("fk_sealed_entry_stakeholder_id")),
        sa.PrimaryKeyConstraint("stakeholder_id", "officer_id", name=op.f("pk_sealed_entry")),
    )
    op.create_index(op.f("ix_sealed_entry_officer_id"), "sealed_entry", ["officer_id"])


def downgrade() -> None:
    """Who the protected ones are is lost: an earlier version has no place that only officers open."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.drop_table("sealed_entry")
    for name, guarded in TRIGGERS.items():
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f" ON {guarded}"))
    op.execute("UPDATE stakeholder SET basis = 'none' WHERE protection = 'protected'")
    with rebuild(op.get_bind(), *SPEAK_OF_IT), op.batch_alter_table("stakeholder") as table:
        table.drop_constraint(op.f("ck_stakeholder_protected_holds_a_code_only"), type_="check")
        table.drop_constraint(op.f("ck_stakeholder_basis_needs_contact"), type_="check")
        table.create_check_constraint(op.f("ck_stakeholder_basis_needs_contact"), NEEDS)
        table.drop_constraint(op.f("ck_stakeholder_protection_known"), type_="check")
        table.drop_column("protection")
