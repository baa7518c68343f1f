"""The tables of invitations."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of
from consult.core.ddl import refuse_change, refuse_change_of_part

SUBJECT_MAX = 120  # characters
BODY_MAX = 4_000  # characters


class InvitationState(StrEnum):
    """How far an invitation is."""

    WRITING = "writing"
    SENDING = "sending"  # the list is fixed; mails are being queued
    SENT = "sent"


class Invitation(Base):
    """One invitation to a consultation: for whom, and in which words. Once it goes out it never changes (invariant 1)."""

    __tablename__ = "invitation"
    __table_args__ = (CheckConstraint("(state = 'writing') = (sent_at IS NULL)", name="sent_has_instant"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)  # random
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    state: Mapped[InvitationState] = mapped_column(code_of(InvitationState))
    categories: Mapped[list[Any]]  # codes of the vocabulary; none = all
    groups: Mapped[list[Any]]  # likewise; any of them
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class InvitationText(Base):
    """The words of an invitation in one language."""

    __tablename__ = "invitation_text"
    __table_args__ = (UniqueConstraint("invitation_id", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"))
    language: Mapped[str] = mapped_column(String(12))
    subject: Mapped[str] = mapped_column(String(SUBJECT_MAX))
    body: Mapped[str]  # plain text


class InvitationRecipient(Base):
    """One entry of the registry on the list of an invitation, fixed when somebody pressed send."""

    __tablename__ = "invitation_recipient"
    __table_args__ = (UniqueConstraint("invitation_id", "stakeholder_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"))
    stakeholder_id: Mapped[int] = mapped_column(ForeignKey("stakeholder.id"), index=True)
    queued_at: Mapped[datetime | None]  # when the mail was put into the outbox


refuse_change(
    "invitation",
    "sent_invitation_never_changes",
    when="old.state <> 'writing' AND NOT (old.state = 'sending' AND new.state = 'sent')",
    delete_too=False,
)
refuse_change_of_part(
    "invitation_text",
    "sent_invitation_text_never_changes",
    parent="invitation",
    via="invitation_id",
    when="state <> 'writing'",
)
