"""What people change of their own entry, and the links that let them do what a forwarded invitation must not."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of
from consult.core.ddl import refuse_change
from consult.stakeholders.models import EMAIL_MAX, NAME_MAX


class EntryChange(Base):
    """That somebody changed a field of their own entry, or asked for it: who, which, when. What it said before is not kept."""

    __tablename__ = "entry_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    stakeholder_id: Mapped[int] = mapped_column(ForeignKey("stakeholder.id"), index=True)
    participant_id: Mapped[int | None] = mapped_column(
        ForeignKey("participant.id")
    )  # through whose personal link; None = by one that was mailed because its address was typed
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
    OPEN = "open"  # the entry itself, for whoever typed its address on the public page


OF_VISITORS = text("stakeholder_id IS NULL")


class FreshLink(Base):
    """A link for one act, once, for a short time. A new one for the same act takes the place of the old.

    Of an entry, or without one of whoever gave its mailbox with a comment.
    """

    __tablename__ = "fresh_link"
    __table_args__ = (
        UniqueConstraint("stakeholder_id", "act", name="one_link_an_act"),
        CheckConstraint("(act = 'arrive') OR address = ''", name="address_of_arrival_only"),
        CheckConstraint("digest IS NOT NULL OR address = ''", name="used_is_wiped"),
        CheckConstraint("stakeholder_id IS NOT NULL OR participant_id IS NOT NULL", name="of_somebody"),
        CheckConstraint("stakeholder_id IS NOT NULL OR act IN ('take', 'forget')", name="visitors_take_or_go"),
        Index("uq_fresh_link_visitor", "participant_id", "act", unique=True, sqlite_where=OF_VISITORS,
              postgresql_where=OF_VISITORS),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    stakeholder_id: Mapped[int | None] = mapped_column(ForeignKey("stakeholder.id"))  # None = of a visitor
    participant_id: Mapped[int | None] = mapped_column(
        ForeignKey("participant.id")
    )  # through whose door it was asked for, None = by typing the address; of a visitor who it is about
    act: Mapped[EntryAct] = mapped_column(code_of(EntryAct))
    generation: Mapped[int]  # 1, 2, ...
    digest: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)  # None = used
    address: Mapped[str] = mapped_column(String(EMAIL_MAX), default="")  # of ARRIVE: the one that wants confirming
    made_at: Mapped[datetime]
    until: Mapped[datetime | None]  # None = half an hour after it was made
    mailbox: Mapped[bytes | None] = mapped_column(
        LargeBinary(32)
    )  # consult.mail.keys.address_key of the address they had: once it is another, this leads nowhere; None = used, or from before


refuse_change("entry_change", "entry_change_only_added_to")
