"""The tables of seats of institutions, and who holds them."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of
from consult.stakeholders.models import ROLE_MAX


class SeatRole(StrEnum):
    """What a seat is for."""

    FOCAL_POINT = "focal_point"
    ALTERNATE = "alternate"
    SIGNATORY = "signatory"
    MEMBER = "member"


class SeatState(StrEnum):
    """Where a seat stands today. Its days say so; this is what has been done about it, so that duty and mail agree with it."""

    COMING = "coming"  # begins on a day ahead
    HELD = "held"
    OVER = "over"


HELD_BY_ONE = (SeatRole.FOCAL_POINT, SeatRole.SIGNATORY)
ONE_NOW = text("state = 'held' AND role IN ('focal_point', 'signatory')")
NOW = text("state = 'held'")


class Seat(Base):
    """A role of an institution, held by a person from a day to a day. Handing over ends one row and begins the next."""

    __tablename__ = "seat"
    __table_args__ = (
        UniqueConstraint("institution_id", "number"),
        Index("uq_seat_one_holder", "institution_id", "role", unique=True, sqlite_where=ONE_NOW,
              postgresql_where=ONE_NOW),
        Index("uq_seat_held_once", "institution_id", "role", "holder_id", unique=True, sqlite_where=NOW,
              postgresql_where=NOW),
        CheckConstraint("until IS NULL OR until >= since", name="ends_after_beginning"),
        CheckConstraint("state <> 'over' OR until IS NOT NULL", name="over_has_its_day"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("stakeholder.id"))
    number: Mapped[int]  # 1, 2, ... within the institution
    role: Mapped[SeatRole] = mapped_column(code_of(SeatRole))
    holder_id: Mapped[int] = mapped_column(ForeignKey("stakeholder.id"), index=True)
    since: Mapped[date]
    until: Mapped[date | None]  # the day on which another may begin, may lie ahead; None = without an end
    state: Mapped[SeatState] = mapped_column(code_of(SeatState), default=SeatState.COMING)
    over_at: Mapped[
        datetime | None
    ]  # when it was over here, mostly on that day; None = not yet, or before this was kept
    follows_id: Mapped[int | None]  # the seat whose place it takes; no foreign key: that of a protected one is deleted
    appointed_by: Mapped[str] = mapped_column(String(ROLE_MAX))  # office or letter; "" = not said
