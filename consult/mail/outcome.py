"""What became of one attempt to hand a mail to the relay."""

import re
from dataclasses import dataclass

from consult.mail.models import MailState

STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")  # RFC 3463
# Servers repeat the address they refuse; what is kept after a mail is final names nobody.
ADDRESS = re.compile(r"[^\s<>\"'(),;:]*@[^\s<>\"'(),;:]+")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state that a mail comes to, and the relay's last answer. `connection_over`: nothing more can be said on it.

    `status` is a code of RFC 3463, and stands only where the recipient was refused: then it says something of the address.
    """

    state: MailState
    code: int | None = None
    text: str = ""
    connection_over: bool = False
    status: str = ""


def plain_words(answer: bytes | str) -> str:
    """A server's words on one line, with the addresses in it left out."""
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    if not words.isprintable():
        words = "".join(sign if sign.isprintable() else " " for sign in words)
    line = " ".join(words.split())
    return ADDRESS.sub("…", line) if "@" in line else line


def status_of(code: int, answer: bytes) -> str:
    """The enhanced status that begins an answer (RFC 2034), if it is of the code's class; else the class alone: "5.0.0"."""
    found = STATUS.match(answer.decode("ascii", "replace"))
    given = found[0] if found and int(found[1]) == code // 100 else ""
    return given or f"{code // 100}.0.0"


def of_answer(code: int, answer: bytes, *, about_recipient: bool, at_recipient: bool = False) -> Outcome:
    """The outcome of a refusal. For good only where it concerns this recipient or this mail.

    `at_recipient`: it was the answer to RCPT, so it tells of the address.

    A 5xx to the sender or to our sign-in is a fault in the settings: it must not use up every mail that waits.
    """
    final = code >= 500 and about_recipient
    over = code in (421, -1) or (code >= 500 and not about_recipient)
    status = status_of(code, answer) if at_recipient and 400 <= code < 600 else ""
    return Outcome(MailState.FAILED if final else MailState.DEFERRED, code, plain_words(answer), over, status)
