"""Religion and union of persons are kept no more; how the people of an uploaded list said yes"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from consult.core.ddl import rebuild

revision: str = "2026_12_18_keep"
down_revision: str | None = "2026_12_17_reach"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OF_BELIEF = "category IN ('religious_group', 'trade_union')"
TABLES = ("stakeholder", "participation_request")


def upgrade() -> None:
    """Their category becomes "other", also in requests that are decided: no door and no count needs it."""
    with rebuild(op.get_bind(), *TABLES):
        op.execute(
            f"UPDATE participant SET category = 'other' WHERE {OF_BELIEF}"  # noqa: S608 - words of ours
            " AND stakeholder_id IN (SELECT id FROM stakeholder WHERE kind = 'person')"
        )
        for table in TABLES:
            op.execute(f"UPDATE {table} SET category = 'other' WHERE kind = 'person' AND {OF_BELIEF}")  # noqa: S608

    for begin in range(1, 5):  # telephone numbers are found with the code of the country, and without it
        op.execute(
            "INSERT INTO stakeholder_term (stakeholder_id, term, name_key)"  # noqa: S608 - figures of ours
            f" SELECT id, ltrim(substr(phone_key, {begin}), '0'), name_key FROM stakeholder"
            f" WHERE length(ltrim(substr(phone_key, {begin}), '0')) >= 4 ON CONFLICT DO NOTHING"
        )
    op.add_column("stakeholder_import", sa.Column("how", sa.String(length=40), nullable=False, server_default="import"))
    with op.batch_alter_table("stakeholder_import") as table:
        table.alter_column("how", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("stakeholder_import") as table:
        table.drop_column("how")
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, name in zip(TABLES, ("no_belief_of_a_person", "no_belief_of_who_asks"), strict=True):
        for trigger in (name, f"{name}_insert"):
            op.execute(f"DROP TRIGGER IF EXISTS {trigger}" + ("" if sqlite else f" ON {table}"))
    for table, name in (
        ("outreach_step", "no_note_of_a_protected_entry"),
        ("dead_contact", "no_dead_contact_of_a_protected_entry"),
        ("answer_letter_step", "no_note_of_answers_to_a_protected_entry"),
    ):
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f" ON {table}"))
