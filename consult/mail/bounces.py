"""Reading a message that came back. Whatever is in it, it is read without a fault, and believed for one mail at the most.

First by RFC 3464, with the standard library; what is in no standard form is left to flufl.bounce. Nothing of it is kept but
codes: the addresses that a detector finds are compared and forgotten.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses
from typing import Any

from flufl.bounce import all_failures

from consult.mail.models import ABUSE
from consult.mail.outcome import STATUS

READ_MAX = 500_000  # bytes of a message; servers send the mail back with it, and ours are far smaller
GUESS_MAX = 64_000  # bytes that a detector looks at, in lines of
LINE_MAX = 998  # bytes, RFC 5322
TOKENS_MAX = 20  # of one message
# Where the address stands to which the message went: what the server added itself, and what it was written to.
TO = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
# Raised by the library for what is no message at all, and for parts in parts in parts.
UNREADABLE = (MessageError, RecursionError, ValueError, LookupError, TypeError, AttributeError)

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL + 1)  # it logs the message that it stumbles over


@dataclass(frozen=True, slots=True)
class Returned:
    """What a message says of the mail that it is about.

    `tokens` are those of our bounce address; `status` the code of a report by RFC 3464, "" where it is none or none of failure;
    `failed` and `delayed` the addresses of a message in no standard form.
    """

    tokens: tuple[str, ...]
    status: str = ""
    failed: frozenset[str] = frozenset()
    delayed: frozenset[str] = frozenset()
    is_complaint: bool = False  # its reader called the mail spam


def read_returned(raw: bytes, mailbox: str, *, recipient: str = "") -> Returned:
    """What a message to `mailbox` (bounces@…) says. `recipient` is the envelope's, where the mail server tells it. Never raises."""
    message = parsed(raw)
    if message is None:
        return Returned(())
    tokens = tokens_of(message, mailbox, recipient=recipient)
    complaint = _complaint(message)
    if complaint is not None:
        about = str(complaint.get("Original-Mail-From", "")).strip().strip("<>")[:LINE_MAX]
        return Returned(tokens or tokens_of(Message(), mailbox, recipient=about), is_complaint=True)
    if not tokens:
        return Returned(())
    is_report, status = _report(message)
    if is_report:
        return Returned(tokens, status)
    failed, delayed = _detected(raw)
    return Returned(tokens, "", failed, delayed)


def parsed(raw: bytes) -> Message | None:
    """A message, as far as it is read; None for what is none."""
    try:
        return BytesParser(policy=policy.compat32).parsebytes(raw[:READ_MAX])
    except UNREADABLE:
        return None


def tokens_of(message: Message, mailbox: str, *, recipient: str = "") -> tuple[str, ...]:
    """The tokens of a mailbox with plus to which a message went; only its own header counts, not that of a mail inside."""
    local, _, domain = mailbox.rpartition("@")
    if not local:
        return ()
    ours = re.compile(rf"{re.escape(local)}\+([0-9a-f]{{32}}(?:[0-9a-f]{{16}})?)@{re.escape(domain)}", re.IGNORECASE)
    try:
        given = [str(value) for name in TO for value in message.get_all(name, [])]
        addresses = [recipient, *(address for _, address in getaddresses([value[:LINE_MAX] for value in given]))]
    except UNREADABLE:
        addresses = [recipient]
    found = [one[1].lower() for one in map(ours.fullmatch, addresses) if one]
    return tuple(dict.fromkeys(found))[:TOKENS_MAX]


def _report(message: Message) -> tuple[bool, str]:
    """(whether it is a delivery report, the status of its first failed recipient; "" where none failed). RFC 3464."""
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return False, ""
    for part in message.get_payload():
        if isinstance(part, Message) and part.get_content_type() == "message/delivery-status":
            return True, next(_failures(part.get_payload()), "")
    return False, ""


def _complaint(message: Message) -> Message | None:
    """The fields of a report that a reader called a mail spam; None where it is no such report. RFC 5965.

    It comes to the address that was agreed with the mail service, so its `Original-Mail-From` says which mail it is about.
    """
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return None
    for part in message.get_payload():
        if isinstance(part, Message) and part.get_content_type() == "message/feedback-report":
            fields = part.get_payload(0) if part.is_multipart() else part
            kind = str(fields.get("Feedback-Type", "")).strip().lower() if isinstance(fields, Message) else ""
            return fields if isinstance(fields, Message) and kind == ABUSE else None
    return None


def _failures(blocks: Any) -> Iterator[str]:
    """The status of each recipient to whom it could not be delivered, whatever it is worth; "5.0.0" where it names none."""
    for block in blocks if isinstance(blocks, list) else []:
        action, status = (str(block.get(name, "")).strip().lower() for name in ("Action", "Status"))
        if action == "failed":
            found = STATUS.match(status)
            yield found[0] if found else "5.0.0"


def _detected(raw: bytes) -> tuple[frozenset[str], frozenset[str]]:
    """(failed, delayed) addresses of a message in no standard form, found by patterns: so only in what patterns read quickly."""
    lines = (line[:LINE_MAX] for line in raw[:GUESS_MAX].splitlines())
    message = parsed(b"\n".join(lines))
    try:
        delayed, failed = all_failures(message)
    except Exception:  # a detector that stumbles over what a stranger wrote has found nothing
        return frozenset(), frozenset()
    return _plain(failed), _plain(delayed)


def _plain(addresses: frozenset[bytes]) -> frozenset[str]:
    return frozenset(address.decode("ascii", "replace") for address in addresses)
