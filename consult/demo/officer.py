"""A protection officer of the demonstration: what people do with the custodian file, in Python and in the same formats.

No server of an installation ever does this: keys are made, and letters opened, on the officers' own computers.
Source: docs/decisions/0012-sealed-formats.md
"""

import json
import secrets
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from nacl import pwhash
from nacl.secret import SecretBox

from consult.core import crypto, exchange
from consult.core.crypto import Unreadable, b64, unb64
from consult.core.exchange import Between
from consult.core.ids import ALPHABET
from consult.rounds.models import REF_LENGTH
from consult.safe.receipts import decoy_maker
from consult.safe.trial import TrialOfficer

OPS, MEMORY = 3, 67_108_864
KDF = {"name": "argon2id13", "ops": OPS, "memory": MEMORY}
STATE_STEP = 65_536  # bytes
NOTHING_YET: dict[str, Any] = {
    "choice": None,
    "public": None,
    "ref": "",
    "released": False,
    "sent": [],
    "question": "",
    "reply": "",
}


def new_passphrase() -> str:
    """What the custodian file suggests: 25 digits, which every keyboard has."""
    return crypto.grouped("".join(secrets.choice("0123456789") for _ in range(25)))


def key_file(officer: TrialOfficer, passphrase: str) -> str:
    """The officer's key file."""
    salt = secrets.token_bytes(16)
    typed = unicodedata.normalize("NFC", passphrase).encode()
    key = pwhash.argon2id.kdf(32, typed, salt, opslimit=OPS, memlimit=MEMORY)
    sealed = bytes(SecretBox(key).encrypt(officer.seed))
    kdf = KDF | {"salt": b64(salt)}
    made = {"format": "consult-key", "version": 1, "card": officer.card, "kdf": kdf, "sealed": b64(sealed)}
    return crypto.as_json(made).decode()


def opening_file(call: dict[str, Any], officers: list[TrialOfficer]) -> str:
    """A new key for the consultation of a call, made by the first officer for all of them."""
    seed, between = secrets.token_bytes(32), Between(call["installation"], call["host"])
    content = {
        "keys": [{"number": 1, "public": b64(crypto.box_pair(seed)[0]), "last_release": None}],
        "officers": [one.fingerprint for one in officers],
        "safe": call["safe"],
        "main": call["main"],
    }
    signed = exchange.signed_file("opening", between, call["consultation"], 1, content, officers[0].sign[1])
    halves = [{"officer": one.fingerprint, "key": 1, "sealed": b64(crypto.seal(seed, one.box[0]))} for one in officers]
    made = {"format": "consult-opening", "version": 1, "opening": signed, "cards": [one.card for one in officers]}
    return crypto.as_json(made | {"halves": halves}).decode()


def half_of(copy: str, officer: TrialOfficer) -> tuple[bytes, bytes]:
    """The pair (public, secret) of the consultation key in an officer's own copy. Raises Unreadable."""
    (half,) = json.loads(copy)["halves"]
    return crypto.box_pair(crypto.unseal(unb64(half["sealed"]), *officer.box))


@dataclass
class Letter:
    """A comment that lay in a batch, and what the officers decided about it."""

    body: dict[str, Any]
    decision: dict[str, Any]
    is_withdrawn: bool = False
    replies: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        """How it stands, as its author is told."""
        if self.is_withdrawn:
            return "withdrawn"
        return "released" if self.decision["released"] else "received"

    def ask(self, question: str) -> None:
        """Have a question go to the author with the next result."""
        self.decision["question"] = question

    def release(self, words: str) -> None:
        """Have a public version go to the team with the next result, in the way that the author allows."""
        self.decision["choice"] = self.body["use"]
        self.decision["public"] = {"text": words, "suggestion": "", "evidence": ""}


