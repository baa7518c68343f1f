"""Reading the mails that a demonstration wrote to files."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import islice
from pathlib import Path

from markupsafe import Markup, escape

NAME = re.compile(r"[0-9]{8,20}")


@dataclass(frozen=True, slots=True)
class Captured:
    """One captured mail as people read it: the plain part only. Its HTML is never put into a page of ours."""

    name: str
    sender: str
    to: str
    subject: str
    at: datetime | None
    language: str
    text: str
    attachments: tuple[str, ...]


def list_captured(folder: Path, *, before: str = "", limit: int = 50) -> list[Captured]:
    """The newest captured mails, or those before one of them."""
    names = sorted((path.stem for path in folder.glob("*.eml") if NAME.fullmatch(path.stem)), reverse=True)
    return list(islice(_read_all(folder, (name for name in names if not before or name < before)), limit))


def _read_all(folder: Path, names: Iterator[str]) -> Iterator[Captured]:
    for name in names:
        found = read_captured(folder, name)
        if found is not None:
            yield found


def read_captured(folder: Path, name: str) -> Captured | None:
    """One captured mail; None where there is none of that name."""
    if not NAME.fullmatch(name):
        return None
    try:
        raw = (folder / f"{name}.eml").read_bytes()
    except FileNotFoundError:
        return None
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    date = message["Date"]
    return Captured(
        name=name,
        sender=_header(message, "From"),
        to=_header(message, "To"),
        subject=_header(message, "Subject"),
        at=date.datetime if date is not None else None,
        language=str(message["Content-Language"] or ""),
        text=body.get_content().replace("\r\n", "\n") if body is not None else "",
        attachments=tuple(part.get_filename() or "-" for part in message.iter_attachments()),
    )


def _header(message: EmailMessage, name: str) -> str:
    """A header as people read it; the parser leaves UTF-8 that stands there unencoded (RFC 6532) undecoded."""
    return str(message[name] or "").encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def linked(text: str, base_url: str) -> Markup:
    """The text escaped, line by line, with addresses of this site as links, and no others."""
    ours = re.compile(re.escape(base_url) + r"/[^\s<>\"']*")
    shown, end = Markup(""), 0
    for found in ours.finditer(text):
        address = found.group().rstrip(".,;:)")
        shown += escape(text[end : found.start()]) + Markup('<a href="{0}">{0}</a>').format(address)
        end = found.start() + len(address)
    shown += escape(text[end:])
    return shown.replace("\n", Markup("<br>\n"))
