"""This installation, and its safe as the settings name it; None where there is none, and then no round takes nameless comments.

Our key for the exchange and the name of the installation are made once, in the data folder, readable by their owner only.
"""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from consult.core import crypto
from consult.core.exchange import Between
from consult.core.files import made_once
from consult.core.ids import random_code
from consult.core.settings import Settings
from consult.vocabularies.tables import place_names


@dataclass(frozen=True, slots=True)
class Safe:
    """Where safe is, how files go between us, and with which keys."""

    between: Between
    url: str
    onion: str  # "" = none
    public: bytes  # safe's key: what it signs counts, nothing else; b"" before safe is set up
    our_public: bytes
    our_secret: bytes = field(repr=False)  # so that no log shows it
    folder_in: Path  # what we write
    folder_out: Path  # what safe writes
    mail_hour: int  # when officers get their daily mail,
    zone: str  # in this time zone
    places: tuple[str, ...]  # names of regions, towns and villages, which could tell who wrote
    halves: Path  # sealed halves of consultation keys: outside of database, file store and backup

    def address(self, language: str, slug: str) -> str:
        """The page on which one begins to comment without a name."""
        return f"{self.url}/{language}/{slug}/"

    def onion_address(self, language: str, slug: str) -> str:
        """The same over Tor; "" where there is none."""
        return f"{self.onion}/{language}/{slug}/" if self.onion else ""


def begin(settings: Settings) -> Safe | None:
    """The safe that the settings name, with folders and our key made where they are missing."""
    if not settings.takes_nameless:
        return None
    seed = made_once(settings.data / "exchange_key", lambda: crypto.b64(secrets.token_bytes(32)))
    public, secret = crypto.sign_pair(crypto.unb64(seed, 32))
    halves = settings.data / "halves"
    halves.mkdir(mode=0o700, exist_ok=True)
    for folder in (settings.safe_in, settings.safe_out):
        Path(folder).mkdir(parents=True, exist_ok=True)
    return Safe(
        between=Between(name_of(settings), urlsplit(settings.safe_url).netloc),
        url=settings.safe_url,
        onion=settings.safe_onion,
        public=crypto.unb64(settings.safe_key, 32) if settings.safe_key else b"",
        our_public=public,
        our_secret=secret,
        folder_in=Path(settings.safe_in),
        folder_out=Path(settings.safe_out),
        mail_hour=settings.officers_mail_hour,
        zone=settings.time_zone,
        places=tuple(place_names(settings.regions_file)),
        halves=halves,
    )


def name_of(settings: Settings) -> str:
    """The name of the installation: random, made once, the same with and without a safe."""
    return made_once(settings.data / "installation_id", lambda: random_code(20))


_here = Between("", "")


def use_here(settings: Settings) -> None:
    """Let `here()` speak of this installation. One a process."""
    global _here
    _here = Between(name_of(settings), urlsplit(settings.base_url).netloc)


def here() -> Between:
    """This installation, and the name of its own host: for what is between main and its officers, with or without a safe."""
    return _here


_safe: Safe | None = None


def use_safe(safe: Safe | None) -> None:
    """Let `safe()` give this one. One a process."""
    global _safe
    _safe = safe


def safe() -> Safe | None:
    """The safe in use; None where the installation has none."""
    return _safe


def safe_in_use() -> Safe:
    """The safe in use. Raises LookupError where there is none."""
    if _safe is None:
        raise LookupError("this installation has no safe")
    return _safe
