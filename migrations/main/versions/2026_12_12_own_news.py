"""A mailing list sends its own news: a campaign without a consultation"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from consult.core.ddl import rebuild

revision: str = "2026_12_12_own_news"
down_revision: str | None = "2026_12_11_left_by_staff"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SPEAK_OF_IT = ("campaign", "campaign_approval", "campaign_text", "campaign_recipient")  # in their triggers
ALONE = {"resolve_fks": False}
CHECK = "ck_campaign_about_none_is_news_of_a_list"
ABOUT_NONE = "consultation_id IS NULL"


def upgrade() -> None:
    with rebuild(op.get_bind(), *SPEAK_OF_IT), op.batch_alter_table("campaign", reflect_kwargs=ALONE) as table:
        table.alter_column("consultation_id", existing_type=sa.Integer(), nullable=True)
        table.create_check_constraint(
            op.f(CHECK), "consultation_id IS NOT NULL OR (kind = 'news' AND audience = 'list')"
        )


def downgrade() -> None:
    with rebuild(op.get_bind(), *SPEAK_OF_IT):
        # There is no consultation that they could be given. What was sent stays in the archives of the lists.
        for part in SPEAK_OF_IT[1:]:
            op.execute(f"DELETE FROM {part} WHERE campaign_id IN (SELECT id FROM campaign WHERE {ABOUT_NONE})")  # noqa: S608
        op.execute(f"DELETE FROM campaign WHERE {ABOUT_NONE}")  # noqa: S608 - names of ours
        with op.batch_alter_table("campaign", reflect_kwargs=ALONE) as table:
            table.drop_constraint(op.f(CHECK), type_="check")
            table.alter_column("consultation_id", existing_type=sa.Integer(), nullable=False)
