"""The tables of campaigns, announcements and leaving."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    case,
    cast,
    literal,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of
from consult.core.ddl import index_of_some
from consult.mail.models import NOTE_MAX, REFERENCE_MAX, TEMPLATE_MAX

SUBJECT_MAX = 200  # characters
BODY_MAX = 4_000  # characters
LEFT = text("finished_at IS NULL")
NEXT = text("queued_at IS NULL AND why_not IS NULL")


class CampaignState(StrEnum):
    """How far a campaign is."""

    WRITING = "writing"
    PREPARING = "preparing"  # the list of recipients is being made
    SUBMITTED = "submitted"  # words and list are fixed: a second person looks at them
    WAITING = "waiting"  # approved; until it starts, it may be taken back
    SENDING = "sending"  # mails are being queued
    PAUSED = "paused"  # nothing more goes out until somebody goes on
    STOPPED = "stopped"  # what had not gone out never does
    SENT = "sent"  # every mail is in the outbox


BEFORE_APPROVAL = (CampaignState.WRITING, CampaignState.PREPARING, CampaignState.SUBMITTED)


class CampaignKind(StrEnum):
    """What is written, and so to whom."""

    INVITATION = "invitation"  # to those of the registry who are not invited yet, or not to the newest round
    REMINDER = "reminder"  # to those who are, and have not commented in the newest round
    NEWS = "news"  # what happened, to whoever the choice fits
    DEBRIEFING = "debriefing"  # what came of it, after a review


class Audience(StrEnum):
    """Among whom the choice is made."""

    REGISTRY = "registry"
    PARTICIPANTS = "participants"  # of the consultation, also those who are not in the registry
    GROUP = "group"  # a saved group, or what the team chose for the consultation
    LIST = "list"  # those who signed up to a mailing list


class Campaign(Base):
    """One message in several languages: for whom, and in which words; about a consultation, or news of a mailing list alone.

    Composed by one person, approved by another; what is approved is a digest of the words and of the list, and neither changes
    after (invariant 1).
    """

    __tablename__ = "campaign"
    __table_args__ = (
        CheckConstraint(
            "(state IN ('writing', 'preparing', 'submitted')) = (sent_at IS NULL)", name="sent_has_instant"
        ),
        CheckConstraint("(sent_at IS NULL) = (starts_at IS NULL)", name="sent_has_its_start"),
        CheckConstraint("starts_at >= sent_at", name="starts_when_sent_or_later"),
        CheckConstraint("state NOT IN ('writing', 'preparing') OR digest IS NULL", name="digest_of_what_is_fixed"),
        CheckConstraint("state <> 'submitted' OR digest IS NOT NULL", name="submitted_has_digest"),
        CheckConstraint("(audience = 'group') = (group_id IS NOT NULL)", name="group_has_its_group"),
        CheckConstraint("(audience = 'list') = (list_id IS NOT NULL)", name="list_has_its_list"),
        CheckConstraint(
            "consultation_id IS NOT NULL OR (kind = 'news' AND audience = 'list')", name="about_none_is_news_of_a_list"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)  # random
    consultation_id: Mapped[int | None] = mapped_column(
        ForeignKey("consultation.id"), index=True
    )  # None = about the list itself
    kind: Mapped[CampaignKind] = mapped_column(code_of(CampaignKind))
    audience: Mapped[Audience] = mapped_column(code_of(Audience))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("smart_group.id"), index=True)
    list_id: Mapped[int | None] = mapped_column(ForeignKey("mailing_list.id"), index=True)
    state: Mapped[CampaignState] = mapped_column(code_of(CampaignState))
    categories: Mapped[list[Any]]  # codes of the vocabulary; none = all
    groups: Mapped[list[Any]]  # likewise; any of them
    created_at: Mapped[datetime]
    written_by: Mapped[str] = mapped_column(String(40))  # "staff:7", who wrote last; no foreign key
    submitted_by: Mapped[str | None] = mapped_column(String(40))  # likewise, who asked for approval
    asked_start: Mapped[datetime | None]  # when whoever asked wants it to go out; None = once approved
    prepared_until: Mapped[int] = mapped_column(default=0)  # id of the last entry looked at while the list is made
    submission: Mapped[int] = mapped_column(default=0)  # how often approval was asked for
    digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # of words and list: what is approved
    note: Mapped[str | None] = mapped_column(String(NOTE_MAX))  # why it was given back
    sent_at: Mapped[datetime | None]  # when it was approved
    starts_at: Mapped[datetime | None]  # from when on mails go out; until then it can be taken back

    @property
    def is_reminder(self) -> bool:
        """Whether it goes to those who are invited already."""
        return self.kind is CampaignKind.REMINDER

    @property
    def calls_for_comments(self) -> bool:
        """Whether it is of no use once comments are closed."""
        return self.kind in (CampaignKind.INVITATION, CampaignKind.REMINDER)

    @property
    def invites_anew(self) -> bool:
        """Whether it invites to the newest round those too who were invited to one before."""
        return self.kind is CampaignKind.INVITATION and self.audience in (Audience.PARTICIPANTS, Audience.LIST)

    @property
    def is_for_silent(self) -> bool:
        """Whether it is of no use to whoever has commented in the newest round."""
        return self.is_reminder or self.invites_anew

    @property
    def is_by_mailbox(self) -> bool:
        """Whether it asks the entries of the registry that read the mailboxes of a list, as what they are in the registry.

        Of an invitation those of whom nothing but the address is known get mail of that list.
        """
        return self.audience is Audience.LIST and self.calls_for_comments


class CampaignText(Base):
    """The words of a campaign in one language."""

    __tablename__ = "campaign_text"
    __table_args__ = (UniqueConstraint("campaign_id", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    language: Mapped[str] = mapped_column(String(12))
    subject: Mapped[str] = mapped_column(String(SUBJECT_MAX))
    body: Mapped[str]  # plain text


class WhyNot(StrEnum):
    """Why someone whom the choice fits gets no mail; the last three get the words in another way."""

    NO_ADDRESS = "no_address"
    NO_BASIS = "no_basis"
    NO_NEWS = "no_news"  # news are for those who said yes to them
    LEFT = "left"
    LEFT_HERE = "left_here"
    CAME_BACK = "came_back"  # mail to their address did
    NOT_INVITED = "not_invited"  # so nothing can be called to mind
    INVITED_ALREADY = "invited_already"
    INVITED_TO_ROUND = "invited_to_round"  # to the newest: who was invited to an earlier one may be again
    COMMENTED_ALREADY = "commented_already"
    FOR_INVITED = "for_invited"  # the round is, and they are known by an address only
    SAME_MAILBOX = "same_mailbox"  # somebody else on the list reads it there
    # No mail, yet reached: see models_outreach.
    BY_LETTER = "by_letter"
    BY_PHONE = "by_phone"
    IN_PERSON = "in_person"


class LeftOut(StrEnum):
    """Why someone on the list got no mail after all, when its turn came."""

    NO_ADDRESS = "no_address"
    NO_BASIS = "no_basis"
    NO_NEWS = "no_news"
    LEFT = "left"
    LEFT_HERE = "left_here"
    LEFT_LIST = "left_list"
    CAME_BACK = "came_back"  # mail to their address did
    NOT_INVITED = "not_invited"  # any more: the invitation was stopped
    INVITED_ALREADY = "invited_already"
    INVITED_TO_ROUND = "invited_to_round"
    COMMENTED_ALREADY = "commented_already"
    FOR_INVITED = "for_invited"
    SAME_MAILBOX = "same_mailbox"
    STOPPED = "stopped"  # the campaign was
    TOO_LATE = "too_late"  # nothing can be done about it any more: comments are closed, or all is over


class Why(StrEnum):
    """Why someone is on the list."""

    REGISTERED = "registered"  # in the registry, and all of it was chosen
    CATEGORY = "category"
    GROUP = "group"
    BOTH = "category_and_group"
    IN_GROUP = "in_group"  # in the saved group
    SUBSCRIBED = "subscribed"  # to the list
    TAKES_PART = "takes_part"


class CampaignRecipient(Base):
    """One whom the choice of a campaign fits, and why they get the mail or not; fixed when approval is asked for."""

    __tablename__ = "campaign_recipient"
    __table_args__ = (
        UniqueConstraint("campaign_id", "stakeholder_id"),
        # Nearly all are entries: what is not said of them stands in no index, or each of fifty thousand would be written there too.
        index_of_some(
            "uq_campaign_recipient_participant_id", "participant_id", "campaign_id", "participant_id", unique=True
        ),
        index_of_some("ix_campaign_recipient_participant_id", "participant_id", "participant_id"),
        index_of_some(
            "uq_campaign_recipient_subscription_id", "subscription_id", "campaign_id", "subscription_id", unique=True
        ),
        index_of_some("ix_campaign_recipient_subscription_id", "subscription_id", "subscription_id"),
        # only of those whose mail is still to be queued: whoever is next never looks through the others
        Index("ix_campaign_recipient_next", "campaign_id", "tries", "id", sqlite_where=NEXT, postgresql_where=NEXT),
        CheckConstraint(
            "CASE WHEN stakeholder_id IS NULL THEN 0 ELSE 1 END + CASE WHEN participant_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN subscription_id IS NULL THEN 0 ELSE 1 END = 1",
            name="is_one_of_three",
        ),
        CheckConstraint("why_not IS NULL OR queued_at IS NULL", name="excluded_is_never_queued"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    stakeholder_id: Mapped[int | None] = mapped_column(ForeignKey("stakeholder.id"), index=True)
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participant.id"))  # who is not in the registry
    subscription_id: Mapped[int | None] = mapped_column(ForeignKey("subscription.id"))
    why: Mapped[Why] = mapped_column(code_of(Why))
    why_not: Mapped[WhyNot | None] = mapped_column(code_of(WhyNot))  # None = gets it
    queued_at: Mapped[datetime | None]  # when the mail was put into the outbox; None again when it is tried once more
    due_at: Mapped[datetime | None]  # from when on that mail may go: one ordinary mail a day
    person: Mapped[str | None] = mapped_column(
        String(REFERENCE_MAX)
    )  # as the outbox calls them; None = no mail was made
    left_out: Mapped[LeftOut | None] = mapped_column(code_of(LeftOut))  # why no mail was made, where queued_at is set
    tries: Mapped[int] = mapped_column(default=1)  # how many mails, each for a cause of its own: see `cause_of`


class CampaignApproval(Base):
    """That somebody who did not compose a campaign looked at it and let it go out, as it stood then: by its digest."""

    __tablename__ = "campaign_approval"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    submission: Mapped[int]  # of which it is: after a taking back it is none
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    approved_by: Mapped[str] = mapped_column(String(40))  # "staff:7"; no foreign key
    approved_at: Mapped[datetime]


CAUSE = "campaign:"  # how the causes of mails of campaigns begin


def cause_of(campaign_id: int, tries: int = 1) -> str:
    """The cause of a mail of a campaign: "campaign:3", and for the second try "campaign:3:2"."""
    return f"{CAUSE}{campaign_id}" + (f":{tries}" if tries > 1 else "")


def cause_in_sql() -> ColumnElement[str]:
    """The same of each row of recipients."""
    r = CampaignRecipient
    again = case((r.tries > 1, literal(":") + cast(r.tries, String)), else_="")
    return literal(CAUSE) + cast(r.campaign_id, String) + again


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
