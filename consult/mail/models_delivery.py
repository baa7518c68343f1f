"""What a protection officer hands over, in place of a mail to somebody whose address nobody here knows."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of
from consult.core.ddl import refuse_change
from consult.mail.models import REFERENCE_MAX, TEMPLATE_MAX

BY_OFFICER = "by-officer"  # where a mail's address would stand: no address can read so


class DeliveryState(StrEnum):
    """How far a delivery is."""

    FOR_OFFICER = "for_officer"  # waits for an officer to fetch it
    HANDED_OUT = "handed_out"  # an officer has it
    DELIVERED = "delivered"
    NOT_REACHED = "not_reached"
    DROPPED = "dropped"  # its cause was gone, or the person had left, before an officer fetched it


OVER = (DeliveryState.DELIVERED, DeliveryState.NOT_REACHED, DeliveryState.DROPPED)


class PreparedDelivery(Base):
    """One message to one protected person for one cause, as the outbox keeps mails; without name and address, which nobody has.

    The words and the personal link are made when an officer fetches it, and stand nowhere here. Source: decision 0028.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("person", "cause", "template", name="delivered_once"),
        CheckConstraint(
            "(state IN ('delivered', 'not_reached', 'dropped')) = (finished_at IS NOT NULL)",
            name="over_has_its_instant",
        ),
        CheckConstraint("(finished_at IS NOT NULL) = (parameters IS NULL)", name="what_is_over_is_wiped"),
        CheckConstraint("state <> 'handed_out' OR handed_out_at IS NOT NULL", name="handed_out_has_its_instant"),
        Index("ix_delivery_turn", "state", "not_before", "id"),
        Index("ix_delivery_cause", "cause"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)  # random
    template: Mapped[str] = mapped_column(String(TEMPLATE_MAX))  # a name in the table of consult/worker.py
    person: Mapped[str] = mapped_column(String(REFERENCE_MAX))  # "stakeholder:5", "participant:7"; no foreign key
    cause: Mapped[str] = mapped_column(String(REFERENCE_MAX))  # as of a mail; no foreign key
    language: Mapped[str] = mapped_column(String(12))
    parameters: Mapped[dict[str, Any] | None]  # ids; None = wiped
    state: Mapped[DeliveryState] = mapped_column(code_of(DeliveryState))
    not_before: Mapped[datetime]
    created_at: Mapped[datetime]
    handed_out_at: Mapped[datetime | None]  # the last time
    finished_at: Mapped[datetime | None]


refuse_change(
    "delivery",
    "delivery_stays_the_same",
    allow=("state", "parameters", "not_before", "handed_out_at", "finished_at"),
    delete_too=False,
)
refuse_change("delivery", "what_was_delivered_stays_so", when="old.finished_at IS NOT NULL", delete_too=False)
