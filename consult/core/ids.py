"""Random codes, door tokens and digests."""

import hashlib
import hmac
import secrets

# Without 0/o, 1/l/i and u: easy to read over the phone, no accidental words.
ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
# Each sign for as many bytes as every other; the bytes that are left over stand for none.
_FAIR = 256 - 256 % len(ALPHABET)
_SIGNS = bytes(ord(ALPHABET[byte % len(ALPHABET)]) for byte in range(256))
_LEFT_OVER = bytes(range(_FAIR, 256))


def random_code(length: int = 10) -> str:
    """A public reference that betrays neither order nor number: 10 letters are 49 bits."""
    return random_codes(1, length)[0]


def random_codes(count: int, length: int = 10) -> list[str]:
    """So many of them, in one go: for what is made by the hundred."""
    signs, wanted = "", count * length
    while len(signs) < wanted:
        signs += secrets.token_bytes(wanted - len(signs) + length).translate(_SIGNS, _LEFT_OVER).decode()
    return [signs[start : start + length] for start in range(0, wanted, length)]


def random_secret() -> str:
    """A secret of 256 bits for a cookie or a one-time link, URL-safe."""
    return secrets.token_urlsafe(32)


def random_number() -> int:
    """A number of 31 bits that nobody guesses, as a column of whole numbers holds it."""
    return secrets.randbelow(2**31)


def digest(secret: str) -> bytes:
    """What the database keeps of a secret of full entropy: SHA-256, 32 bytes."""
    return hashlib.sha256(secret.encode()).digest()


def link_token(key: bytes, purpose: str, row_id: int, generation: int) -> str:
    """The token of a door or a leave link: HMAC-SHA256(key, purpose, id, generation) cut to 128 bits, as 32 hex digits.

    Computed while a mail is rendered; the database keeps only its digest. A new generation revokes it.
    Source: DESIGN section 4.
    """
    message = f"{purpose}:{row_id}:{generation}".encode()
    return hmac.digest(key, message, "sha256").hex()[:32]


def keyed_name(key: bytes, name: str) -> bytes:
    """HMAC of an account name: lets sign-in attempts be counted without storing who was tried."""
    return hmac.new(key, b"name:" + name.strip().casefold().encode(), hashlib.sha256).digest()


def derive_key(secret: str, purpose: str) -> bytes:
    """One 32-byte key a purpose, from the installation's secret."""
    return hmac.new(secret.encode(), b"consult:" + purpose.encode(), hashlib.sha256).digest()
