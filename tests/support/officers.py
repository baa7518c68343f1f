"""Protection officers, their keys and everything that is sealed to them, made in Python: docs/decisions/0012-sealed-formats.md.

For the tests of safe, of main and of the custodian file: whatever one side writes can be made here, and read again.
"""

import hmac
import json
import secrets
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from nacl import pwhash
from nacl.secret import SecretBox

from consult.core import crypto
from consult.core.crypto import b64, unb64
from consult.core.exchange import Between, signed_file

ARGON2 = {"name": "argon2id13", "ops": 3, "memory": 67_108_864}
QUICK = {**ARGON2, "ops": 1, "memory": 8192}  # the least that a key file may say
STATE_STEP = 65_536  # bytes
BATCH_LEAST = 64  # items
HERE = Between("kf3installation", "safe.example")


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer, with the private halves that no server ever holds."""

    name: str
    institution: str
    in_ministry: bool
    seed: bytes
    box: tuple[bytes, bytes]  # public, secret
    signing: tuple[bytes, bytes]

    @property
    def fingerprint(self) -> str:
        return crypto.fingerprint(self.box[0], self.signing[0])

    @property
    def card(self) -> str:
        about = {"name": self.name, "institution": self.institution, "in_ministry": self.in_ministry}
        keys = {"box": b64(self.box[0]), "sign": b64(self.signing[0])}
        return crypto.sign("card", about | keys, self.signing[1])


def an_officer(
    name: str = "Ana Tui",
    institution: str = "Ombudsman of Maravel",
    *,
    in_ministry: bool = False,
    seed: bytes | None = None,
) -> Officer:
    """An officer with fresh keys, or with those of a seed of 32 bytes."""
    seed = seed or secrets.token_bytes(32)
    return Officer(name, institution, in_ministry, seed, *crypto.officer_pairs(seed))


def key_file(
    officer: Officer,
    passphrase: str,
    *,
    costs: dict[str, Any] = QUICK,
    salt: bytes | None = None,
    nonce: bytes | None = None,
) -> str:
    """The officer's key file, as the custodian file writes it, but for what it costs to open."""
    salt, nonce = salt or secrets.token_bytes(16), nonce or secrets.token_bytes(24)
    sealed = SecretBox(_key_of(passphrase, salt, costs["ops"], costs["memory"])).encrypt(officer.seed, nonce)
    kdf = costs | {"salt": b64(salt)}
    made = {"format": "consult-key", "version": 1, "card": officer.card, "kdf": kdf, "sealed": b64(bytes(sealed))}
    return crypto.as_json(made).decode()


def open_key_file(text: str, passphrase: str) -> Officer:
    """The officer of a key file. Raises CryptoError for another passphrase."""
    made = json.loads(text)
    kdf = made["kdf"]
    assert (made["format"], made["version"], kdf["name"]) == ("consult-key", 1, "argon2id13")
    box = SecretBox(_key_of(passphrase, unb64(kdf["salt"], 16), kdf["ops"], kdf["memory"]))
    card = read_card(made["card"])
    return an_officer(
        card["name"],
        card["institution"],
        in_ministry=card["in_ministry"],
        seed=box.decrypt(unb64(made["sealed"])),
    )


def _key_of(passphrase: str, salt: bytes, ops: int, memory: int) -> bytes:
    typed = unicodedata.normalize("NFC", passphrase).encode()
    return pwhash.argon2id.kdf(32, typed, salt, opslimit=ops, memlimit=memory)


def read_card(text: str) -> dict[str, Any]:
    """What a card says, signed by the key it names. Raises Unreadable."""
    claimed = crypto.from_json(text.split("\n", 2)[2].encode())
    content, _ = crypto.verify(text, "card", [unb64(claimed["sign"], 32)])
    return content


# --- a consultation with both its sides -------------------------------------------------------------------------------


def recovery_digits(seed: bytes) -> str:
    """The recovery sheet: 80 digits in groups of five."""
    digits = f"{int.from_bytes(seed):078d}"
    return crypto.grouped(digits + crypto.check_digits(digits))


