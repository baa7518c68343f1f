"""People whom a focal point names by their own door: a proposal, until the secretariat decides. Nothing is mailed to them before."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of
from consult.core.ddl import refuse_when
from consult.stakeholders.models import EMAIL_MAX, NAME_MAX

OPEN_MAX = 5  # proposals of one institution that wait


class ProposedAs(StrEnum):
    """What somebody is named as."""

    ALTERNATE = "alternate"  # gets the seat, and with it official mail
    COLLEAGUE = "colleague"  # a contact person, who gets no mail


class SeatProposal(Base):
    """Somebody named by the focal point of an institution. The row goes with the decision: what came of it is a seat or contact."""

    __tablename__ = "seat_proposal"
    __table_args__ = (
        Index("uq_seat_proposal_once", "institution_id", "email_key", unique=True),
        CheckConstraint("name <> '' AND email <> ''", name="proposed_by_name_and_address"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("stakeholder.id", ondelete="CASCADE"))
    holder_id: Mapped[int] = mapped_column(
        ForeignKey("stakeholder.id", ondelete="CASCADE"), index=True
    )  # who names them
    named_as: Mapped[ProposedAs] = mapped_column(code_of(ProposedAs))
    name: Mapped[str] = mapped_column(String(NAME_MAX))
    email: Mapped[str] = mapped_column(String(EMAIL_MAX))
    email_key: Mapped[str] = mapped_column(String(EMAIL_MAX))  # casefolded
    language: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]


refuse_when(
    "seat_proposal",
    "no_proposal_about_a_protected",
    before="INSERT",
    when="EXISTS (SELECT 1 FROM stakeholder AS s WHERE s.id IN (new.institution_id, new.holder_id)"
    " AND s.protection = 'protected')",
)
