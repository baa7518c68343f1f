"""The tables of leaving: whoever asked for no more mail, how, and for how much of it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    LargeBinary,
)
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of


class LeavingScope(StrEnum):
    """What somebody wants no more of."""

    CONSULTATION = "consultation"
    EVERYTHING = "everything"
    NEWS = "news"  # and what else an office gets by a yes: all that its link can end


class LeavingWay(StrEnum):
    """How they said so."""

    PAGE = "page"
    ONE_CLICK = "one_click"  # the button of a mail program, RFC 8058
    MAIL = "mail"  # to the mailbox for leaving
    STAFF = "staff"  # told by letter, telephone, mail or in a meeting, and noted by somebody here


class Leaving(Base):
    """One act of leaving, by whoever held the link of a mail or told somebody here.

    What it stopped stands with participants and registry.
    """

    __tablename__ = "leaving"
    __table_args__ = (CheckConstraint("(way = 'page') = (once IS NOT NULL)", name="only_a_page_has_its_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    scope: Mapped[LeavingScope] = mapped_column(code_of(LeavingScope))
    way: Mapped[LeavingWay] = mapped_column(code_of(LeavingWay))
    once: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # digest of the form's key: who pressed can undo
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