class Desk:
    """An opened desk file. What is a decoy, or comes twice, is put aside; every receipt is kept, for each gets a cell."""

    def __init__(self, text: str, officer: TrialOfficer, pair: tuple[bytes, bytes]) -> None:
        self.file: dict[str, Any] = json.loads(text)
        self.officer, self.pair = officer, pair
        self.between = Between(self.file["installation"], self.file["host"])
        self.batches: list[int] = []
        self.receipts: set[bytes] = set()
        self.letters: dict[str, Letter] = {}  # by thread
        decided = self._decided()
        bodies = [body for batch in self.file["batches"] for body in self._opened(batch)]
        for body in bodies:
            if body["kind"] == "comment":
                thread = body["thread"]
                self.letters[thread] = Letter(body, NOTHING_YET | {"sent": []} | decided.get(thread, {}))
        for body in bodies:
            letter = self.letters.get(body["thread"])
            if letter is not None and letter.body["receipt"] == body["of"]:
                letter.is_withdrawn |= body["kind"] == "withdrawal"
                letter.replies += [body["text"]] if body["kind"] == "follow_up" else []

    def _decided(self) -> dict[str, Any]:
        """What officers decided before, by thread. Raises Unreadable where no officer of the opening signed it."""
        if self.file["state"] is None:
            return {}
        signed = crypto.unpad(crypto.unseal(unb64(self.file["state"]), *self.pair)).decode()
        content, _ = crypto.verify(signed, "state", self._signers())
        if content["number"] != self.file["numbers"]["result"]:
            raise Unreadable
        decisions: dict[str, Any] = content["decisions"]
        return decisions

    def _signers(self) -> list[bytes]:
        manifest, _ = crypto.verify(self.file["manifest"], exchange.MANIFEST, [unb64(self.file["main"], 32)])
        claimed = [crypto.from_json(card.split("\n", 2)[2].encode()) for card in manifest["cards"]]
        return [unb64(one["sign"], 32) for one in claimed]

    def _opened(self, signed: str) -> list[dict[str, Any]]:
        """The bodies in a batch that are no decoys. Raises Unreadable where it is not safe's."""
        batch, _ = crypto.verify(signed, exchange.BATCH, [unb64(self.file["safe"], 32)])
        decoy_key = crypto.unpad(crypto.unseal(unb64(batch["decoys"]), *self.pair))
        self.batches.append(batch["number"])
        found = []
        for item in batch["items"]:
            body = crypto.from_json(crypto.unpad(crypto.unseal(unb64(item["sealed"]), *self.pair)))
            receipt = unb64(body["receipt"], 16)
            mark = decoy_maker(decoy_key, unb64(body["thread"], 32), receipt, unb64(body["item"], 16))
            if receipt not in self.receipts and unb64(body["maker"], 32) != mark:
                found.append(body)
            self.receipts.add(receipt)
        return found

    # --- the result ---

    def result(self, *, closing: bool = False) -> bytes:
        """What the officer hands in: everything decided since the last one, and a cell for every receipt."""
        number = self.file["numbers"]["result"] + 1
        ready = [one for one in self.letters.values() if one.decision["choice"] and one.state == "received"]
        for one in ready:
            one.decision["ref"] = "".join(secrets.choice(ALPHABET) for _ in range(REF_LENGTH))
            one.decision["released"] = True
        for one in self.letters.values():
            _send_question(one)
        letters = self.letters.values()
        content = {
            "officer": self.officer.fingerprint,
            "batches": sorted(self.batches),
            "release": sorted((_released(one) for one in ready), key=lambda one: str(one["ref"])),
            "closing": closing,
            "withdrawn": sorted(one.decision["ref"] for one in letters if one.is_withdrawn and one.decision["ref"]),
            "cells": self._cells(),
            "state": b64(self._state(number)),
            "final": None,
        }
        return self._signed("result", number, content).encode()

    def _signed(self, purpose: str, number: int, content: dict[str, Any]) -> str:
        name, secret = self.file["consultation"], self.officer.sign[1]
        return exchange.signed_file(purpose, self.between, name, number, content, secret)

    def _cells(self) -> str:
        number = self.file["numbers"]["cells"] + 1
        spoken = {unb64(one.body["receipt"], 16): one for one in self.letters.values()}
        cells = []
        for receipt in sorted(self.receipts):
            letter = spoken.get(receipt)
            cell = self._cell(letter, number) if letter else crypto.blank_cell()
            cells.append([b64(receipt), b64(cell)])
        return self._signed(exchange.CELLS, number, {"cells": cells})

    def _cell(self, letter: Letter, number: int) -> bytes:
        content = {
            "thread": letter.body["thread"],
            "messages": letter.decision["sent"],
            "state": letter.state,
            "comment": letter.decision["ref"],
            **{"leaf": "", "place": 0, "path": []},
        }
        signed = self._signed("cell", number, content)
        return crypto.seal_cell(signed.encode(), unb64(letter.body["thread"], 32))

    def _state(self, number: int) -> bytes:
        decisions = {thread: letter.decision for thread, letter in self.letters.items()}
        signed = self._signed("state", number, {"base": number, "decisions": decisions, "leaves": None}).encode()
        size = -(-(len(signed) + crypto.LENGTH) // STATE_STEP) * STATE_STEP
        return crypto.seal(crypto.pad(signed, (size,)), self.pair[0])


def _send_question(letter: Letter) -> None:
    decision = letter.decision
    if decision["question"]:
        said = {"kind": "question", "language": letter.body["language"], "text": decision["question"]}
        decision["sent"] = [*decision["sent"], said | {"number": len(decision["sent"]) + 1}]
        decision["question"] = ""


def _released(letter: Letter) -> dict[str, Any]:
    body, decision = letter.body, letter.decision
    return {
        **{name: body[name] for name in ("round", "version", "language")},
        **decision["public"],
        "ref": decision["ref"],
        "paragraph": body["ref"],
        "use": decision["choice"],
    }
