"""The outbox's table, and a mail as it is asked for."""

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of
from consult.core.ddl import index_of_some, refuse_change

ADDRESS_MAX = 254  # octets, RFC 5321 4.5.3.1.3 (a path of 256 with its angle brackets)
REFERENCE_MAX = 80  # characters of person and cause
TEMPLATE_MAX = 60  # characters
REPLY_MAX = 500  # characters of a server's words that we keep
STATUS_MAX = 12  # characters of a code
NOTE_MAX = 500  # characters
STANDS = text("lifted_at IS NULL")
UNCERTAIN = text("state = 'uncertain'")


class MailState(StrEnum):
    """How far a mail is."""

    QUEUED = "queued"  # waits for its turn
    CLAIMED = "claimed"  # a worker has begun to talk to the relay about it
    DEFERRED = "deferred"  # put off; waits for another attempt
    UNCERTAIN = "uncertain"  # it may have gone out; a person decides
    SENT = "sent"  # the relay took it
    FAILED = "failed"  # refused for good, or put off for too long
    SUPPRESSED = "suppressed"  # its cause was gone, the person had left, or mail had come back, when its turn came


WAITING = frozenset({MailState.QUEUED, MailState.DEFERRED})
FINAL = frozenset({MailState.SENT, MailState.FAILED, MailState.SUPPRESSED})


class Priority(IntEnum):
    """Whose turn comes first."""

    SINGLE = 0  # somebody waits for it: a link, a receipt, an answer
    CAMPAIGN = 10  # one of many


class Mail(NamedTuple):
    """A mail that should go out: which template, to whom, why, and what the template's loader needs to know.

    `person` ("stakeholder:5") and `cause` ("invitation:3") are opaque references: nothing here resolves them.
    `parameters` are JSON and as few as possible (ids): texts and secret links are made when the mail is rendered.
    """

    template: str
    person: str
    cause: str
    address: str
    language: str
    parameters: Mapping[str, Any] = MappingProxyType({})
    priority: Priority = Priority.SINGLE
    not_before: datetime | None = None  # None = at once


