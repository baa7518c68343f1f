"""Reading what officers sign. Nothing of it is believed before its signature, its installation and its consultation fit.

Source: docs/decisions/0012-sealed-formats.md
"""

import json
from dataclasses import dataclass
from typing import Any

from consult.core import crypto
from consult.core.crypto import Unreadable
from consult.core.exchange import Between
from consult.custody.models import KEY, OFFICER_NAME_MAX, Officer
from consult.custody.rules import FileWrong
from consult.custody.sides import Safe

HALF_SEALED = KEY + crypto.SEAL_OVERHEAD  # bytes


@dataclass(frozen=True, slots=True)
class Card:
    """An officer's public card."""

    signed: str
    name: str
    institution: str
    in_ministry: bool
    box: bytes
    sign: bytes

    @property
    def fingerprint(self) -> str:
        """What people compare on paper."""
        return crypto.fingerprint(self.box, self.sign)


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A consultation key as an opening lists it."""

    number: int
    public: bytes
    last_release: int | None


@dataclass(frozen=True, slots=True)
class OpeningFile:
    """What an officer hands in to open a consultation, or to add a key or an officer."""

    signed: str
    number: int
    keys: list[ListedKey]
    officers: list[str]  # fingerprints
    halves: dict[tuple[str, int], str]  # sealed, by fingerprint and key


def read_card(signed: str) -> Card:
    """A card signed by its own key. Raises FileWrong."""
    try:
        told = crypto.from_json(signed.split("\n", 2)[2].encode())
        box, sign = crypto.unb64(told.get("box"), KEY), crypto.unb64(told.get("sign"), KEY)
        crypto.verify(signed, "card", [sign])
    except (Unreadable, IndexError, ValueError) as problem:
        raise FileWrong from problem
    name, institution, in_ministry = text_of(told, "name"), text_of(told, "institution"), told.get("in_ministry")
    if not _is_line(name) or not _is_line(institution) or not isinstance(in_ministry, bool):
        raise FileWrong
    return Card(signed, name, institution, in_ministry, box, sign)


def _is_line(words: str) -> bool:
    return bool(words.strip()) and len(words) <= OFFICER_NAME_MAX and words.isprintable()


def read_signed(signed: str, purpose: str, between: Between, consultation: str, by: Officer) -> dict[str, Any]:
    """What an officer signed for this installation and consultation ("" where it is of none). Raises FileWrong."""
    try:
        told, _ = crypto.verify(signed, purpose, [by.sign])
    except (Unreadable, ValueError) as problem:
        raise FileWrong from problem
    place = (told.get("installation"), told.get("host"), told.get("consultation"))
    if place != (between.installation, between.host, consultation) or not is_number(told.get("number"), least=0):
        raise FileWrong
    return told


def read_opening_file(content: str, safe: Safe, consultation: str, by: Officer) -> OpeningFile:
    """An opening file signed by an officer, who was told the right keys of both sides. Raises FileWrong."""
    try:
        whole = crypto.from_json(content.encode())
        if (whole.get("format"), whole.get("version")) != ("consult-opening", 1):
            raise FileWrong
        told = read_signed(text_of(whole, "opening"), "opening", safe.between, consultation, by)
        if (told.get("safe"), told.get("main")) != (crypto.b64(safe.public), crypto.b64(safe.our_public)):
            raise FileWrong
        keys = [_listed(one) for one in list_of(told, "keys")]
        halves = {(text_of(one, "officer"), number_of(one, "key")): _half(one) for one in list_of(whole, "halves")}
    except (Unreadable, UnicodeEncodeError, AttributeError) as problem:
        raise FileWrong from problem
    officers = [one for one in list_of(told, "officers") if isinstance(one, str)]
    if [one.number for one in keys] != list(range(1, len(keys) + 1)) or not keys:
        raise FileWrong
    return OpeningFile(text_of(whole, "opening"), told["number"], keys, officers, halves)


def listed_officers(opening: str) -> list[str]:
    """The fingerprints in an opening that we took before."""
    officers: list[str] = crypto.from_json(opening.split("\n", 2)[2].encode())["officers"]
    return officers


def _listed(one: Any) -> ListedKey:
    last = one.get("last_release")
    if last is not None and not is_number(last, least=0):
        raise FileWrong
    return ListedKey(number_of(one, "number"), crypto.unb64(one.get("public"), KEY), last)


def _half(one: Any) -> str:
    sealed = text_of(one, "sealed")
    crypto.unb64(sealed, HALF_SEALED)
    return sealed


def own_copy(opening: str, cards: list[str], fingerprint: str, key: int, sealed: str) -> str:
    """The opening file with one officer's half alone: what that officer keeps."""
    halves = [{"officer": fingerprint, "key": key, "sealed": sealed}]
    return json.dumps(
        {"format": "consult-opening", "version": 1, "opening": opening, "cards": cards, "halves": halves},
        ensure_ascii=False,
    )


def is_number(value: Any, *, least: int = 1) -> bool:
    """Whether a value of JSON is a whole number that every database holds."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value < 2**31


def number_of(told: Any, name: str, *, least: int = 1) -> int:
    """A number that JSON must hold. Raises FileWrong."""
    value = told.get(name) if isinstance(told, dict) else None
    if not isinstance(value, int) or not is_number(value, least=least):
        raise FileWrong
    return value


def text_of(told: Any, name: str) -> str:
    """A text that JSON must hold. Raises FileWrong."""
    value = told.get(name) if isinstance(told, dict) else None
    if not isinstance(value, str):
        raise FileWrong
    return value


def list_of(told: Any, name: str) -> list[Any]:
    """A list that JSON must hold. Raises FileWrong."""
    value = told.get(name) if isinstance(told, dict) else None
    if not isinstance(value, list):
        raise FileWrong
    return value
