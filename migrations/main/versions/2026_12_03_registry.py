"""Cards of address books; consent to news apart from duty; the public directory; what people declare of themselves"""

import warnings
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from consult.core.ddl import rebuild

revision: str = "2026_12_03_registry"
down_revision: str | None = "2026_12_02_letters"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _code(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=f"{name}_known", native_enum=False, create_constraint=True, length=40)


# Tables whose triggers read the registry: SQLite would look for it while it is being copied.
SPEAK_OF_IT = ("stakeholder", "contact_person", "seat", "sealed_entry", "stakeholder_term")
CHECKS = {
    "news_needs_contact": "NOT news OR email <> '' OR postal_address <> '' OR phone <> '' OR protection = 'protected'",
    "contact_of_the_public_only": "NOT shows_contact OR protection = 'public'",
}
IS_PUBLIC = sa.text("protection = 'public'")
# Triggers of this version that speak of what goes with it.
TRIGGERS = {
    "consent_only_added_to_update": "consent", "public_by_consent": "stakeholder", "public_by_consent_insert": "stakeholder",
}  # fmt: skip
PURPOSE = _code("purpose", "consultations", "news", "directory", "directory_contact", "everything")
REASONS = (
    "no_address", "no_basis", "left", "left_here", "came_back", "invited_already", "commented_already", "same_mailbox",
    "by_letter", "by_phone", "in_person",
)  # fmt: skip
WHY_NOT = "ck_campaign_recipient_why_not_known"


def upgrade() -> None:
    with op.batch_alter_table("stakeholder_import") as table:
        table.add_column(sa.Column("category", sa.String(40), nullable=False, server_default=""))
        table.add_column(sa.Column("are_cards", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("news", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("stakeholder_import") as table:
        for name in ("category", "are_cards", "news"):
            table.alter_column(name, server_default=None)
    with rebuild(op.get_bind(), *SPEAK_OF_IT):
        with op.batch_alter_table("stakeholder") as table:
            for name in ("news", "shows_contact"):
                table.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
            for name, condition in CHECKS.items():
                table.create_check_constraint(op.f(f"ck_stakeholder_{name}"), condition)
        with op.batch_alter_table("stakeholder") as table:
            for name in ("news", "shows_contact"):
                table.alter_column(name, server_default=None)
    op.create_index(
        "ix_stakeholder_public", "stakeholder", ["name_key", "id"], sqlite_where=IS_PUBLIC, postgresql_where=IS_PUBLIC
    )
    with rebuild(op.get_bind(), "consent"):
        with op.batch_alter_table("consent") as table:
            table.add_column(sa.Column("purpose", PURPOSE, nullable=False, server_default="consultations"))
            table.create_check_constraint(
                op.f("ck_consent_duty_covers_official_mail"),
                "basis <> 'duty' OR purpose IN ('consultations', 'everything')",
            )
        with op.batch_alter_table("consent") as table:
            table.alter_column("purpose", server_default=None)
    _reasons(*REASONS[:2], "no_news", *REASONS[2:])
    _say_it_of_both()


def _reasons(*codes: str) -> None:
    listed = ", ".join(f"'{code}'" for code in codes)
    with rebuild(op.get_bind(), "campaign_recipient"), warnings.catch_warnings():
        # SQLite reads the tables that it points at too, and says that it leaves out an index of expressions there
        warnings.filterwarnings("ignore", "Skipped unsupported reflection", category=sa.exc.SAWarning)
        _say_reasons(listed)


def _say_reasons(listed: str) -> None:
    with op.batch_alter_table("campaign_recipient") as table:
        op.execute("UPDATE campaign_recipient SET why_not = 'no_basis' WHERE why_not = 'no_news'")
        table.drop_constraint(op.f(WHY_NOT), type_="check")
        table.create_check_constraint(op.f(WHY_NOT), f"why_not IN ({listed})")


def _say_it_of_both() -> None:
    """Until now one yes was meant for all mail: it becomes two, with the same evidence. A duty says nothing of news."""
    op.execute("UPDATE stakeholder SET news = true WHERE basis = 'consent'")
    op.execute(
        "INSERT INTO consent (stakeholder_id, purpose, basis, how, wording, by, at)"
        " SELECT c.stakeholder_id, 'news', 'consent', c.how, c.wording, c.by, c.at FROM consent c"
        " JOIN stakeholder s ON s.id = c.stakeholder_id WHERE s.basis = 'consent' AND c.basis = 'consent' AND c.id ="
        " (SELECT max(d.id) FROM consent d WHERE d.stakeholder_id = c.stakeholder_id AND d.basis = 'consent')"
    )


def downgrade() -> None:
    """An act about anything but consultations would be read as one about all mail: it goes. Who left stays gone by its own column."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, guarded in TRIGGERS.items():
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f" ON {guarded}"))
    op.drop_index("ix_stakeholder_public", table_name="stakeholder")
    _reasons(*REASONS)
    with rebuild(op.get_bind(), "consent"):
        op.execute("DELETE FROM consent WHERE purpose NOT IN ('consultations', 'everything')")
        with op.batch_alter_table("consent") as table:
            table.drop_constraint(op.f("ck_consent_duty_covers_official_mail"), type_="check")
            table.drop_constraint(op.f("ck_consent_purpose_known"), type_="check")
            table.drop_column("purpose")
    with rebuild(op.get_bind(), *SPEAK_OF_IT), op.batch_alter_table("stakeholder") as table:
        for name in CHECKS:
            table.drop_constraint(op.f(f"ck_stakeholder_{name}"), type_="check")
        for name in ("news", "shows_contact"):
            table.drop_column(name)
    with op.batch_alter_table("stakeholder_import") as table:
        for name in ("news", "are_cards", "category"):
            table.drop_column(name)
