"""The mailbox to which mail comes back, read by IMAP over verified TLS. RFC 3501.

A message is looked at without being marked; whoever takes it marks it once what it said is kept. Nothing is ever deleted.
"""

import imaplib
import ssl
from types import TracebackType
from typing import Any

from consult.core.settings import Settings
from consult.mail.bounces import READ_MAX

TROUBLE = (OSError, imaplib.IMAP4.error)  # ssl.SSLError and timeouts are OSErrors
SEEN, FLAGGED = "\\Seen", "\\Flagged"


class Mailbox:
    """One conversation with the mailbox of the settings. Use as `with Mailbox(settings) as box:`; raises TROUBLE where it fails."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __enter__(self) -> "Mailbox":
        wanted = self.settings
        self._said = imaplib.IMAP4_SSL(
            wanted.imap_host,
            wanted.imap_port,
            ssl_context=ssl.create_default_context(),
            timeout=wanted.mail_timeout_seconds,
        )
        try:
            self._said.login(wanted.imap_user, wanted.imap_password)
            _must(self._said.select(_quoted(wanted.imap_folder)))
        except BaseException:
            self._said.shutdown()
            raise
        return self

    def __exit__(self, _kind: type | None, _problem: BaseException | None, _where: TracebackType | None) -> None:
        try:
            self._said.logout()
        except TROUBLE:
            pass

    def list_new(self, limit: int) -> list[str]:
        """The numbers of the oldest messages that nobody has marked: neither seen nor set aside for a person."""
        found = _must(self._said.uid("SEARCH", "UNSEEN", "UNFLAGGED"))
        numbers = b" ".join(part for part in found if isinstance(part, bytes)).split()
        return [number.decode() for number in sorted(numbers, key=int)[:limit]]

    def read(self, number: str) -> bytes | None:
        """The beginning of a message, which is all that is ever read of one; None where it is gone."""
        found = _must(self._said.uid("FETCH", number, f"(UID BODY.PEEK[]<0.{READ_MAX}>)"))
        for part in found:
            if isinstance(part, tuple):  # (what it is, its bytes); the rest is what the server says by itself
                return bytes(part[1])[:READ_MAX]
        return None

    def mark(self, number: str, *, for_a_person: bool = False) -> None:
        """Mark a message as done; or, where nothing could be made of it, set it aside for a person to look at."""
        marks = f"({SEEN} {FLAGGED})" if for_a_person else f"({SEEN})"
        _must(self._said.uid("STORE", number, "+FLAGS.SILENT", marks))


def _must(answer: tuple[str, Any]) -> list[Any]:
    """What the server sent. Raises IMAP4.error where it said no."""
    kind, found = answer
    if kind != "OK":
        raise imaplib.IMAP4.error(f"the server said {kind}")
    return list(found)


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
