"""Who wants to see their entry without a personal link, and whose wish to be forgotten was heard on paper or by telephone."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of
from consult.stakeholders.models import EMAIL_MAX


class OwnAsk(Base):
    """An address that somebody typed on the public page, until the worker has looked: some seconds. Known or not, all are alike."""

    __tablename__ = "own_ask"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(EMAIL_MAX))
    at: Mapped[datetime]


class AskedWay(StrEnum):
    """How somebody asked."""

    LETTER = "letter"
    PHONE = "phone"
    IN_PERSON = "in_person"


class IdentityCheck(StrEnum):
    """How staff made sure that it is they who ask."""

    KNOWN = "known"  # somebody here knows them
    DOCUMENT = "document"  # shown, and not kept
    CALLED_BACK = "called_back"  # at the number or address that the registry has
    SIGNATURE = "signature"  # as on what they signed before
    REPRESENTATIVE = "representative"  # with a power of attorney


class ForgetWish(Base):
    """One of the staff heard that somebody wants to be forgotten; another looks and does it. The row goes then: the journal has it.

    Source: docs/decisions/0042-own-entry-by-mail.md
    """

    __tablename__ = "forget_wish"
    __table_args__ = (CheckConstraint("(stakeholder_id IS NULL) <> (participant_id IS NULL)", name="of_one"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)  # random, for addresses of staff pages
    stakeholder_id: Mapped[int | None] = mapped_column(ForeignKey("stakeholder.id"), unique=True)
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participant.id"), unique=True)  # in no registry
    way: Mapped[AskedWay] = mapped_column(code_of(AskedWay))
    asked_on: Mapped[date]
    checked: Mapped[IdentityCheck] = mapped_column(code_of(IdentityCheck))
    by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]
