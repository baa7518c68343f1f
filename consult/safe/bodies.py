"""What is sealed: the letter of an act, a person's or a decoy's, padded to one of four sizes.

Source: docs/decisions/0012-sealed-formats.md, "Body". Sealed within the request that brought it, whatever the text looks
like: a client's word that something is encrypted already is never believed.
"""

import secrets
from dataclasses import dataclass, field
from typing import Any

from consult.core import crypto
from consult.core.crypto import b64
from consult.safe.manifests import Key, Manifest
from consult.safe.receipts import Thread, commitment, decoy_maker

COMMENT, FOLLOW_UP, WITHDRAWAL = "comment", "follow_up", "withdrawal"
VERBATIM, PARAPHRASE, INTERNAL = "verbatim", "paraphrase", "internal"
# How long letters are, in bytes before padding, and how often: what people write in a comment. A decoy's size is drawn from it.
LENGTHS = ((0.80, 700, 4_000), (0.17, 4_200, 16_000), (0.025, 17_000, 60_000), (0.005, 66_000, 100_000))

random = secrets.SystemRandom()


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody wrote, and what may be done with it."""

    ref: str
    language: str
    text: str
    suggestion: str = ""
    evidence: str = ""
    use: str = PARAPHRASE
    pass_on: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """What one act adds: a receipts row and a spool row, each under an id of its own."""

    receipt: bytes
    item: bytes
    inclusion: bytes
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sealing:
    """What letters of a consultation are made with."""

    manifest: Manifest
    key: Key
    release: int  # number of the coming one
    decoy_key: bytes


def comment(sealing: Sealing, thread: Thread, remark: Remark) -> Act:
    """A comment, sealed. Raises TooLong."""
    said = {
        "ref": remark.ref,
        "language": remark.language,
        "text": remark.text,
        "suggestion": remark.suggestion,
        "evidence": remark.evidence,
        "use": remark.use,
        "pass_on": remark.pass_on,
    }
    item = thread.item(sealing.release, 0)
    return _act(sealing, thread, COMMENT, thread.lookup, item, said, inclusion=thread.inclusion)


def follow_up(sealing: Sealing, thread: Thread, number: int, language: str, text: str) -> Act:
    """The reply of a number in its thread, sealed. Raises TooLong."""
    said = {"language": language, "text": text}
    receipt, item = thread.follow_up(number), thread.item(sealing.release, number)
    return _act(sealing, thread, FOLLOW_UP, receipt, item, said)


def withdrawal(sealing: Sealing, thread: Thread) -> Act:
    """The withdrawal, sealed."""
    return _act(sealing, thread, WITHDRAWAL, thread.withdraw, thread.withdrawal_item(sealing.release), {})


def decoy(sealing: Sealing, thread: Thread) -> Act:
    """A comment that nobody wrote, of the shape and size of any other; only its maker's mark, sealed inside, tells."""
    return _decoy(sealing, thread, thread.lookup, thread.item(sealing.release, 0), _drawn_length(), thread.inclusion)


def decoy_follow_up(sealing: Sealing, thread: Thread, number: int) -> Act:
    """A reply that nobody wrote."""
    receipt, item = thread.follow_up(number), thread.item(sealing.release, number)
    return _decoy(sealing, thread, receipt, item, _drawn_length(), secrets.token_bytes(32))


def decoy_withdrawal(sealing: Sealing, thread: Thread) -> Act:
    """A withdrawal that nobody asked for."""
    item = thread.withdrawal_item(sealing.release)
    return _decoy(sealing, thread, thread.withdraw, item, 0, secrets.token_bytes(32))


def cover(sealing: Sealing, *, receipt: bytes, item: bytes, inclusion: bytes, size: int) -> Act:
    """A decoy in the place of a letter that was withdrawn before its release, of its size: `size` bytes, sealed."""
    stranger = Thread(secrets.token_bytes(32))
    length = next(most for most in crypto.PADDED if most + crypto.SEAL_OVERHEAD >= size) - 1_024
    act = _decoy(sealing, stranger, receipt, item, length, inclusion)
    assert len(act.sealed) == size
    return act


def _drawn_length() -> int:
    """How long the letter of a decoy is."""
    (drawn,) = random.choices(LENGTHS, weights=[share for share, _, _ in LENGTHS])
    return random.randint(drawn[1], drawn[2])


def _decoy(sealing: Sealing, thread: Thread, receipt: bytes, item: bytes, length: int, inclusion: bytes) -> Act:
    said: dict[str, Any] = {"ref": "0", "language": "en", "suggestion": "", "evidence": ""}
    said |= {"use": PARAPHRASE, "pass_on": False, "text": ""}
    bare = len(crypto.as_json(_body(sealing, thread, COMMENT, receipt, item, said, inclusion, bytes(32))))
    filling = max(0, length - bare)
    said["text"] = secrets.token_urlsafe(filling)[:filling]
    maker = decoy_maker(sealing.decoy_key, thread.pair[0], receipt, item)
    return _act(sealing, thread, COMMENT, receipt, item, said, inclusion=inclusion, maker=maker)


def _act(
    sealing: Sealing,
    thread: Thread,
    kind: str,
    receipt: bytes,
    item: bytes,
    said: dict[str, Any],
    *,
    inclusion: bytes | None = None,
    maker: bytes | None = None,
) -> Act:
    # An act other than the comment has random bytes where C stands: the same C twice would connect two rows
    inclusion = inclusion or commitment(secrets.token_bytes(32))
    body = _body(sealing, thread, kind, receipt, item, said, inclusion, maker or secrets.token_bytes(32))
    return Act(receipt, item, inclusion, crypto.seal(crypto.pad(crypto.as_json(body)), sealing.key.public))


def _body(
    sealing: Sealing,
    thread: Thread,
    kind: str,
    receipt: bytes,
    item: bytes,
    said: dict[str, Any],
    inclusion: bytes,
    maker: bytes,
) -> dict[str, Any]:
    return {
        "kind": kind,
        "consultation": sealing.manifest.name,
        "round": sealing.manifest.round,
        "version": sealing.manifest.version,
        "thread": b64(thread.pair[0]),
        "of": b64(thread.lookup),
        "receipt": b64(receipt),
        "item": b64(item),
        "inclusion": b64(inclusion),
        "maker": b64(maker),
        **said,
    }
