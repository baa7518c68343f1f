"""What a form carries: the code, sealed. So nothing is stored until somebody sends, and no cookie is needed at all.

The key is made once for each start by the master process, shared by its workers because they are forked from it, and gone
when it stops. Source: reference safe.md 3.2, 3.7; docs/decisions/0014-safe.md.
"""

import secrets
import time
from dataclasses import dataclass
from enum import StrEnum

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from consult.core import crypto
from consult.core.crypto import Unreadable

AGE_HOURS = 6  # ages are told in steps of this
OLD_STEPS = 8  # two days
LENGTH = 128  # bytes of every token before it is sealed


class Purpose(StrEnum):
    """What a form is for: a token of one serves no other."""

    SEND = "send"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Held:
    """What a form carried."""

    code: str
    is_old: bool


class Tokens:
    """Seals and reads what forms carry, under a key of this start of the service."""

    def __init__(self) -> None:
        self.box = SecretBox(secrets.token_bytes(SecretBox.KEY_SIZE))

    def make(self, purpose: Purpose, code: str) -> str:
        """A token: purpose, code and a coarse age. It has no serial number and is kept nowhere."""
        content = {"purpose": purpose.value, "code": code, "step": _step()}
        return crypto.b64(bytes(self.box.encrypt(crypto.pad(crypto.as_json(content), (LENGTH,)))))

    def read(self, token: str, purpose: Purpose) -> Held | None:
        """What a token carries; None where it is of another start, another purpose, or none of ours."""
        try:
            content = crypto.from_json(crypto.unpad(self.box.decrypt(crypto.unb64(token))))
        except (Unreadable, CryptoError, ValueError):
            return None
        if content["purpose"] != purpose.value:
            return None
        return Held(content["code"], _step() - content["step"] > OLD_STEPS)


def _step() -> int:
    return int(time.time() // (AGE_HOURS * 3600))
