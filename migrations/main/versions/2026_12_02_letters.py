"""Letters, calls and visits to people without e-mail; codes of doors; comments entered on somebody's behalf"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from consult.core.ddl import rebuild

revision: str = "2026_12_02_letters"
down_revision: str | None = "2026_12_01_protection"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

WAYS = ("letter", "phone", "in_person")
LETTERS = ("to_print", "printed", "posted", "returned", "left_out")
CALLS = ("to_speak", "not_reached", "reached", "takes_part", "no_more", "wrong_number", "left_out")
STATES = (*LETTERS[:-1], *CALLS)
WHY_NOT = (
    "no_address", "no_basis", "left", "left_here", "came_back", "invited_already", "commented_already", "same_mailbox",
)  # fmt: skip
NEW_WHY_NOT = ("by_letter", "by_phone", "in_person")
CHANNELS, NEW_CHANNELS = ("site", "safe"), ("letter", "phone", "meeting", "email")
ALONE = {"resolve_fks": False}  # other tables, whose indexes it cannot read, are no concern of a change to this one
INSTANT = sa.DateTime(timezone=True)


def _code(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=f"{name}_known", native_enum=False, create_constraint=True, length=40)


def _listed(states: tuple[str, ...]) -> str:
    return ", ".join(f"'{one}'" for one in states)


def upgrade() -> None:
    _outreach()
    _steps()
    _codes()
    op.create_table(
        "entered_comment",
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("entered_by", sa.String(length=40), nullable=False),
        sa.Column("arrived_on", sa.Date(), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=True),
        sa.CheckConstraint("posted_on <= arrived_on", name=op.f("ck_entered_comment_posted_before_it_arrived")),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_entered_comment_comment_id")),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_entered_comment")),
    )
    _allow("campaign_recipient", "why_not", (*WHY_NOT, *NEW_WHY_NOT))
    _allow("comment", "channel", (*CHANNELS, *NEW_CHANNELS))


def _outreach() -> None:
    op.create_table(
        "outreach",
        sa.Column("recipient_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=True),
        sa.Column("way", _code("outreach_way", *WAYS), nullable=False),
        sa.Column("state", _code("outreach_state", *STATES), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("on_day", sa.Date(), nullable=True),
        sa.CheckConstraint(
            f"(way = 'letter' AND state IN ({_listed(LETTERS)})) OR (way <> 'letter' AND state IN ({_listed(CALLS)}))",
            name=op.f("ck_outreach_state_fits_way"),
        ),
        sa.CheckConstraint(
            "participant_id IS NOT NULL OR state = 'left_out'", name=op.f("ck_outreach_reached_takes_part")
        ),
        sa.CheckConstraint("state <> 'posted' OR on_day IS NOT NULL", name=op.f("ck_outreach_posted_has_its_day")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_outreach_campaign_id")),
        sa.ForeignKeyConstraint(["participant_id"], ["participant.id"], name=op.f("fk_outreach_participant_id")),
        sa.ForeignKeyConstraint(["recipient_id"], ["campaign_recipient.id"], name=op.f("fk_outreach_recipient_id")),
        sa.PrimaryKeyConstraint("recipient_id", name=op.f("pk_outreach")),
    )
    op.create_index("ix_outreach_state", "outreach", ["campaign_id", "way", "state", "recipient_id"])
    op.create_index("uq_outreach_participant", "outreach", ["campaign_id", "participant_id"], unique=True)
    op.create_index(op.f("ix_outreach_participant_id"), "outreach", ["participant_id"])


def _steps() -> None:
    op.create_table(
        "outreach_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.Integer(), nullable=False),
        sa.Column("way", _code("outreach_way", *WAYS), nullable=False),
        sa.Column("state", _code("outreach_state", *STATES), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("on_day", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["outreach.recipient_id"], name=op.f("fk_outreach_step_recipient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outreach_step")),
    )
    op.create_index(op.f("ix_outreach_step_recipient_id"), "outreach_step", ["recipient_id"])
    op.create_table(
        "dead_contact",
        sa.Column("stakeholder_id", sa.Integer(), nullable=False),
        sa.Column("what", _code("contact", "postal_address", "phone"), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"], ["stakeholder.id"], name=op.f("fk_dead_contact_stakeholder_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("stakeholder_id", "what", name=op.f("pk_dead_contact")),
    )


def _codes() -> None:
    op.create_table(
        "door_code",
        sa.Column("door_id", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["door_id"], ["door.id"], name=op.f("fk_door_code_door_id")),
        sa.PrimaryKeyConstraint("door_id", name=op.f("pk_door_code")),
        sa.UniqueConstraint("digest", name=op.f("uq_door_code_digest")),
    )
    op.create_table(
        "code_tries",
        sa.Column("beginning", sa.LargeBinary(length=32), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("beginning", name=op.f("pk_code_tries")),
    )


def _allow(table: str, column: str, values: tuple[str, ...]) -> None:
    """Let a column hold these codes and no others."""
    with rebuild(op.get_bind(), *_speaking_of(table)):
        _only(table, column, values)


def _speaking_of(table: str) -> list[str]:
    """A table, and those whose triggers read it: SQLite renames none that a trigger would look for in vain meanwhile."""
    if op.get_bind().dialect.name != "sqlite":
        return [table]
    query = sa.text(
        "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger' AND tbl_name <> :table"
        " AND sql LIKE '%' || :table || '%' ORDER BY tbl_name"
    )
    return [table, *op.get_bind().execute(query, {"table": table}).scalars()]


def _only(table: str, column: str, values: tuple[str, ...]) -> None:
    name = op.f(f"ck_{table}_{column}_known")
    with op.batch_alter_table(table, reflect_kwargs=ALONE) as changed:
        changed.drop_constraint(name, type_="check")
        changed.create_check_constraint(name, f"{column} IN ({_listed(values)})")


def downgrade() -> None:
    # of what this version did not know: they got no mail, and their comments came in another way than by hand
    _without_triggers()
    for table in ("entered_comment", "code_tries", "door_code", "dead_contact", "outreach_step", "outreach"):
        op.drop_table(table)
    with rebuild(op.get_bind(), *_speaking_of("campaign_recipient")):
        op.execute(
            sa.text("UPDATE campaign_recipient SET why_not = 'no_address' WHERE why_not IN :new").bindparams(
                sa.bindparam("new", NEW_WHY_NOT, expanding=True)
            )
        )
        _only("campaign_recipient", "why_not", WHY_NOT)
    with rebuild(op.get_bind(), *_speaking_of("comment")):
        op.execute(
            sa.text("UPDATE comment SET channel = 'site' WHERE channel IN :new").bindparams(
                sa.bindparam("new", NEW_CHANNELS, expanding=True)
            )
        )
        _only("comment", "channel", CHANNELS)


def _without_triggers() -> None:
    """Those of tables that stay: they write into one that goes."""
    on = "" if op.get_bind().dialect.name == "sqlite" else " ON stakeholder"
    for name in ("new_postal_address_works", "new_phone_works"):
        op.execute(f"DROP TRIGGER IF EXISTS {name}{on}")
