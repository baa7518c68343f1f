"""What became of one attempt to hand a mail to the relay."""

import re
from dataclasses import dataclass

from consult.mail.models import MailState

# Servers repeat the address they refuse; what is kept after a mail is final names nobody.
ADDRESS = re.compile(r"[^\s<>\"'(),;:]*@[^\s<>\"'(),;:]+")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state that a mail comes to, and the relay's last answer. `connection_over`: nothing more can be said on it."""

    state: MailState
    code: int | None = None
    text: str = ""
    connection_over: bool = False


def plain_words(answer: bytes | str) -> str:
    """A server's words on one line, with the addresses in it left out."""
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    printable = "".join(sign if sign.isprintable() else " " for sign in words)
    return ADDRESS.sub("…", " ".join(printable.split()))


def of_answer(code: int, answer: bytes, *, about_recipient: bool) -> Outcome:
    """The outcome of a refusal. For good only where it concerns this recipient or this mail.

    A 5xx to the sender or to our sign-in is a fault in the settings: it must not use up every mail that waits.
    """
    final = code >= 500 and about_recipient
    over = code in (421, -1) or (code >= 500 and not about_recipient)
    return Outcome(MailState.FAILED if final else MailState.DEFERRED, code, plain_words(answer), over)
