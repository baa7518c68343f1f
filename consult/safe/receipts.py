"""The code of 30 digits, and what follows from it. Nothing at rest leads from a code to a text.

Source: docs/decisions/0012-sealed-formats.md, "Receipt".
"""

import hashlib
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from consult.core import crypto
from consult.safe.models import FOLLOW_UPS_MAX, ID, WITHDRAWAL

RANDOM_DIGITS = 28  # 93 bits
DIGITS = RANDOM_DIGITS + 2
BETWEEN_DIGITS = "[\\s\u00a0\u200e\u200f\u061c.,\\-\u2010-\u2015_]"  # what people put between groups
RUN_OF_DIGITS = re.compile(rf"\d(?:{BETWEEN_DIGITS}*\d){{{DIGITS - 1},}}")


def new_code() -> str:
    """A new code: 28 random digits and two that find every typing mistake."""
    digits = "".join(secrets.choice("0123456789") for _ in range(RANDOM_DIGITS))
    return digits + crypto.check_digits(digits)


def read_code(typed: str) -> str | None:
    """The 30 digits of what somebody typed, in any script, with anything between them; None where they cannot be a code."""
    digits = _as_ascii(re.sub(BETWEEN_DIGITS, "", typed))
    is_code = len(digits) == DIGITS and digits.isascii() and digits.isdigit() and crypto.has_check_digits(digits)
    return digits if is_code else None


def holds_code(text: str) -> bool:
    """Whether a text contains what can be a code: whoever reads the text could then write in its author's place."""
    for run in RUN_OF_DIGITS.findall(text):
        digits = _as_ascii(re.sub(BETWEEN_DIGITS, "", run))
        if any(crypto.has_check_digits(digits[at : at + DIGITS]) for at in range(len(digits) - DIGITS + 1)):
            return True
    return False


def _as_ascii(digits: str) -> str:
    """Arabic-Indic, Persian, Devanagari, full-width … digits as 0 to 9; anything else as it stands."""
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in digits)


@dataclass(frozen=True)
class Thread:
    """All that follows from a root. Each id comes from its own label, so that no two of them can be connected without the root."""

    root: bytes

    def _expand(self, label: str, length: int) -> bytes:
        return HKDFExpand(hashes.SHA256(), length, label.encode()).derive(self.root)

    @cached_property
    def lookup(self) -> bytes:
        """The receipts row of the comment."""
        return self._expand("lookup", ID)

    @cached_property
    def withdraw(self) -> bytes:
        """The receipts row of the withdrawal."""
        return self._expand("withdraw", ID)

    def follow_up(self, number: int) -> bytes:
        """The receipts row of the reply of a number, from 1."""
        return self._expand(f"follow-up {number}", ID)

    def receipts(self) -> list[bytes]:
        """Every receipts row there could be: comment, replies, withdrawal. Their number is always the same."""
        return [self.lookup, *(self.follow_up(n) for n in range(1, FOLLOW_UPS_MAX + 1)), self.withdraw]

    def item(self, release: int, act: int) -> bytes:
        """The spool row of an act (0 the comment, 1 … the replies, 99 the withdrawal) in the coming release."""
        return self._expand(f"body {release} {act}", ID)

    def items(self, release: int) -> list[bytes]:
        """Every spool row that the thread could have in the coming release, but for a withdrawal's."""
        return [self.item(release, act) for act in range(FOLLOW_UPS_MAX + 1)]

    def withdrawal_item(self, release: int) -> bytes:
        """The spool row of the withdrawal."""
        return self.item(release, WITHDRAWAL)

    @cached_property
    def inclusion_secret(self) -> bytes:
        """What C is the hash of: whoever shows it shows that the comment is theirs."""
        return self._expand("inclusion", 32)

    @property
    def inclusion(self) -> bytes:
        """C: stands beside the comment, and in the tree of its batch."""
        return commitment(self.inclusion_secret)

    @cached_property
    def pair(self) -> tuple[bytes, bytes]:
        """The thread's X25519 pair (public, secret)."""
        return crypto.box_pair(self._expand("thread", 32))


def commitment(inclusion_secret: bytes) -> bytes:
    """C of an inclusion secret."""
    return hashlib.sha256(b"consult inclusion 1" + inclusion_secret).digest()


def thread_of(code: str, salt: bytes) -> Thread:
    """What follows from a code of an installation.

    The code's own 93 bits carry it: a slow hash would only be a lever to stop the server.
    """
    return Thread(HKDF.extract(hashes.SHA256(), salt, code.encode("ascii")))


def decoy_maker(decoy_key: bytes, thread: bytes, receipt: bytes, item: bytes) -> bytes:
    """The mark by which the custodian file, and only it, tells a decoy."""
    return hmac.new(decoy_key, b"consult decoy 1" + thread + receipt + item, hashlib.sha256).digest()
