"""Codes that are typed from a letter instead of following a personal link."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base


class DoorCode(Base):
    """The code of a door, by a keyed digest. It leads there as long as the door is of the same generation."""

    __tablename__ = "door_code"

    door_id: Mapped[int] = mapped_column(ForeignKey("door.id"), primary_key=True)
    generation: Mapped[int]  # of the door when it was made
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)


class CodeTries(Base):
    """How many wrong codes that begin alike were typed since an instant: nobody tries out what comes after the beginning."""

    __tablename__ = "code_tries"

    beginning: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)  # keyed digest of the first group
    tries: Mapped[int]
    since: Mapped[datetime]
