"""Sealing, signing, and the digits people write down. Formats: docs/decisions/0012-sealed-formats.md.

Only what libsodium gives, by PyNaCl: nothing here is a construction of our own. The custodian file does the same in the
browser; `tests/core/vectors.json` holds both to one another.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterable
from typing import Any

from nacl import bindings
from nacl.exceptions import CryptoError

FORMAT = 1  # first byte of everything sealed
SUITE = 1  # second byte: X25519, XSalsa20-Poly1305 (a sealed box of libsodium), Ed25519, SHA-256
PREFIX = bytes([FORMAT, SUITE])
SEAL_OVERHEAD = len(PREFIX) + bindings.crypto_box_SEALBYTES  # bytes that sealing adds
LENGTH = 4  # bytes before a padded text that say how long it is
PADDED = (4_096, 16_384, 65_536, 262_144)  # bytes: every sealed body has one of these sizes before sealing
CELL = 4_096  # bytes: a sealed cell, whole
CELL_PADDED = CELL - SEAL_OVERHEAD  # bytes of a cell before sealing

SIGNED_HEAD = "consult/1 "
CHECK_BASE = 97  # ISO 7064, MOD 97-10


class Unreadable(Exception):
    """Something sealed, signed or written down that is not what it should be. Says no more: the rest would help to forge."""


class TooLong(Exception):
    """A text that fits no size."""


def b64(raw: bytes) -> str:
    """Bytes as base64 for addresses, without padding: how all bytes stand in our JSON."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: Any, length: int | None = None) -> bytes:
    """The bytes of `b64`, of exactly `length` if given. Raises Unreadable."""
    if not isinstance(text, str):
        raise Unreadable
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as problem:
        raise Unreadable from problem
    if b64(raw) != text or (length is not None and len(raw) != length):
        raise Unreadable
    return raw


def as_json(content: Any) -> bytes:
    """JSON in UTF-8, sorted and tight: the same content gives the same bytes."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def from_json(raw: bytes) -> dict[str, Any]:
    """An object of JSON. Raises Unreadable."""
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as problem:
        raise Unreadable from problem
    if not isinstance(content, dict):
        raise Unreadable
    return content


# --- sealing -------------------------------------------------------------------------------------------------------


def box_pair(seed: bytes) -> tuple[bytes, bytes]:
    """The X25519 pair (public, secret) of a seed of 32 bytes."""
    public, secret = bindings.crypto_box_seed_keypair(seed)
    return public, secret


def seal(content: bytes, public: bytes) -> bytes:
    """Content that only the holder of the secret to `public` can open: SEAL_OVERHEAD bytes longer."""
    return PREFIX + bindings.crypto_box_seal(content, public)


def unseal(sealed: bytes, public: bytes, secret: bytes) -> bytes:
    """What was sealed. Raises Unreadable, also for a format or suite that is not ours."""
    if sealed[:2] != PREFIX:
        raise Unreadable
    try:
        return bindings.crypto_box_seal_open(sealed[2:], public, secret)
    except (CryptoError, ValueError, TypeError) as problem:
        raise Unreadable from problem


def pad(content: bytes, sizes: Iterable[int] = PADDED) -> bytes:
    """Content behind its length, filled with zeros to the smallest of `sizes` that holds it. Raises TooLong."""
    for size in sizes:
        if len(content) + LENGTH <= size:
            return len(content).to_bytes(LENGTH) + content + bytes(size - LENGTH - len(content))
    raise TooLong


def unpad(padded: bytes) -> bytes:
    """What was padded. Raises Unreadable."""
    length = int.from_bytes(padded[:LENGTH])
    if len(padded) < LENGTH + length:
        raise Unreadable
    return padded[LENGTH : LENGTH + length]


def seal_cell(content: bytes, public: bytes) -> bytes:
    """A cell: content sealed into exactly CELL bytes. Raises TooLong."""
    return seal(pad(content, (CELL_PADDED,)), public)


def blank_cell() -> bytes:
    """A cell that nobody can open, sealed to a key that is thrown away: no one can tell it from one that holds an answer."""
    public, _ = box_pair(secrets.token_bytes(32))
    return seal_cell(b"", public)


# --- signing -------------------------------------------------------------------------------------------------------


def sign_pair(seed: bytes) -> tuple[bytes, bytes]:
    """The Ed25519 pair (public, secret) of a seed of 32 bytes."""
    public, secret = bindings.crypto_sign_seed_keypair(seed)
    return public, secret


def sign(purpose: str, content: dict[str, Any], secret: bytes) -> str:
    """A signed text: one line with the purpose, one with the signature over purpose and content, then the content as JSON."""
    head, body = f"{SIGNED_HEAD}{purpose}\n".encode(), as_json(content)
    signature = bindings.crypto_sign(head + body, secret)[: bindings.crypto_sign_BYTES]
    return f"{SIGNED_HEAD}{purpose}\n{b64(signature)}\n{body.decode()}"


def verify(signed: str, purpose: str, publics: Iterable[bytes]) -> tuple[dict[str, Any], bytes]:
    """The content of a signed text, and which of `publics` signed it. Raises Unreadable where none did, or for another purpose."""
    parts = signed.split("\n", 2)
    if len(parts) != 3 or parts[0] != SIGNED_HEAD + purpose:
        raise Unreadable
    signature = unb64(parts[1], bindings.crypto_sign_BYTES)
    message = f"{parts[0]}\n{parts[2]}".encode()
    for public in publics:
        try:
            bindings.crypto_sign_open(signature + message, public)
        except (CryptoError, ValueError):
            continue
        return from_json(parts[2].encode()), public
    raise Unreadable


def officer_pairs(seed: bytes) -> tuple[tuple[bytes, bytes], tuple[bytes, bytes]]:
    """The two pairs (public, secret) of an officer's seed: to open, and to sign."""
    box, signing = (hashlib.sha256(b"consult officer " + label + seed).digest() for label in (b"box 1", b"sign 1"))
    return box_pair(box), sign_pair(signing)


