"""Links with which holders of seats read their briefing."""

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base


class SeatLink(Base):
    """The newest link to the briefing of a seat: as long as its holder holds it. A new one takes the place of the old.

    A seat is one holder's term, so whoever follows has a seat, and a link, of their own.
    Source: docs/decisions/0037-seats-terms-and-duty.md
    """

    __tablename__ = "seat_link"

    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id", ondelete="CASCADE"), primary_key=True)
    generation: Mapped[int]  # random: SQLite gives the id of a deleted seat to the next
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
