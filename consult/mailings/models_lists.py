"""The tables of mailing lists that anybody may sign up to, and of what was sent to them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, validates

from consult.core.db import Base, code_of
from consult.core.ddl import refuse_change, refuse_row_when
from consult.core.texts import Texts
from consult.mail.models import ADDRESS_MAX, REFERENCE_MAX
from consult.mailings.models_leaving import LeavingWay

SLUG_MAX = 40  # characters; it stands in the List-Id of every mail
NAME_MAX = 100  # characters
WHAT_MAX = 1_000  # characters
OFTEN_MAX = 200  # characters
SLUG_SIGNS = "abcdefghijklmnopqrstuvwxyz0123456789-"
# The promise on the page of a list and in its confirming mail, as an act of consent names it: a test holds it to the sentence.
PROMISE = "promise-1"


class ListState(StrEnum):
    """Whether a list is in use."""

    OPEN = "open"
    CLOSED = "closed"  # nobody signs up any more, and nothing is sent; what was sent stays readable


class MailingList(Base):
    """A list that mail is sent to. Never deleted: its address would lead old links to another."""

    __tablename__ = "mailing_list"
    __table_args__ = (
        CheckConstraint("slug <> ''", name="slug_not_empty"),
        CheckConstraint(f"ltrim(slug, '{SLUG_SIGNS}') = ''", name="slug_stands_in_a_header"),
        CheckConstraint("revision >= 1", name="has_its_words"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(SLUG_MAX), unique=True)
    state: Mapped[ListState] = mapped_column(code_of(ListState))
    takes_sign_up: Mapped[bool]  # anybody may sign up on its page; else staff enter those who ask
    archive_is_public: Mapped[bool]
    revision: Mapped[int]  # the number of the words that hold
    created_at: Mapped[datetime]

    @property
    def is_open(self) -> bool:
        """Whether it is in use."""
        return self.state is ListState.OPEN

    @property
    def is_public(self) -> bool:
        """Whether its page can be seen."""
        return self.takes_sign_up or self.archive_is_public

    @property
    def version(self) -> str:
        """What its pages are made from, besides what was sent to it."""
        return f"{self.id}.{self.revision}.{self.state}.{self.takes_sign_up}.{self.archive_is_public}"


class ListWords(Base):
    """What a list said of itself from some day on: consent names the number of what was read. Never changed, only added to."""

    __tablename__ = "list_words"

    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)  # 1, 2, ... within the list
    name: Mapped[Texts]
    what_it_is: Mapped[Texts]
    how_often: Mapped[Texts]
    at: Mapped[datetime]


class SubscriptionState(StrEnum):
    """How far somebody's sign-up is."""

    ASKED = "asked"  # somebody gave the address; nothing but the mail with the link goes there
    CONFIRMED = "confirmed"  # whoever reads it has said yes
    ENDED = "ended"  # a tombstone: the address goes when leaving can no longer be undone


class SignUpWay(StrEnum):
    """How somebody asked to be on a list."""

    PAGE = "page"
    LETTER = "letter"
    PHONE = "phone"
    EMAIL = "email"
    MEETING = "meeting"


class Subscription(Base):
    """A mailbox on a list: one row for both, however often it comes and goes."""

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("list_id", "key", name="uq_subscription_once"),
        ForeignKeyConstraint(["list_id", "words"], ["list_words.list_id", "list_words.number"]),
        CheckConstraint("state = 'ended' OR address IS NOT NULL", name="whom_we_write_has_address"),
        CheckConstraint("state <> 'asked' OR confirm_digest IS NOT NULL", name="asked_has_its_link"),
        CheckConstraint("state <> 'confirmed' OR confirmed_at IS NOT NULL", name="confirmed_has_instant"),
        CheckConstraint("state <> 'confirmed' OR ended_at IS NULL", name="confirmed_has_not_ended"),
        CheckConstraint("state <> 'ended' OR ended_at IS NOT NULL", name="ended_has_instant"),
        Index("ix_subscription_state", "list_id", "state", "id"),
        Index("ix_subscription_turn", "state", "asked_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)  # random
    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"))
    key: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)  # consult.mail.keys.address_key; stays for ever
    address: Mapped[str | None] = mapped_column(String(ADDRESS_MAX))  # None = a tombstone
    email_key: Mapped[str | None] = mapped_column(String(ADDRESS_MAX))  # the address casefolded, as entries have theirs
    language: Mapped[str] = mapped_column(String(12))
    state: Mapped[SubscriptionState] = mapped_column(code_of(SubscriptionState))
    how: Mapped[SignUpWay] = mapped_column(code_of(SignUpWay))
    asked_by: Mapped[str] = mapped_column(String(40))  # "self", or "staff:7"; no foreign key
    words: Mapped[int]  # the number of what the list said of itself
    asked_at: Mapped[datetime]  # the last time
    confirmed_at: Mapped[datetime | None]  # likewise
    ended_at: Mapped[datetime | None]  # None = never, or came back since
    generation: Mapped[int]  # random, of the link that confirms: SQLite gives the id of a deleted row to the next
    confirm_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    leave_digest: Mapped[bytes | None] = mapped_column(
        LargeBinary(32), unique=True
    )  # None for a moment: see list_links

    @validates("address")
    def _keyed(self, _name: str, address: str | None) -> str | None:
        self.email_key = None if address is None else address.casefold()
        return address

    @property
    def person_ref(self) -> str:
        """The opaque reference that mails keep: "subscription:5"."""
        return subscription_ref(self.id)