class OutboxMail(Base):
    """One mail to one person for one cause. Written in the transaction of its cause; wiped when it is final.

    Source: DESIGN invariant 5 and section 4.
    """

    __tablename__ = "outbox_mail"
    __table_args__ = (
        UniqueConstraint("person", "cause", "template", name="mail_once"),
        CheckConstraint("(next_at IS NOT NULL) = (state IN ('queued', 'deferred'))", name="waiting_has_its_time"),
        CheckConstraint("(lease_until IS NOT NULL) = (state = 'claimed')", name="claimed_has_its_lease"),
        CheckConstraint(
            "state NOT IN ('sent', 'failed', 'suppressed') OR (address IS NULL AND parameters IS NULL)",
            name="final_is_wiped",
        ),
        CheckConstraint("state NOT IN ('queued', 'deferred') OR address IS NOT NULL", name="waiting_has_address"),
        # Only what waits has a turn, what is claimed a lease, what was claimed a digest: the others are in none of these.
        index_of_some("ix_outbox_mail_turn", "next_at", "priority", "next_at", "id"),
        index_of_some("ix_outbox_mail_lease_until", "lease_until", "lease_until"),
        index_of_some("ix_outbox_mail_bounce_digest", "bounce_digest", "bounce_digest", unique=True),
        # Of the states only that is looked for in which a person decides: each mail passes through three others.
        Index("ix_outbox_mail_uncertain", "id", sqlite_where=UNCERTAIN, postgresql_where=UNCERTAIN),
        Index("ix_outbox_mail_cause", "cause", "attempted_at"),  # the last of a cause: see queries_halts
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    template: Mapped[str] = mapped_column(String(TEMPLATE_MAX))  # a name in the table of consult/worker.py
    person: Mapped[str] = mapped_column(String(REFERENCE_MAX))  # "staff:7"; no foreign key
    cause: Mapped[str] = mapped_column(String(REFERENCE_MAX))  # "round_opening:2"; no foreign key
    language: Mapped[str] = mapped_column(String(12))
    parameters: Mapped[dict[str, Any] | None]  # None = wiped
    address: Mapped[str | None] = mapped_column(String(ADDRESS_MAX))  # None = wiped
    state: Mapped[MailState] = mapped_column(code_of(MailState))
    priority: Mapped[int]
    attempts: Mapped[int] = mapped_column(default=0)  # conversations with the relay that began
    next_at: Mapped[datetime | None]  # not before; only while it waits
    lease_until: Mapped[datetime | None]  # only while claimed
    message_id: Mapped[str | None] = mapped_column(
        String(255)
    )  # the header, with its brackets; the same at every attempt
    bounce_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # None = never claimed
    address_key: Mapped[bytes | None] = mapped_column(
        LargeBinary(32)
    )  # consult.mail.keys; stays when the address is wiped
    reply_code: Mapped[int | None]  # of the relay's last answer; None where it gave none
    reply_text: Mapped[str | None] = mapped_column(String(REPLY_MAX))  # likewise, without addresses
    created_at: Mapped[datetime]
    attempted_at: Mapped[datetime | None]  # when the last conversation began
    finished_at: Mapped[datetime | None]  # when it became final


class BounceKind(StrEnum):
    """What a mail that came back says of its address."""

    HARD = "hard"  # there is no such mailbox
    SOFT = "soft"  # not now, or not said
    COMPLAINT = "complaint"  # it arrived, and its reader called it spam


class BounceSource(StrEnum):
    """How we heard of it."""

    SMTP = "smtp"  # the relay refused the recipient
    REPORT = "report"  # a message to the bounce address


class Bounce(Base):
    """A mail that did not arrive, once a mail. Codes only: what servers say may name people."""

    __tablename__ = "bounce"
    __table_args__ = (Index("ix_bounce_address", "address_key", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mail_id: Mapped[int] = mapped_column(ForeignKey("outbox_mail.id"), unique=True)
    address_key: Mapped[bytes] = mapped_column(LargeBinary(32))
    kind: Mapped[BounceKind] = mapped_column(code_of(BounceKind))
    status: Mapped[str] = mapped_column(String(STATUS_MAX))  # RFC 3463, "5.1.1"
    source: Mapped[BounceSource] = mapped_column(code_of(BounceSource))
    at: Mapped[datetime]


class SuppressionReason(StrEnum):
    """Why nothing is sent to an address."""

    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCES = "soft_bounces"  # too many of them lately
    COMPLAINT = "complaint"  # its reader called a mail spam


ABUSE = "abuse"  # where a status would stand: the feedback type, RFC 5965


class Suppression(Base):
    """That nothing is sent to an address, because mail came back, until somebody says why it may be tried again.

    Known by its key: the list is no address book, and holds where the address stands nowhere else any more.
    """

    __tablename__ = "suppression"
    __table_args__ = (
        Index("uq_suppression_now", "address_key", unique=True, sqlite_where=STANDS, postgresql_where=STANDS),
        CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by IS NULL) AND (lifted_at IS NULL) = (note IS NULL)",
            name="lifted_by_somebody_with_a_note",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(20), unique=True)  # random
    address_key: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    reason: Mapped[SuppressionReason] = mapped_column(code_of(SuppressionReason))
    status: Mapped[str] = mapped_column(String(STATUS_MAX))  # of the bounce that closed it, or the report of spam since
    source: Mapped[BounceSource] = mapped_column(code_of(BounceSource))  # likewise
    at: Mapped[datetime]  # since when
    tried_at: Mapped[datetime | None]  # when a mail that its reader had asked for last went there in spite of it
    tried_mail_id: Mapped[int | None]  # which; no foreign key: its traces go sooner
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(String(40))  # "staff:7", "self", "system"; no foreign key
    note: Mapped[str | None] = mapped_column(String(NOTE_MAX))  # why it may be tried again


class Pace(Base):
    """When the relay, or a domain, takes the next mail. A row, so that it holds across processes and restarts.

    A domain stands here by its key only: a small one names a person.  Source: docs/decisions/0022-rates-and-breaker.md
    """

    __tablename__ = "pace"

    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)  # consult.mail.keys
    free_at: Mapped[datetime]  # no mail before
    single_until: Mapped[datetime]  # the last instant that a single mail was put off to
    campaign_until: Mapped[datetime]  # likewise, of a campaign
    deferrals: Mapped[int]  # how many answers in a row said "later"


class Halt(Base):
    """That the mails of a cause stopped going out because too many of the last ones did not arrive.

    The cause of a campaign: single mails go on.  Source: docs/decisions/0022-rates-and-breaker.md
    """

    __tablename__ = "mail_halt"
    __table_args__ = (
        Index("uq_mail_halt_now", "cause", unique=True, sqlite_where=STANDS, postgresql_where=STANDS),
        CheckConstraint("bad BETWEEN 1 AND of_last", name="bad_of_last"),
        CheckConstraint("released_at IS NULL OR lifted_at IS NOT NULL", name="released_after_lifting"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cause: Mapped[str] = mapped_column(String(REFERENCE_MAX), index=True)
    at: Mapped[datetime]
    bad: Mapped[int]  # mails that were refused, put off or came back, of
    of_last: Mapped[int]  # mails
    lifted_at: Mapped[datetime | None]  # when somebody went on; what came before counts no more
    released_at: Mapped[datetime | None]  # when all its mails had their turn again


# Who, why and what are the mail's identity: changing one would let the same person get the same mail twice.
refuse_change(
    "outbox_mail",
    "mail_stays_the_same_mail",
    when="old.person <> new.person OR old.cause <> new.cause OR old.template <> new.template",
    delete_too=False,
)
# A final mail stays as it is, but for what could trace it: that goes, all together and for good, when its time is over.
TRACES = ("message_id", "bounce_digest", "address_key", "reply_text")
refuse_change(
    "outbox_mail", "final_mail_stays_final", when="old.finished_at IS NOT NULL", allow=TRACES, delete_too=False
)
_wiped = " AND ".join(f"new.{column} IS NULL" for column in TRACES)
refuse_change(
    "outbox_mail",
    "traces_of_a_final_mail_only_wiped",
    when=f"old.finished_at IS NOT NULL AND NOT ({_wiped})",
    allow=tuple(column.name for column in OutboxMail.__table__.columns if column.name not in TRACES),
    delete_too=False,
)
refuse_change(
    "suppression",
    "lifted_suppression_stays_lifted",
    when="old.lifted_at IS NOT NULL",
    allow=("note",),  # erasure may set it to a tombstone
    delete_too=False,
)
