"""Saved groups of the registry, and standing invitations."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of

GROUP_NAME_MAX = 120  # characters
REASON_MAX = 300  # characters
LAST_MAX = 20  # consultations that "any of the last ..." may reach back
NAMED = text("consultation_id IS NULL AND removed_at IS NULL")


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which consultations a fact is asked: one by its id, or any of the last so many that the public could see."""

    consultation_id: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class GroupRule:
    """Who is in a group by rule: whoever fulfils all that is said. Where nothing is said, nobody is.

    There is deliberately nothing here about notes, access needs, or what somebody commented.
    """

    categories: tuple[str, ...] = ()  # any of them
    groups: tuple[str, ...] = ()  # any of them; finds organisations only
    regions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()  # in which we write to them, or which they read as well
    kind: str = ""  # organisation, person; "" = either
    channel: str = ""
    invited_to: Asked | None = None
    not_invited_to: Asked | None = None
    took_part_in: Asked | None = None
    never_took_part_in: Asked | None = None
    holds_seat: bool = False  # now

    @property
    def says_nothing(self) -> bool:
        """Whether nobody is in by rule."""
        return self == GroupRule()

    def to_json(self) -> dict[str, Any]:
        """What is kept: only what the rule says."""
        return {name: _plain(value) for name, value in asdict(self).items() if value}

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "GroupRule":
        """The rule that was kept. Raises ValueError for one that says what no rule of ours can: it must not grow wider unseen."""
        known = {field.name for field in fields(cls)}
        if unknown := set(kept) - known:
            raise ValueError(f"a rule of a group says {sorted(unknown)}")
        values: dict[str, Any] = {name: Asked(**value) if name in FACTS else value for name, value in kept.items()}
        taken: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        return cls(**taken)


FACTS = ("invited_to", "not_invited_to", "took_part_in", "never_took_part_in")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


class SmartGroup(Base):
    """A saved group: a rule, and entries put in or taken out by hand. Or, with a consultation, the choice of whom it invites.

    Who is in it is asked of the registry whenever it matters (`queries_groups.members`). Of a large registry a list is kept
    beside it, to be looked at: `edition` says which rows of `smart_group_listed` are the list, and `listed_at` from when it is.
    """

    __tablename__ = "smart_group"
    __table_args__ = (
        Index("uq_smart_group_name", "name_key", unique=True, sqlite_where=NAMED, postgresql_where=NAMED),
        Index("uq_smart_group_choice", "consultation_id", unique=True),
        CheckConstraint("(consultation_id IS NULL) = (name <> '')", name="named_or_choice"),
        CheckConstraint("(listed_at IS NULL) = (edition = 0)", name="list_has_instant"),
        CheckConstraint("listed >= 0 AND edition >= 0", name="counts_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)  # random
    name: Mapped[str] = mapped_column(String(GROUP_NAME_MAX))  # for staff; "" where it is a choice
    name_key: Mapped[str] = mapped_column(String(GROUP_NAME_MAX))  # casefolded
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id"))  # whose choice this is
    rule: Mapped[dict[str, Any]]  # GroupRule.to_json()
    edition: Mapped[int] = mapped_column(default=0)  # of the list; 0 = none yet
    listed: Mapped[int] = mapped_column(default=0)  # how many are on it
    listed_at: Mapped[datetime | None]
    taken_over_at: Mapped[
        datetime | None
    ]  # of a choice: when what the standing invitations propose was last taken over
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]  # then its name alone is left, for the mailings that went to it


class ByHand(StrEnum):
    """What somebody decided about an entry, whatever the rule says."""

    IN = "in"
    OUT = "out"  # wins over everything


class SmartGroupEntry(Base):
    """An entry that was put into a group, or taken out of it, by hand, and why. Of one that was merged it holds for the other."""

    __tablename__ = "smart_group_entry"
    __table_args__ = (
        # who was taken out is found without going through all who were put in
        Index("ix_smart_group_entry_way", "group_id", "way", "at"),
        CheckConstraint("reason <> ''", name="by_hand_has_reason"),
    )

    group_id: Mapped[int] = mapped_column(ForeignKey("smart_group.id", ondelete="CASCADE"), primary_key=True)
    stakeholder_id: Mapped[int] = mapped_column(
        ForeignKey("stakeholder.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    way: Mapped[ByHand] = mapped_column(code_of(ByHand))
    reason: Mapped[str] = mapped_column(String(REASON_MAX))
    by: Mapped[str] = mapped_column(String(40))  # "staff:7"; no foreign key
    at: Mapped[datetime]


class SmartGroupListed(Base):
    """One line of the list that is kept of a group, in the order of names. Written by the worker, in editions."""

    __tablename__ = "smart_group_listed"
    __table_args__ = (
        Index("ix_smart_group_listed_order", "group_id", "edition", "name_key", "stakeholder_id"),
    )  # fmt: skip

    group_id: Mapped[int] = mapped_column(ForeignKey("smart_group.id", ondelete="CASCADE"), primary_key=True)
    edition: Mapped[int] = mapped_column(primary_key=True)
    stakeholder_id: Mapped[int] = mapped_column(ForeignKey("stakeholder.id", ondelete="CASCADE"), primary_key=True)
    name_key: Mapped[str] = mapped_column(String(200))


class StandingInvitation(Base):
    """A group, or one entry, to be proposed for every consultation of some kinds of text. It mails nobody."""

    __tablename__ = "standing_invitation"
    __table_args__ = (
        CheckConstraint("(group_id IS NULL) <> (stakeholder_id IS NULL)", name="of_one_thing"),
        Index("uq_standing_invitation_group", "group_id", unique=True),
        Index("uq_standing_invitation_stakeholder", "stakeholder_id", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("smart_group.id", ondelete="CASCADE"))
    stakeholder_id: Mapped[int | None] = mapped_column(ForeignKey("stakeholder.id", ondelete="CASCADE"))
    kinds: Mapped[list[Any]]  # of text; codes of the vocabulary; none = all
    by: Mapped[str] = mapped_column(String(40))  # "staff:7"; no foreign key
    at: Mapped[datetime]
