"""Writing the journal, and proving that nobody changed it."""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypedDict

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from consult.audit.models import JournalEntry, JournalHead, JournalReason
from consult.core import clock, db
from consult.core.db import Base
from consult.core.many import insert_many

BEGINNING = bytes(32)  # what the first entry names as the one before it
ADVISORY_LOCK = 0x636F6E73  # any fixed number: one writer of the journal at a time on PostgreSQL

# What may stand in an entry: numbers and codes. No blank and no @, so that no name, text or address slips in.
CODE = re.compile(r"[\w.:/+-]{0,120}")

Code = str | int | bool | None

_as_json = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode  # made once


class Actor(Protocol):
    """Someone who acts: staff."""

    @property
    def actor(self) -> str:
        """An opaque reference, "staff:7"."""
        ...


@dataclass(frozen=True, slots=True)
class _Act:
    event: str
    actor: str
    at: datetime
    codes: dict[str, Code]
    reason: str


_key: bytes = bytes(32)


def use_key(key: bytes) -> None:
    """Set the key of the seal over the newest entry. One an installation."""
    global _key
    _key = key


def record(session: Session, event: str, *, by: Actor | None, reason: str = "", **codes: Code) -> None:
    """Note an act; it is written as the last thing in the transaction, or not at all.

    `by` None means the system. Raises ValueError for a code that could be a text or an address.
    """
    for name, value in codes.items():
        if isinstance(value, str) and not CODE.fullmatch(value):
            raise ValueError(f"{event}: {name} is no code: {value!r}")
    waiting = session.info.setdefault("journal", [])
    if not waiting:
        db.at_end(session, _append)
    waiting.append(_Act(event, by.actor if by else "system", clock.now(), dict(codes), reason))


def _append(session: Session) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
    head = session.get(JournalHead, 1, populate_existing=True)
    if head is None:
        head = JournalHead(id=1, number=0, hash=BEGINNING, seal=b"")
        session.add(head)
    entries, reasons = [], []
    for act in session.info.pop("journal"):
        salt = secrets.token_bytes(16) if act.reason else b""
        said: _Said = {
            "number": head.number + 1,
            "at": act.at,
            "event": act.event,
            "actor": act.actor,
            "codes": act.codes,
            "reason_digest": _reason_digest(salt, act.reason) if act.reason else None,
            "previous": head.hash,
        }
        head.number, head.hash = head.number + 1, entry_hash(said)
        entries.append({**said, "hash": head.hash})
        if act.reason:
            reasons.append(JournalReason(number=head.number, salt=salt, text=act.reason))
    head.seal = _seal(head.number, head.hash)
    insert_many(session, Base.metadata.tables["journal_entry"], entries)  # an import has hundreds of them
    session.add_all(reasons)  # they point to them
    session.flush()


class _Said(TypedDict):
    """What an entry says, by the names of its columns: all but its hash."""

    number: int
    at: datetime
    event: str
    actor: str
    codes: dict[str, Code]
    reason_digest: bytes | None
    previous: bytes


def entry_hash(said: _Said) -> bytes:
    """SHA-256 over everything an entry says, and over the hash of the one before it."""
    parts = [
        said["number"],
        said["at"].isoformat(),
        said["event"],
        said["actor"],
        said["codes"],
        said["reason_digest"].hex() if said["reason_digest"] else None,
        said["previous"].hex(),
    ]
    return hashlib.sha256(_as_json(parts).encode()).digest()


def _said(entry: JournalEntry) -> _Said:
    return {
        "number": entry.number,
        "at": entry.at,
        "event": entry.event,
        "actor": entry.actor,
        "codes": entry.codes,
        "reason_digest": entry.reason_digest,
        "previous": entry.previous,
    }


def _reason_digest(salt: bytes, reason: str) -> bytes:
    return hashlib.sha256(salt + reason.encode()).digest()


def _seal(number: int, newest: bytes) -> bytes:
    return hmac.new(_key, b"journal:%d:" % number + newest, hashlib.sha256).digest()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong in the journal: at which entry, and what."""

    number: int
    problem: str


def verify(session: Session) -> Iterator[Finding]:
    """Every place where the journal is not as it was written: edited, deleted, reordered, cut off, reason changed."""
    expected, previous = 1, BEGINNING
    query = select(JournalEntry, JournalReason).outerjoin(JournalReason, JournalReason.number == JournalEntry.number)
    for entry, reason in session.execute(query.order_by(JournalEntry.number).execution_options(yield_per=1000)):
        if entry.number != expected:
            yield Finding(expected, f"entries {expected} to {entry.number - 1} are missing")
        elif entry.previous != previous:
            yield Finding(entry.number, "does not follow the entry before it")
        if entry_hash(_said(entry)) != entry.hash:
            yield Finding(entry.number, "was edited")
        if reason and reason.text is not None and _reason_digest(reason.salt, reason.text) != entry.reason_digest:
            yield Finding(entry.number, "its reason was edited")
        expected, previous = entry.number + 1, entry.hash
    head = session.get(JournalHead, 1)
    if head is None:
        if expected > 1:
            yield Finding(expected - 1, "the seal over the newest entry is gone")
    elif not hmac.compare_digest(head.seal, _seal(head.number, head.hash)):
        yield Finding(head.number, "the seal over the newest entry is not ours")
    elif (head.number, head.hash) != (expected - 1, previous):
        yield Finding(expected, f"entries {expected} to {head.number} are missing")
