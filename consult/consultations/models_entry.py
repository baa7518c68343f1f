"""What people change of their own entry, and the links that let them do what a forwarded invitation must not."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of
from consult.core.ddl import refuse_change
from consult.stakeholders.models import EMAIL_MAX, NAME_MAX


class EntryChange(Base):
    """That somebody changed a field of their own entry, or asked for it: who, which, when. What it said before is not kept."""

    __tablename__ = "entry_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    stakeholder_id: Mapped[int] = mapped_column(ForeignKey("stakeholder.id"), index=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"))  # through whose personal link
    field: Mapped[str] = mapped_column(String(40))  # "language", "contacts", "email"; as columns of the registry
    at: Mapped[datetime]


class NameWish(Base):
    """The name that an organisation wants to stand under: the secretariat decides, since others know it by the old one."""

    __tablename__ = "name_wish"

    stakeholder_id: Mapped[int] = mapped_column(ForeignKey("stakeholder.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_MAX))
    at: Mapped[datetime]


class EntryAct(StrEnum):
    """What needs a link that was mailed just now to the address of the entry."""

    MOVE = "move"  # to another address: the link leads to where it is typed
    ARRIVE = "arrive"  # the link that went to that other address
    TAKE = "take"  # a copy of what is held about them
    FORGET = "forget"


class FreshLink(Base):
    """A link for one act, once, for a short time. A new one for the same act takes the place of the old."""

    __tablename__ = "fresh_link"
    __table_args__ = (
        UniqueConstraint("stakeholder_id", "act", name="one_link_an_act"),
        CheckConstraint("(act = 'arrive') OR address = ''", name="address_of_arrival_only"),
        CheckConstraint("digest IS NOT NULL OR address = ''", name="used_is_wiped"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stakeholder_id: Mapped[int] = mapped_column(ForeignKey("stakeholder.id"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"))  # through whose door it was asked for
    act: Mapped[EntryAct] = mapped_column(code_of(EntryAct))
    generation: Mapped[int]  # 1, 2, ...
    digest: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)  # None = used
    address: Mapped[str] = mapped_column(String(EMAIL_MAX), default="")  # of ARRIVE: the one that wants confirming
    made_at: Mapped[datetime]


refuse_change("entry_change", "entry_change_only_added_to")
