"""The proof that a comment was counted: a text that anyone can check offline, and whose holder shows that the comment is theirs.

Source: docs/decisions/0012-sealed-formats.md, "Tree"; the text is described in docs/decisions/0014-safe.md.
"""

from dataclasses import dataclass

from consult.core import crypto
from consult.core.crypto import Unreadable, b64, unb64
from consult.safe.receipts import commitment

HEAD = "consult inclusion 1"
OUTCOMES = ("used", "answered", "kept confidential", "withdrawn")
PATH_MAX = 40  # neighbours: more than any tree has


@dataclass(frozen=True, slots=True)
class Proof:
    """What the text says."""

    secret: bytes
    outcome: str
    place: int
    path: tuple[bytes, ...]
    root: bytes

    @property
    def leaf(self) -> bytes:
        """The leaf that the comment's secret and the outcome make."""
        return crypto.leaf_of(commitment(self.secret) + self.outcome.encode("ascii"))

    @property
    def holds(self) -> bool:
        """Whether the leaf stands in the tree of the root."""
        return crypto.is_in_tree(self.leaf, self.place, self.path, self.root)


def find_proof(secret: bytes, leaf: str, place: int, path: list[str], root: str) -> Proof:
    """The proof of a leaf that an officer sent in a cell: its outcome is the one that makes this leaf. Raises Unreadable for none."""
    wanted = unb64(leaf, 32)
    neighbours = tuple(unb64(one, 32) for one in path[:PATH_MAX])
    for outcome in OUTCOMES:
        proof = Proof(secret, outcome, place, neighbours, unb64(root, 32))
        if proof.leaf == wanted and proof.holds:
            return proof
    raise Unreadable


def as_text(proof: Proof) -> str:
    """The text that the status page shows."""
    lines = [HEAD, f"secret {b64(proof.secret)}", f"outcome {proof.outcome}", f"place {proof.place}"]
    lines += [*(f"path {b64(one)}" for one in proof.path), f"root {b64(proof.root)}"]
    return "\n".join(lines) + "\n"


def from_text(text: str) -> Proof:
    """What a text says. Raises Unreadable."""
    lines = [line.strip() for line in text.strip().splitlines()]
    if not lines or lines[0] != HEAD:
        raise Unreadable
    found: dict[str, list[str]] = {}
    for line in lines[1:]:
        name, _, value = line.partition(" ")
        found.setdefault(name, []).append(value)
    try:
        ((secret,), (outcome,), (place,), (root,)) = (found[one] for one in ("secret", "outcome", "place", "root"))
        if outcome not in OUTCOMES or not place.isascii() or not place.isdigit():
            raise Unreadable
        path = tuple(unb64(one, 32) for one in found.get("path", []))
        return Proof(unb64(secret, 32), outcome, int(place), path, unb64(root, 32))
    except (KeyError, ValueError) as problem:
        raise Unreadable from problem