@dataclass(slots=True)
class Dossier:
    """One consultation as both sides and its officers know it: everything needed to write any file of it."""

    officers: list[Officer]
    consultation: str = "upr-4"
    between: Between = HERE
    title: str = "Universal periodic review, fourth cycle"
    seed: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    safe: tuple[bytes, bytes] = field(default_factory=lambda: crypto.sign_pair(secrets.token_bytes(32)))
    main: tuple[bytes, bytes] = field(default_factory=lambda: crypto.sign_pair(secrets.token_bytes(32)))
    decoy_key: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    @property
    def pair(self) -> tuple[bytes, bytes]:
        """The pair of the consultation key, number 1."""
        return crypto.box_pair(self.seed)

    def signed(self, purpose: str, number: int, content: dict[str, Any], by: bytes) -> str:
        """A signed text of this consultation."""
        return signed_file(purpose, self.between, self.consultation, number, content, by)

    def call(self) -> str:
        """The call file, from which an officer makes the consultation key."""
        return crypto.as_json(
            {
                "format": "consult-call",
                "version": 1,
                "installation": self.between.installation,
                "host": self.between.host,
                "consultation": self.consultation,
                "title": self.title,
                "safe": b64(self.safe[0]),
                "main": b64(self.main[0]),
            }
        ).decode()

    def opening(self, *, by: Officer | None = None, number: int = 1) -> str:
        """The signed opening, by the first officer if by nobody else."""
        keys = [{"number": 1, "public": b64(self.pair[0]), "last_release": None}]
        content = {
            "keys": keys,
            "officers": [officer.fingerprint for officer in self.officers],
            "safe": b64(self.safe[0]),
            "main": b64(self.main[0]),
        }
        return self.signed("opening", number, content, (by or self.officers[0]).signing[1])

    def halves(self) -> list[dict[str, Any]]:
        """The consultation key, sealed to each officer."""
        return [
            {"officer": officer.fingerprint, "key": 1, "sealed": b64(crypto.seal(self.seed, officer.box[0]))}
            for officer in self.officers
        ]

    def opening_file(self) -> str:
        """What the custodian file writes for a new consultation key."""
        cards = [officer.card for officer in self.officers]
        made = {"format": "consult-opening", "version": 1, "opening": self.opening(), "cards": cards}
        return crypto.as_json(made | {"halves": self.halves()}).decode()

    def manifest(self, number: int = 1, **more: Any) -> str:
        """The manifest, signed by main."""
        content: dict[str, Any] = {
            "titles": {"en": self.title, "ar": "الاستعراض الدوري الشامل", "zh": "普遍定期审议"},
            "languages": ["en", "ar", "zh"],
            "round": 1,
            "version": 1,
            "state": "open",
            "paragraphs": [
                {"ref": "46", "kind": "paragraph", "texts": {"en": "The police were trained in 2023."}},
                {
                    "ref": "47",
                    "kind": "paragraph",
                    "texts": {"en": "Everyone held by the police sees a doctor.", "ar": "يعاين طبيب كل محتجز."},
                },
            ],
            "places": ["Tavo", "Lower Miren"],
            "opening": self.opening(),
            "stops": [],
            "cards": [officer.card for officer in self.officers],
        }
        return self.signed("manifest", number, content | more, self.main[1])

    def desk_file(self, batches: list[str], **more: Any) -> str:
        """What an officer takes to the desk; `more` overrules any of its parts."""
        made: dict[str, Any] = {
            "format": "consult-desk",
            "version": 1,
            "installation": self.between.installation,
            "host": self.between.host,
            "consultation": self.consultation,
            "opening": self.opening(),
            "halves": self.halves(),
            "manifest": self.manifest(),
            "batches": batches,
            "safe": b64(self.safe[0]),
            "main": b64(self.main[0]),
            "state": None,
            "numbers": {"result": 0, "cells": 0},
            "answers": None,
        }
        return crypto.as_json(made | more).decode()

    # --- what people send, and what hides it ---

    def body(self, letter: "Letter", kind: str = "comment", **more: Any) -> dict[str, Any]:
        """The content of one act of a letter's writer."""
        receipt = letter.receipt if kind == "comment" else secrets.token_bytes(16)
        content: dict[str, Any] = {
            "kind": kind,
            "consultation": self.consultation,
            "round": 1,
            "version": 1,
            "thread": b64(letter.pair[0]),
            "of": b64(letter.receipt),
            "receipt": b64(receipt),
            "item": b64(secrets.token_bytes(16)),
            "inclusion": b64(letter.inclusion),
            "maker": b64(secrets.token_bytes(32)),
        }
        if kind == "comment":
            content |= {
                "ref": "47",
                "language": "en",
                "text": "It is not so here.",
                "suggestion": "",
                "evidence": "",
                "use": "verbatim",
                "pass_on": False,
            }
        if kind == "follow_up":
            content |= {"language": "en", "text": "There is more."}
        return content | more

    def decoy(self, kind: str = "comment", **more: Any) -> dict[str, Any]:
        """An invented act, marked as one by its maker's key."""
        content = self.body(Letter(), kind, **{"text": f"Invented {secrets.token_hex(8)}."} | more)
        if kind == "withdrawal":
            content.pop("text")
        about = b"consult decoy 1" + b"".join(unb64(content[name]) for name in ("thread", "receipt", "item"))
        return content | {"maker": b64(hmac.digest(self.decoy_key, about, "sha256"))}

    def item(self, body: dict[str, Any]) -> dict[str, str]:
        """A body as it stands in a batch."""
        sealed = crypto.seal(crypto.pad(crypto.as_json(body)), self.pair[0])
        return {"id": body["item"], "sealed": b64(sealed)}

    def batch(
        self, number: int, bodies: list[dict[str, Any]], *, by: bytes | None = None, odd: list[dict[str, str]] = ()
    ) -> str:
        """A batch signed by safe: the bodies and odd items, filled up with decoys, shuffled."""
        size = BATCH_LEAST
        while size < len(bodies) + len(odd):
            size *= 2
        bodies = bodies + [self.decoy() for _ in range(size - len(bodies) - len(odd))]
        items = [self.item(body) for body in bodies] + list(odd)
        secrets.SystemRandom().shuffle(items)
        leaves = crypto.filled_leaves(crypto.leaf_of(unb64(body["inclusion"])) for body in bodies)
        content = {
            "key": 1,
            "decoys": b64(crypto.seal(crypto.pad(self.decoy_key), self.pair[0])),
            "manifest": 1,
            "root": b64(crypto.root_of(leaves)),
            "items": items,
        }
        return self.signed("batch", number, content, by or self.safe[1])

    # --- what officers give back ---

    def read_result(self, text: str, number: int = 1) -> dict[str, Any]:
        """A result, signed by one of the officers and of this consultation. Raises Unreadable."""
        content, by = crypto.verify(text, "result", [officer.signing[0] for officer in self.officers])
        (signer,) = (officer for officer in self.officers if officer.signing[0] == by)
        assert content["officer"] == signer.fingerprint
        self._check_head(content, number)
        return content

    def read_cells(self, text: str, number: int = 1) -> dict[bytes, bytes]:
        """The cells of a result by the id of their receipts row. Raises Unreadable."""
        content, _ = crypto.verify(text, "cells", [officer.signing[0] for officer in self.officers])
        self._check_head(content, number)
        rows = [(unb64(row, 16), unb64(cell, crypto.CELL)) for row, cell in content["cells"]]
        assert [row for row, _ in rows] == sorted({row for row, _ in rows}), "ids ascend, and no one comes twice"
        return dict(rows)

    def read_cell(self, cell: bytes, letter: "Letter", number: int = 1) -> dict[str, Any]:
        """What a cell says to the holder of a thread's key. Raises Unreadable."""
        signed = crypto.unpad(crypto.unseal(cell, *letter.pair)).decode()
        content, _ = crypto.verify(signed, "cell", [officer.signing[0] for officer in self.officers])
        self._check_head(content, number)
        assert content["thread"] == b64(letter.pair[0])
        return content

    def read_state(self, sealed: bytes) -> dict[str, Any]:
        """The officers' decisions out of a result. Raises Unreadable."""
        padded = crypto.unseal(sealed, *self.pair)
        assert len(padded) % STATE_STEP == 0
        signed = crypto.unpad(padded).decode()
        content, _ = crypto.verify(signed, "state", [officer.signing[0] for officer in self.officers])
        return content

    def _check_head(self, content: dict[str, Any], number: int) -> None:
        told = (content["installation"], content["host"], content["consultation"], content["number"])
        assert told == (self.between.installation, self.between.host, self.consultation, number)


@dataclass(frozen=True, slots=True)
class Letter:
    """What a writer without a name holds by the receipt: the thread's pair, the row of the receipt, the inclusion secret's hash."""

    pair: tuple[bytes, bytes] = field(default_factory=lambda: crypto.box_pair(secrets.token_bytes(32)))
    receipt: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    inclusion: bytes = field(default_factory=lambda: secrets.token_bytes(32))
