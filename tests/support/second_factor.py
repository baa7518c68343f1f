"""Second factors for tests: an app with a known secret, a person who has it, and a passkey in software."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import cbor2
import pyotp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from consult.accounts import codes
from consult.accounts.models import Authenticator, Staff
from consult.core import clock
from tests.support.forms import submit

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # of every app here
STEP_PAGE = "/staff/second-factor/"
OWN_PAGE = "/staff/account/second-factor/"


def give_app(db: Session, person: Staff, *, now: datetime) -> None:
    """Let someone have an app, as if they had set it up long ago."""
    sealed = codes.seal(SECRET, person.actor)
    db.add(Authenticator(staff_id=person.id, sealed_secret=sealed, last_step=0, added_at=now))


def code_at(now: datetime, *, steps: int = 0) -> str:
    """What the app shows at an instant, or so many steps later."""
    return pyotp.TOTP(SECRET).at(now, counter_offset=steps)


def go_on(client: FlaskClient, answer: TestResponse, *, base: str = "http://localhost") -> TestResponse:
    """The answer to a password, or where a code is asked for the answer to that."""
    if not answer.headers.get("Location", "").startswith(STEP_PAGE):
        return answer
    return submit(client, answer.headers["Location"], {"code": code_at(clock.now())}, index=-1, base=base)


def _words(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass
class SoftKey:
    """A passkey as a device makes and uses it. What it says wrongly is said by argument."""

    host: str = "127.0.0.1"
    origin: str = "http://127.0.0.1:8000"
    credential_id: bytes = b"a key of a test."
    sign_count: int = 0
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, challenge: bytes, **wrong: Any) -> str:
        """The answer to being asked for a new passkey."""
        numbers = self.private.public_key().public_numbers()
        point = {-2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        key = cbor2.dumps({1: 2, 3: -7, -1: 1, **point})
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + key
        about = self._about(flags=0x40, **wrong) + attested
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": about})
        client = self._client("webauthn.create", challenge, **wrong)
        return self._answer({"clientDataJSON": _words(client), "attestationObject": _words(made)})

    def sign(self, challenge: bytes, **wrong: Any) -> str:
        """The answer to being asked to sign in."""
        self.sign_count += wrong.get("step", 1)
        about, client = self._about(**wrong), self._client("webauthn.get", challenge, **wrong)
        signature = self.private.sign(about + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        parts = {"clientDataJSON": client, "authenticatorData": about, "signature": signature}
        return self._answer({name: _words(part) for name, part in parts.items()})

    def _about(self, *, flags: int = 0, verified: bool = True, host: str = "", **_rest: Any) -> bytes:
        seen = 0x01 | flags | (0x04 if verified else 0)
        return (
            hashlib.sha256((host or self.host).encode()).digest() + bytes([seen]) + self.sign_count.to_bytes(4, "big")
        )

    def _client(self, usual: str, challenge: bytes, *, origin: str = "", kind: str = "", **_rest: Any) -> bytes:
        said = {"type": kind or usual, "challenge": _words(challenge), "origin": origin or self.origin}
        return json.dumps(said).encode()

    def _answer(self, response: dict[str, str]) -> str:
        name = _words(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
