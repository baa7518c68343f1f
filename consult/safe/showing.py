"""What a code shows: the same work, whatever comes of it.

Found, not found and mistyped codes alike: one derivation of seventeen ids, three queries, seventeen cells tried, one page of
one length. Source: reference safe.md 3.7, 4.6, 4.7.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from consult.core import crypto
from consult.core.crypto import Unreadable
from consult.core.exchange import Between
from consult.core.i18n import LazyText, _l
from consult.core.ids import random_code
from consult.core.texts import Shown, Texts
from consult.safe import inclusion
from consult.safe.manifests import Manifest
from consult.safe.pins import Pins
from consult.safe.queries import Rows, find_manifest, find_published, find_rows
from consult.safe.receipts import Thread, new_code, thread_of

SAID_MAX = 3_000  # characters of a published reason: the rest stands in the report, and every answer has one length
MESSAGES_MAX = 50


class Standing(StrEnum):
    """How a comment stands, as far as its author can be told."""

    MISTYPED = "mistyped"
    UNKNOWN = "unknown"
    WAITING = "waiting"
    RECEIVED = "received"
    RELEASED = "released"
    CONFIDENTIAL = "confidential"
    WITHDRAWN = "withdrawn"
    ANSWERED = "answered"


OUTCOMES: dict[str, tuple[str, LazyText]] = {
    "accepted": ("accepted", _l("Accepted")),
    "accepted_in_part": ("inpart", _l("Accepted in part")),
    "noted": ("noted", _l("Noted")),
    "not_accepted": ("refused", _l("Not accepted")),
    "out_of_scope": ("noted", _l("Out of scope")),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What an officer says to one person."""

    number: int = -1
    messages: tuple[Shown, ...] = ()
    state: str = ""
    comment: str = ""
    proof: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Status:
    """All that the page of a code shows."""

    standing: Standing
    manifest: Manifest | None
    rows: Rows
    messages: tuple[Shown, ...] = ()
    outcome: tuple[str, LazyText] | None = None
    reason: Shown | None = None
    is_cut: bool = False
    proof: str = ""

    @property
    def is_there(self) -> bool:
        """Whether there is a comment under the code."""
        return self.standing not in (Standing.MISTYPED, Standing.UNKNOWN)


def look_up(db: Connection, code: str | None, salt: bytes, pins: Pins, between: Between) -> tuple[Status, int]:
    """What a code shows, and how many of its cells were none of our officers'. `code` is None where it was mistyped.

    Nothing is looked up for a mistyped code: another, drawn now, takes its place, so that the work is the same.
    """
    thread = thread_of(code or new_code(), salt)
    rows = find_rows(db, thread)
    manifest = find_manifest(db, rows.consultation)
    cell, forged = open_cells(rows, pins, between)
    published = find_published(db, rows.consultation, cell.comment or random_code())
    standing = Standing.MISTYPED if code is None else _standing(rows, manifest, cell, published is not None)
    if manifest is None or not rows.is_there or code is None:
        return Status(standing, None, rows), forged
    outcome, reason, is_cut = None, None, False
    if published is not None:
        outcome = OUTCOMES.get(published[0], ("noted", _l("Answered")))
        reason = Texts(published[1]).shown()
        is_cut = len(reason.text) > SAID_MAX
        reason = Shown(reason.text[:SAID_MAX], reason.language, reason.fallback)
    proof = _proof(thread, cell, manifest)
    return Status(standing, manifest, rows, cell.messages, outcome, reason, is_cut, proof), forged


def _standing(rows: Rows, manifest: Manifest | None, cell: Cell, is_published: bool) -> Standing:
    if not rows.is_there or manifest is None:
        return Standing.UNKNOWN
    if rows.is_withdrawn:
        return Standing.WITHDRAWN
    if is_published:
        return Standing.ANSWERED
    return Standing(cell.state) if cell.state else Standing.WAITING


def open_cells(rows: Rows, pins: Pins, between: Between) -> tuple[Cell, int]:
    """The newest cell that opens and was signed by an officer of ours for this thread, and how many opened that were not.

    Every receipt that there could be is tried, one that nobody can open in the place of each that is not there.
    """
    blank = crypto.blank_cell()
    newest, forged = Cell(), 0
    for receipt in rows.thread.receipts():
        try:
            opened = crypto.unpad(crypto.unseal(rows.cells.get(receipt, blank), *rows.thread.pair))
        except Unreadable:
            continue
        try:
            cell = _read_cell(opened.decode(), rows, pins, between)
        except (Unreadable, UnicodeDecodeError, KeyError, TypeError, ValueError):
            forged += 1
            continue
        newest = max(newest, cell, key=lambda one: one.number)
    return newest, forged


def _read_cell(signed: str, rows: Rows, pins: Pins, between: Between) -> Cell:
    content, _ = crypto.verify(signed, "cell", pins.signers)
    told = (content.get("installation"), content.get("host"), content.get("consultation"), content.get("thread"))
    thread = crypto.b64(rows.thread.pair[0])
    if told != (between.installation, between.host, rows.consultation, thread):
        raise Unreadable
    messages = tuple(
        Shown(str(one["text"]), str(one.get("language") or ""), False)
        for one in sorted(content.get("messages") or [], key=lambda one: int(one["number"]))[:MESSAGES_MAX]
    )
    state = str(content.get("state") or "")
    if state not in ("", "received", "released", "confidential", "withdrawn"):
        raise Unreadable
    proof = {name: content[name] for name in ("leaf", "place", "path") if content.get(name) not in (None, "")}
    return Cell(int(content["number"]), messages, state, str(content.get("comment") or ""), proof)


def _proof(thread: Thread, cell: Cell, manifest: Manifest) -> str:
    """The text of the proof of inclusion; "" before the final root is published, or where it does not hold."""
    if not cell.proof or not manifest.final_root:
        return ""
    try:
        place, path = int(cell.proof["place"]), list(cell.proof["path"])
        proof = inclusion.find_proof(thread.inclusion_secret, cell.proof["leaf"], place, path, manifest.final_root)
    except (Unreadable, KeyError, TypeError, ValueError):
        return ""
    return inclusion.as_text(proof)
