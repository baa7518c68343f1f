"""The tables of invitations."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of
from consult.core.ddl import refuse_change, refuse_change_of_part, refuse_when
from consult.mail.models import REFERENCE_MAX, TEMPLATE_MAX

SUBJECT_MAX = 120  # characters
BODY_MAX = 4_000  # characters
LEFT = text("finished_at IS NULL")


class InvitationState(StrEnum):
    """How far an invitation is."""

    WRITING = "writing"
    WAITING = "waiting"  # the list is fixed; until it starts, the sender may take it back
    SENDING = "sending"  # mails are being queued
    PAUSED = "paused"  # nothing more goes out until somebody goes on
    STOPPED = "stopped"  # what had not gone out never does
    SENT = "sent"  # every mail is in the outbox


class MailingKind(StrEnum):
    """What is written, and so to whom."""

    INVITATION = "invitation"  # to those of the registry who are not invited yet
    REMINDER = "reminder"  # to those who are, and have not commented in the newest round


class Invitation(Base):
    """One invitation to a consultation, or reminder of one: for whom, and in which words.

    Once it goes out it never changes (invariant 1).
    """

    __tablename__ = "invitation"
    __table_args__ = (
        CheckConstraint("(state = 'writing') = (sent_at IS NULL)", name="sent_has_instant"),
        CheckConstraint("(sent_at IS NULL) = (starts_at IS NULL)", name="sent_has_its_start"),
        CheckConstraint("starts_at >= sent_at", name="starts_when_sent_or_later"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)  # random
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    kind: Mapped[MailingKind] = mapped_column(code_of(MailingKind))
    state: Mapped[InvitationState] = mapped_column(code_of(InvitationState))
    categories: Mapped[list[Any]]  # codes of the vocabulary; none = all
    groups: Mapped[list[Any]]  # likewise; any of them
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]  # when somebody pressed send
    starts_at: Mapped[datetime | None]  # from when on mails go out; until then it can be taken back

    @property
    def is_reminder(self) -> bool:
        """Whether it goes to those who are invited already."""
        return self.kind is MailingKind.REMINDER


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
    queued_at: Mapped[datetime | None]  # when the mail was put into the outbox; None again when it is tried once more
    tries: Mapped[int] = mapped_column(default=1)  # how many mails, each for a cause of its own: see `cause_of`


CAUSE = "invitation:"  # how the causes of mails of invitations begin


def cause_of(invitation_id: int, tries: int = 1) -> str:
    """The cause of a mail of an invitation: "invitation:3", and for the second try "invitation:3:2"."""
    return f"{CAUSE}{invitation_id}" + (f":{tries}" if tries > 1 else "")


class Announcement(Base):
    """News for participants of a consultation, with its cause: more time, answers published. Written with the cause itself.

    Its mails are put into the outbox a chunk a transaction, so that no cause holds the database for longer than it must.
    """

    __tablename__ = "announcement"
    __table_args__ = (Index("ix_announcement_left", "id", sqlite_where=LEFT, postgresql_where=LEFT),)

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    template: Mapped[str] = mapped_column(String(TEMPLATE_MAX))
    cause: Mapped[str] = mapped_column(String(REFERENCE_MAX), unique=True)
    made_at: Mapped[datetime]
    queued_until: Mapped[int]  # the id of the last participant whose turn is over
    finished_at: Mapped[datetime | None]  # when the last mail was put into the outbox


class AnnouncementRecipient(Base):
    """Someone whom an announcement is for, fixed when its cause happened."""

    __tablename__ = "announcement_recipient"

    announcement_id: Mapped[int] = mapped_column(ForeignKey("announcement.id"), primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True)


class LeavingScope(StrEnum):
    """What somebody wants no more of."""

    CONSULTATION = "consultation"
    EVERYTHING = "everything"


class LeavingWay(StrEnum):
    """How they said so."""

    PAGE = "page"
    ONE_CLICK = "one_click"  # the button of a mail program, RFC 8058
    MAIL = "mail"  # to the mailbox for leaving


class Leaving(Base):
    """One act of leaving, by whoever held the link of a mail. What it stopped stands with participants and registry."""

    __tablename__ = "leaving"
    __table_args__ = (CheckConstraint("(way = 'page') = (once IS NOT NULL)", name="only_a_page_has_its_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    scope: Mapped[LeavingScope] = mapped_column(code_of(LeavingScope))
    way: Mapped[LeavingWay] = mapped_column(code_of(LeavingWay))
    once: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # digest of the form's key: who pressed can undo
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


refuse_change(
    "invitation",
    "sent_invitation_never_changes",
    when="old.state NOT IN ('writing', 'waiting')",
    allow=("state",),
    delete_too=False,
)
# What has begun to go out goes on, pauses or stops, and is never written again. What is sent may go on for those it failed to reach.
refuse_when(
    "invitation",
    "invitation_never_goes_back",
    before="UPDATE",
    when="(old.state = 'stopped' AND new.state <> 'stopped')"
    " OR (old.state IN ('sending', 'paused', 'sent') AND new.state IN ('writing', 'waiting'))",
)
refuse_change_of_part(
    "invitation_text",
    "sent_invitation_text_never_changes",
    parent="invitation",
    via="invitation_id",
    when="state <> 'writing'",
)
