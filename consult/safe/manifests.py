"""What main says of a consultation, and which key comments are sealed to: the second is the officers' word alone."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from consult.core import crypto
from consult.core.crypto import Unreadable
from consult.core.exchange import Between
from consult.core.texts import Shown, Texts
from consult.safe.models import NAME_MAX

OPEN, CLOSED, OVER = "open", "closed", "over"
WHOLE = "0"  # ref of the whole draft
RESERVED = {"return", "leave", "threatened", "style.css"}  # addresses of our own pages
REF_MAX = 40  # characters


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of the draft, or a heading."""

    ref: str
    kind: str
    texts: Texts

    def shown(self) -> Shown:
        """The text in the page's language, or what it falls back to."""
        return self.texts.shown()


@dataclass(frozen=True, slots=True)
class Manifest:
    """A consultation as main describes it."""

    name: str
    number: int
    titles: Texts
    round: int
    version: int
    opens_at: datetime
    closes_at: datetime
    zone: str
    terms: Texts
    paragraphs: tuple[Paragraph, ...]
    places: tuple[str, ...]
    officers_note: Texts
    main_address: str
    received: int
    destroy_after: date | None
    final_root: str
    state: str

    def takes_comments(self, now: datetime) -> bool:
        """Whether the round is open."""
        return self.state == OPEN and self.opens_at <= now < self.closes_at

    def takes_letters(self) -> bool:
        """Whether replies and withdrawals are taken: until everything is over."""
        return self.state != OVER

    def paragraph(self, ref: str) -> Paragraph | None:
        """The paragraph of a ref."""
        return next((one for one in self.paragraphs if one.ref == ref), None)


@dataclass(frozen=True, slots=True)
class Key:
    """A public key of a consultation, and the last release it serves; None while it is in use."""

    number: int
    public: bytes
    last_release: int | None

    def serves(self, release: int) -> bool:
        """Whether letters of a release are sealed to it."""
        return self.last_release is None or release <= self.last_release


@lru_cache(maxsize=32)
def read_manifest(content: str) -> Manifest:
    """The manifest of its JSON, whose signature was looked at before. Raises Unreadable where something is missing or of the wrong kind."""
    try:
        return _manifest(crypto.from_json(content.encode()))
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise Unreadable from problem


def _manifest(given: dict[str, Any]) -> Manifest:
    name, state = str(given["consultation"]), given["state"]
    if state not in (OPEN, CLOSED, OVER) or name in RESERVED or not 0 < len(name) <= NAME_MAX:
        raise Unreadable
    return Manifest(
        name=name,
        number=int(given["number"]),
        titles=_texts(given["titles"]),
        round=int(given["round"]),
        version=int(given["version"]),
        opens_at=_instant(given["opens_at"]),
        closes_at=_instant(given["closes_at"]),
        zone=str(given["zone"]),
        terms=_texts(given.get("terms") or {}),
        paragraphs=tuple(_paragraph(one) for one in given["paragraphs"]),
        places=tuple(str(one) for one in given.get("places") or ()),
        officers_note=_texts(given.get("officers_note") or {}),
        main_address=_address(str(given.get("main_address") or "")),
        received=int(given.get("received") or 0),
        destroy_after=date.fromisoformat(given["destroy_after"]) if given.get("destroy_after") else None,
        final_root=str(given.get("final_root") or ""),
        state=state,
    )


def _texts(given: dict[str, Any]) -> Texts:
    return Texts({str(code): str(text) for code, text in given.items()})


def _paragraph(given: dict[str, Any]) -> Paragraph:
    ref = str(given["ref"])
    if len(ref) > REF_MAX or "/" in ref:
        raise Unreadable
    return Paragraph(ref, str(given["kind"]), _texts(given["texts"]))


def _instant(given: str) -> datetime:
    instant = datetime.fromisoformat(given)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _address(given: str) -> str:
    return given if given.startswith(("https://", "http://")) else ""


def read_opening(signed: str, between: Between, name: str, signers: list[bytes]) -> dict[str, Any]:
    """The content of an opening that a pinned officer signed for us and this consultation. Raises Unreadable."""
    content, _ = crypto.verify(signed, "opening", signers)
    _check_is_for(content, between, name)
    keys = content.get("keys")
    if not isinstance(keys, list) or not keys:
        raise Unreadable
    for number, key in enumerate(keys, start=1):
        last = key.get("last_release") if isinstance(key, dict) else "none"
        if not (last is None or isinstance(last, int)) or key.get("number") != number:
            raise Unreadable
        crypto.unb64(key.get("public"), 32)
    return content


def read_stop(signed: str, between: Between, name: str, signers: list[bytes]) -> dict[str, int]:
    """The content of a stop that a pinned officer signed. Raises Unreadable."""
    content, _ = crypto.verify(signed, "stop", signers)
    _check_is_for(content, between, name)
    key, last = content.get("key"), content.get("last_release")
    if not (isinstance(key, int) and isinstance(last, int)):
        raise Unreadable
    return {"key": key, "last_release": last}


def _check_is_for(content: dict[str, Any], between: Between, name: str) -> None:
    told = (content.get("installation"), content.get("host"), content.get("consultation"))
    if told != (between.installation, between.host, name):
        raise Unreadable


def grows(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether a list of keys only grew: every old key stands where it stood, and at most its end was set."""
    if len(new["keys"]) < len(old["keys"]):
        return False
    pairs = zip(old["keys"], new["keys"][: len(old["keys"])], strict=True)
    return all(
        (was["number"], was["public"]) == (now["number"], now["public"])
        and was["last_release"] in (None, now["last_release"])
        for was, now in pairs
    )


def key_for(opening: str, stops: str, release: int) -> Key | None:
    """The key that letters of a release are sealed to; None where it was stopped and no other follows."""
    for given in json.loads(opening)["keys"]:
        ends = [stop["last_release"] for stop in json.loads(stops) if stop["key"] == given["number"]]
        ends += [given["last_release"]] if given["last_release"] is not None else []
        key = Key(given["number"], crypto.unb64(given["public"], 32), min(ends, default=None))
        if key.serves(release):
            return key
    return None
