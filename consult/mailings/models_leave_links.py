"""Links that were mailed to a mailbox so that its reader says it is they who want no more of something."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base, code_of


class LeaveAct(StrEnum):
    """What a link stops: each has a token of its own."""

    CONSULTATION = "consultation"  # mail about one; at an office its news
    EVERYTHING = "everything"  # at an office news and lists
    LIST = "list"
    OFFICIAL = "official"  # the yes of an entry to mail about consultations
    NEWS = "news"  # its yes to news
    OPEN = "open"  # stops nothing: links to what is held of the mailbox, which stand in a table of their own


STOPS = text("act <> 'open'")
OPENS = text("act = 'open'")


class LeaveLink(Base):
    """The newest link of a mailbox: for one act, once, for a day. A new one takes the place of the old. No address.

    A second row of a mailbox counts the mails with which it opens its own entry: so that whoever types an address
    keeps nobody from leaving.

    Source: docs/decisions/0039-leaving-of-a-forwarded-mail.md, docs/decisions/0042-own-entry-by-mail.md
    """

    __tablename__ = "leave_link"
    __table_args__ = (
        Index("uq_leave_link_stops", "key", unique=True, sqlite_where=STOPS, postgresql_where=STOPS),
        Index("uq_leave_link_opens", "key", unique=True, sqlite_where=OPENS, postgresql_where=OPENS),
        CheckConstraint(
            "(act = 'open' AND participant_id IS NULL AND subscription_id IS NULL)"
            " OR (act <> 'open' AND (participant_id IS NULL) <> (subscription_id IS NULL))",
            name="of_a_door_or_a_list",
        ),
        CheckConstraint("act <> 'open' OR digest IS NULL", name="opening_is_no_link"),
        CheckConstraint("(act <> 'list') OR subscription_id IS NOT NULL", name="list_by_its_own_mail"),
        CheckConstraint("act NOT IN ('official', 'news') OR participant_id IS NOT NULL", name="entry_by_its_door"),
        CheckConstraint(
            "(consultation_id IS NOT NULL) = (act = 'consultation' AND subscription_id IS NOT NULL)",
            name="list_says_which_consultation",
        ),
        CheckConstraint("(used_at IS NULL) = (once IS NULL)", name="used_by_a_form"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary(32))  # consult.mail.keys.address_key, of the mailbox
    act: Mapped[LeaveAct] = mapped_column(code_of(LeaveAct))
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"))
    subscription_id: Mapped[int | None] = mapped_column(ForeignKey("subscription.id", ondelete="CASCADE"))
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id"))  # that a list's mail was about
    generation: Mapped[int]  # 0 = none mailed yet; random: SQLite gives the id of a deleted row to the next
    digest: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)  # None for a moment: made of the id
    made_at: Mapped[datetime] = mapped_column(index=True)
    unused: Mapped[int] = mapped_column(
        default=0
    )  # links mailed in a row that nobody used: each makes the next wait longer
    used_at: Mapped[datetime | None]
    once: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # digest of the key of the form that used it
