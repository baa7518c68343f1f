"""The two folders between main and safe: signed, numbered files. Formats: docs/decisions/0012-sealed-formats.md.

Main writes into `in` (manifests, answers, cells) and reads `out` (batches, reports); safe the other way round. Neither side
opens the other's database, and a file counts only by its signature, its installation, its host, its consultation and its
number: what is replayed, reordered, cut short or signed by somebody else changes nothing.
"""

import os
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consult.core import crypto
from consult.core.crypto import Unreadable

FILE_MAX = 400 * 1024 * 1024  # bytes: a batch of the largest letters there can be in a day
NAME = re.compile(r"^(?P<purpose>[a-z]+)-(?P<consultation>[a-z0-9][a-z0-9-]{0,79})-(?P<number>[0-9]{6})\.signed$")

# Who writes what. The first three go in, the others out.
MANIFEST, ANSWERS, CELLS = "manifest", "answers", "cells"
BATCH, REPORT = "batch", "report"


@dataclass(frozen=True, slots=True)
class Between:
    """Which two sides a file is for: it counts nowhere else."""

    installation: str  # random, made once by main and told to safe
    host: str  # safe's public or onion name


@dataclass(frozen=True, slots=True)
class Found:
    """A file in a folder, by its name; nothing of it is believed yet."""

    purpose: str
    consultation: str
    number: int
    path: Path

    def text(self) -> str:
        """What stands in it. Raises Unreadable."""
        try:
            if self.path.stat().st_size > FILE_MAX:
                raise Unreadable
            return self.path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            raise Unreadable from problem


def signed_file(
    purpose: str, between: Between, consultation: str, number: int, content: dict[str, Any], secret: bytes
) -> str:
    """A signed text with what it is for inside."""
    head = {
        "installation": between.installation,
        "host": between.host,
        "consultation": consultation,
        "number": number,
    }
    return crypto.sign(purpose, {**content, **head}, secret)


def opened_file(
    text: str, purpose: str, between: Between, consultation: str, number: int, publics: Iterable[bytes]
) -> dict[str, Any]:
    """The content of a signed text that is for us, of this consultation and number. Raises Unreadable."""
    content, _ = crypto.verify(text, purpose, publics)
    told = (content.get("installation"), content.get("host"), content.get("consultation"), content.get("number"))
    if told != (between.installation, between.host, consultation, number):
        raise Unreadable
    return content


def put(folder: Path, purpose: str, consultation: str, number: int, text: str) -> Path:
    """Lay a file into a folder, whole or not at all, synced. Putting the same again changes nothing. Returns where it lies."""
    path = folder / f"{purpose}-{consultation}-{number:06d}.signed"
    half = folder / f".{secrets.token_hex(8)}.half"
    with half.open("x", encoding="utf-8") as target:
        os.fchmod(target.fileno(), 0o640)
        target.write(text)
        target.flush()
        os.fsync(target.fileno())
    half.replace(path)
    sync_folder(folder)
    return path


def sync_folder(folder: Path) -> None:
    """Let the names in a folder be on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def look(folder: Path, purpose: str) -> Iterator[Found]:
    """The files of a purpose in a folder, in the order of consultation and number. Other names are passed over."""
    rows = []
    for path in folder.iterdir():
        if (match := NAME.match(path.name)) and match["purpose"] == purpose and path.is_file():
            rows.append(Found(purpose, match["consultation"], int(match["number"]), path))
    yield from sorted(rows, key=lambda found: (found.consultation, found.number))