# --- what people write down, compare, type ---------------------------------------------------------------------------


def check_digits(digits: str) -> str:
    """The two check digits of a row of digits. Source: ISO 7064, MOD 97-10."""
    return f"{98 - int(digits) * 100 % CHECK_BASE:02d}"


def has_check_digits(digits: str) -> bool:
    """Whether a row of digits ends with its two check digits: one wrong or two swapped digits are always found."""
    return int(digits) % CHECK_BASE == 1


def grouped(digits: str, size: int = 5) -> str:
    """Digits in groups, to be written on paper."""
    return " ".join(digits[at : at + size] for at in range(0, len(digits), size))


def fingerprint(box_public: bytes, sign_public: bytes) -> str:
    """What people compare on paper of an officer's two public keys: 40 digits (about 132 bits) in eight groups."""
    made = hashlib.sha256(b"consult officer 1" + box_public + sign_public).digest()
    return " ".join(f"{int.from_bytes(made[at : at + 4]) % 100_000:05d}" for at in range(0, 32, 4))


# --- a tree of what arrived ------------------------------------------------------------------------------------------

LEAVES_MIN = 256


def leaf_of(content: bytes) -> bytes:
    """A leaf of the tree. Its prefix differs from that of inner nodes, so that neither can stand for the other."""
    return hashlib.sha256(b"\x00consult leaf 1" + content).digest()


def node_of(left: bytes, right: bytes) -> bytes:
    """An inner node of the tree."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def filled_leaves(leaves: Iterable[bytes]) -> list[bytes]:
    """Leaves, with random ones filled up to a power of two, at least LEAVES_MIN, sorted: neither number nor order tells anything."""
    known = list(leaves)
    size = LEAVES_MIN
    while size < len(known):
        size *= 2
    return sorted(known + [secrets.token_bytes(32) for _ in range(size - len(known))])


def root_of(leaves: list[bytes]) -> bytes:
    """The root over leaves whose number is a power of two."""
    row = leaves
    while len(row) > 1:
        row = [node_of(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def path_to(leaves: list[bytes], place: int) -> list[bytes]:
    """The neighbours of a leaf, from the bottom up."""
    row, path = leaves, []
    while len(row) > 1:
        path.append(row[place ^ 1])
        row = [node_of(row[at], row[at + 1]) for at in range(0, len(row), 2)]
        place //= 2
    return path


def is_in_tree(leaf: bytes, place: int, path: Iterable[bytes], root: bytes) -> bool:
    """Whether a leaf at a place, with its neighbours, leads to the root."""
    here = leaf
    for neighbour in path:
        here = node_of(neighbour, here) if place & 1 else node_of(here, neighbour)
        place //= 2
    return place == 0 and here == root
