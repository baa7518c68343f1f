"""What an administrator decided about the whole installation, and the one-time link to set-up."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base
from consult.core.texts import Texts

NAME_MAX = 120  # characters, in each language
PRIVACY_MAX = 4_000  # characters, in each language


class Installation(Base):
    """The one row of what this site is. Where there is none, the settings decide."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True)  # always 1
    name: Mapped[Texts]
    languages: Mapped[list[Any]]  # codes; the first is the site's own
    privacy: Mapped[Texts]  # who is responsible, how to be reached: plain text, shown on the page "Privacy"
    revision: Mapped[int]  # grows with every change; part of every public page's tag
    link_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # of the set-up link; None = none is out
    set_up_at: Mapped[datetime | None]  # when the first administrator was added through the link
