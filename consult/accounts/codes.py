"""Codes of authenticator apps and recovery codes: making, sealing, reading what people type. No database.

Everything hangs on one key of the installation: whoever steals the database alone can make no code and try none.
"""

import hashlib
import hmac
import io
import secrets
import unicodedata
from datetime import datetime

import pyotp
import segno
from nacl.exceptions import CryptoError
from nacl.secret import Aead

from consult.accounts.rules import RECOVERY_CODES, STEP, STEPS_OFF
from consult.core.ids import keyed_name

APP_DIGITS = 6
RECOVERY_DIGITS = 16  # 53 bits: figures alone stand on every keyboard
BETWEEN = frozenset(("Zs", "Pd", "Cf", "Cc"))  # Unicode categories of what people put between figures, seen or not

_key: bytes | None = None


def use_key(key: bytes) -> None:
    """Set the key of this installation's second factors."""
    global _key
    _key = key


def _key_for(purpose: bytes) -> bytes:
    if _key is None:
        raise RuntimeError("no key: call consult.accounts.codes.use_key() first")
    return hmac.new(_key, purpose, hashlib.sha256).digest()


def attempts_key(actor: str) -> bytes:
    """Under what the wrong codes of someone are counted: nobody is named there."""
    return keyed_name(_key_for(b"attempts"), actor)


def figures(typed: str) -> str:
    """The code that was typed, in plain figures; "" where it is none. Any script's figures do, with anything between them."""
    found = []
    for sign in typed:
        if sign.isdecimal():
            found.append(str(unicodedata.decimal(sign)))
        elif unicodedata.category(sign) not in BETWEEN:
            return ""
    return "".join(found)


def new_secret() -> str:
    """The secret of an app: 160 bits, in the letters and figures that apps take."""
    return pyotp.random_base32()


def seal(secret: str, actor: str) -> bytes:
    """A secret as the database keeps it: for this person only."""
    return bytes(Aead(_key_for(b"seal")).encrypt(secret.encode(), actor.encode()))


def unseal(sealed: bytes, actor: str) -> str | None:
    """The secret again; None where it was sealed with another key, or for another person."""
    try:
        return Aead(_key_for(b"seal")).decrypt(sealed, actor.encode()).decode()
    except (CryptoError, ValueError):
        return None


def step_of(now: datetime) -> int:
    """The number of the half minute."""
    return int(now.timestamp()) // STEP


def matching_step(secret: str, code: str, *, after: int, now: datetime) -> int | None:
    """The step of a code, if it is one of now, a step earlier or later, and none that was used (up to `after`)."""
    if len(code) != APP_DIGITS:
        return None
    app, present = pyotp.TOTP(secret, interval=STEP), step_of(now)
    for step in range(present - STEPS_OFF, present + STEPS_OFF + 1):
        if hmac.compare_digest(app.generate_otp(step), code) and step > after:
            return step
    return None


def app_address(secret: str, *, account: str, site: str) -> str:
    """What the picture says: the address that authenticator apps read."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=account, issuer_name=site)


def picture(address: str) -> bytes:
    """The address as a picture to photograph: PNG, black on white whatever the page's colours."""
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(drawn, kind="png", scale=5, border=4)
    return drawn.getvalue()


def in_fours(code: str) -> str:
    """A code or secret in groups of four, for reading and typing."""
    return " ".join(code[place : place + 4] for place in range(0, len(code), 4))


def new_recovery_codes() -> list[str]:
    """Codes for paper."""
    return ["".join(secrets.choice("0123456789") for _ in range(RECOVERY_DIGITS)) for _ in range(RECOVERY_CODES)]


def recovery_digest(code: str, actor: str) -> bytes:
    """What the database keeps of a recovery code: it says nothing without the installation's key."""
    return hmac.new(_key_for(b"recovery"), f"{actor}:{code}".encode(), hashlib.sha256).digest()
