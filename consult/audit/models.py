"""The journal's tables."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from consult.core.db import Base
from consult.core.ddl import refuse_change

EVENT_MAX = 80  # characters
HASH_SIZE = 32  # bytes, SHA-256


class JournalEntry(Base):
    """One act of staff or of the system. Holds ids and codes, never a name or a text; never changes.

    Source: DESIGN section 4.
    """

    __tablename__ = "journal_entry"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # 1, 2, ... without gaps
    at: Mapped[datetime]
    event: Mapped[str] = mapped_column(String(EVENT_MAX))  # "round.opened"
    actor: Mapped[str] = mapped_column(String(EVENT_MAX), index=True)  # "staff:7" or "system"; not a foreign key
    codes: Mapped[dict[str, Any]]
    reason_digest: Mapped[bytes | None] = mapped_column(LargeBinary(HASH_SIZE))  # salted, of the reason beside it
    previous: Mapped[bytes] = mapped_column(LargeBinary(HASH_SIZE))
    hash: Mapped[bytes] = mapped_column(LargeBinary(HASH_SIZE), unique=True)


class JournalReason(Base):
    """The free-text reason of an entry, apart from the chain, so that erasing it leaves the chain whole."""

    __tablename__ = "journal_reason"

    number: Mapped[int] = mapped_column(ForeignKey("journal_entry.number"), primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    text: Mapped[str | None]  # None = erased


class JournalHead(Base):
    """The newest entry under a keyed seal: without it, cutting off the journal's end could not be seen."""

    __tablename__ = "journal_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_head"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary(HASH_SIZE))
    seal: Mapped[bytes] = mapped_column(LargeBinary(HASH_SIZE))  # HMAC of number and hash with the installation's key


refuse_change("journal_entry", "journal_never_changes")
refuse_change("journal_reason", "journal_reason_kept", allow=("text",))
refuse_change("journal_reason", "journal_reason_only_erased", when="new.text IS NOT NULL", delete_too=False)