def subscription_ref(subscription_id: int) -> str:
    """The opaque reference of a subscription's id."""
    return f"subscription:{subscription_id}"


class SubscriptionStep(StrEnum):
    """What somebody said."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    ENDED = "ended"
    UNDONE = "undone"  # took leaving back


class SubscriptionAct(Base):
    """One act of consenting to a list, or of leaving it: when, how, under which words. Never changed, only added to.

    Asking alone is none: what nobody confirms is deleted. It is written down together with the confirming.
    """

    __tablename__ = "subscription_act"

    id: Mapped[int] = mapped_column(primary_key=True)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscription.id"), index=True)
    step: Mapped[SubscriptionStep] = mapped_column(code_of(SubscriptionStep))
    how: Mapped[str] = mapped_column(String(40))  # page, letter, phone, email, meeting; link, one_click, desk
    wording: Mapped[str] = mapped_column(
        String(60)
    )  # "2/ar/promise-1": number of the words, language, promise; "" = none
    by: Mapped[str] = mapped_column(String(40))  # "self", or "staff:7"; no foreign key
    at: Mapped[datetime]


class SignUpMailbox(Base):
    """When the last mails to confirm a sign-up went to a mailbox, so that nobody floods one that is not theirs. No address."""

    __tablename__ = "sign_up_mailbox"

    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    mailed: Mapped[list[Any]]  # instants in UTC as ISO 8601, the newest last
    until: Mapped[datetime] = mapped_column(index=True)  # after that it says nothing any more


class ListLeavingScope(StrEnum):
    """What the reader of a list's mail wants no more of."""

    LIST = "list"
    CONSULTATION = "consultation"
    EVERYTHING = "everything"


class ListLeaving(Base):
    """One act of leaving by the link in a list's mail. What it ended stands with the subscriptions."""

    __tablename__ = "list_leaving"
    __table_args__ = (
        CheckConstraint("(way = 'page') = (once IS NOT NULL)", name="only_a_page_has_its_key"),
        CheckConstraint("(scope = 'consultation') = (consultation_id IS NOT NULL)", name="says_which_consultation"),
        Index("ix_list_leaving_consultation", "consultation_id", "key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscription.id"), index=True)
    key: Mapped[bytes] = mapped_column(LargeBinary(32))  # of the mailbox
    scope: Mapped[ListLeavingScope] = mapped_column(code_of(ListLeavingScope))
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id"))
    way: Mapped[LeavingWay] = mapped_column(code_of(LeavingWay))
    once: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # digest of the form's key: who pressed can undo
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class ListMessage(Base):
    """What was sent to a list, as its archive shows it. It holds nothing of anybody who got it, and never changes."""

    __tablename__ = "list_message"
    __table_args__ = (UniqueConstraint("list_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"))
    number: Mapped[int]  # 1, 2, ... within the list; stands in its address
    cause: Mapped[str] = mapped_column(String(REFERENCE_MAX), unique=True)  # "campaign:3"; no foreign key
    subject: Mapped[Texts]
    body: Mapped[Texts]  # plain text
    sent_at: Mapped[datetime]


refuse_change("list_words", "list_words_only_added_to")
# Readers are found by the key alone: one without the other would be overlooked where the address is wiped, or written to twice.
refuse_row_when(
    "subscription", "subscription_address_has_its_key", when="(new.address IS NULL) <> (new.email_key IS NULL)"
)
refuse_change("subscription_act", "subscription_act_only_added_to")
refuse_change("list_message", "list_message_never_changes")
refuse_change("list_leaving", "list_leaving_only_undone", allow=("undone_at",))
refuse_change("subscription", "subscription_stays_with_its_mailbox", allow=(
    "address", "email_key", "language", "state", "how", "asked_by", "words", "asked_at", "confirmed_at", "ended_at", "generation",
    "confirm_digest", "leave_digest",
), delete_too=False)  # fmt: skip
