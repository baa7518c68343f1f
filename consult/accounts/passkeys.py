"""Passkeys, by the webauthn library: what a browser is asked, and whether its answer holds. No database.

Source: Web Authentication Level 3. Attestation is not asked for: which make of key somebody owns is not our business.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import options_to_json, parse_authentication_credential_json
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from consult.accounts.rules import CHALLENGE_LASTS, PasskeyRefused

ANSWER_MAX = 20_000  # characters of a browser's answer; one with an RSA key has 3,000
MILLISECONDS = int(CHALLENGE_LASTS.total_seconds()) * 1000


@dataclass(frozen=True, slots=True)
class Site:
    """For whom a passkey is good: a host name, and the origin of the pages that may ask for it."""

    host: str
    origin: str

    @property
    def takes_passkeys(self) -> bool:
        """Whether browsers offer passkeys here: over HTTPS or on one's own machine, and by name, never by number."""
        by_name = not self.host.replace(".", "").isdigit() and ":" not in self.host
        return by_name and (self.origin.startswith("https:") or self.host == "localhost")


@dataclass(frozen=True, slots=True)
class NewKey:
    """What is kept of a passkey that was just made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


def site_of(base_url: str) -> Site:
    """The site of the `base_url` setting: nothing that a request says of itself is believed."""
    parts = urlsplit(base_url)
    host = (parts.hostname or "").encode("idna").decode()
    port = f":{parts.port}" if parts.port and parts.port != {"https": 443, "http": 80}[parts.scheme] else ""
    return Site(host, f"{parts.scheme}://{host}{port}")


def _descriptors(ids: Sequence[bytes]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=one) for one in ids]


def add_options(site: Site, challenge: bytes, *, handle: str, account: str, name: str, there: Sequence[bytes]) -> str:
    """What a browser is asked to make a passkey, as JSON. `handle` tells people apart and names nobody."""
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=site.host,
        user_id=handle.encode(),
        user_name=account,
        user_display_name=name,
        challenge=challenge,
        timeout=MILLISECONDS,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED,  # a second factor need not take one of a key's few places
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_descriptors(there),
    )
    return options_to_json(options)


def sign_in_options(site: Site, challenge: bytes, there: Sequence[bytes]) -> str:
    """What a browser is asked to sign with one of these passkeys, as JSON."""
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=challenge,
        timeout=MILLISECONDS,
        allow_credentials=_descriptors(there),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def read_new_key(site: Site, answer: str, challenge: bytes) -> NewKey:
    """The passkey that a browser made for a challenge. Raises PasskeyRefused."""
    try:
        made = webauthn.verify_registration_response(
            credential=answer[:ANSWER_MAX],
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except Exception as problem:  # a stranger's JSON, CBOR and keys: the library lets faults of every kind through
        raise PasskeyRefused from problem
    return NewKey(made.credential_id, made.credential_public_key, made.sign_count)


def credential_of(answer: str) -> bytes:
    """Which passkey a browser says it used; b"" where that cannot be read."""
    try:
        return parse_authentication_credential_json(answer[:ANSWER_MAX]).raw_id
    except Exception:  # likewise
        return b""


def read_count(site: Site, answer: str, challenge: bytes, *, public_key: bytes, sign_count: int) -> int:
    """The count of signatures after an answer that holds: it went up, where the key counts. Raises PasskeyRefused."""
    try:
        signed = webauthn.verify_authentication_response(
            credential=answer[:ANSWER_MAX],
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except Exception as problem:  # likewise
        raise PasskeyRefused from problem
    return signed.new_sign_count
