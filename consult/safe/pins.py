"""Whom safe believes: main's key, the officers' cards, and its own key and salt. Files, each readable by its owner only.

What an officer signs, main cannot make: a manifest vouches for paragraphs, never for a key that opens comments.
"""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consult.core import crypto
from consult.core.crypto import Unreadable

PINS = "pins.json"
KEY = "exchange.key"
SALT = "salt"


@dataclass(frozen=True, slots=True)
class Officer:
    """A protection officer, by their signed card."""

    name: str
    institution: str
    in_ministry: bool
    box: bytes
    sign: bytes
    card: str

    @property
    def fingerprint(self) -> str:
        """What people compare on paper."""
        return crypto.fingerprint(self.box, self.sign)


@dataclass(frozen=True, slots=True)
class Pins:
    """What was pinned when safe was set up."""

    installation: str
    main: bytes  # main's public key
    officers: tuple[Officer, ...]

    @property
    def signers(self) -> list[bytes]:
        """The officers' keys by which they sign."""
        return [officer.sign for officer in self.officers]


@dataclass(frozen=True, slots=True)
class Secrets:
    """What only safe has."""

    salt: bytes  # of all codes
    sign: bytes  # the exchange key
    public: bytes


def read_card(card: str) -> Officer:
    """The officer of a card that they signed themselves. Raises Unreadable."""
    parts = card.strip().split("\n", 2)
    claimed = crypto.from_json(parts[2].encode()) if len(parts) == 3 else {}
    sign = crypto.unb64(claimed.get("sign"), 32)
    content, _ = crypto.verify(card.strip(), "card", [sign])
    name, institution, in_ministry = content.get("name"), content.get("institution"), content.get("in_ministry")
    if not (isinstance(name, str) and isinstance(institution, str) and isinstance(in_ministry, bool)):
        raise Unreadable
    return Officer(name, institution, in_ministry, crypto.unb64(content.get("box"), 32), sign, card.strip())


def pin(data: Path, installation: str, main: bytes, cards: list[str]) -> Pins:
    """Pin main and officers; cards of officers pinned before stay. Raises Unreadable for a card that is none."""
    known = load_pins(data).officers if (data / PINS).exists() else ()
    officers = {officer.fingerprint: officer for officer in (*known, *(read_card(card) for card in cards))}
    content = {
        "installation": installation,
        "main": crypto.b64(main),
        "cards": [officer.card for officer in officers.values()],
    }
    keep_private(data / PINS, json.dumps(content, ensure_ascii=False, indent=1).encode())
    return Pins(installation, main, tuple(officers.values()))


def load_pins(data: Path) -> Pins:
    """What is pinned. Raises FileNotFoundError before `consult safe init`, Unreadable where the file was spoiled."""
    content: dict[str, Any] = crypto.from_json((data / PINS).read_bytes())
    officers = tuple(read_card(card) for card in content["cards"])
    return Pins(str(content["installation"]), crypto.unb64(content["main"], 32), officers)


def make_secrets(data: Path) -> Secrets:
    """Safe's own key and salt, made where they are missing."""
    for name in (KEY, SALT):
        if not (data / name).exists():
            keep_private(data / name, secrets.token_bytes(32))
    return load_secrets(data)


def load_secrets(data: Path) -> Secrets:
    """Safe's own key and salt. Raises FileNotFoundError before `consult safe init`."""
    public, sign = crypto.sign_pair((data / KEY).read_bytes())
    return Secrets((data / SALT).read_bytes(), sign, public)


def keep_private(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, mode 600."""
    half = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
    half.replace(path)
