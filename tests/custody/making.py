"""Officers with their secret halves, and what they and safe sign: made in Python from consult/core/crypto.py."""

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any

from consult.core import crypto, exchange
from consult.core.crypto import b64
from consult.core.db import reading
from consult.custody.sealed_files import stand_of
from consult.custody.sides import Safe, here, safe_in_use
from consult.stakeholders.models import Stakeholder

SAFE_PUBLIC, SAFE_SECRET = crypto.sign_pair(hashlib.sha256(b"safe of the tests").digest())
SETTINGS = {"safe_url": "https://safe.example", "safe_onion": "http://safeexample.onion", "safe_key": b64(SAFE_PUBLIC)}
SEALED = crypto.seal(crypto.pad(b"nobody on main can open this"), crypto.box_pair(bytes(32))[0])
CELL = b64(crypto.blank_cell())


@dataclass(frozen=True, slots=True)
class Maker:
    """An officer with the private halves that main never sees."""

    box: tuple[bytes, bytes]
    signing: tuple[bytes, bytes]
    card: str

    @property
    def fingerprint(self) -> str:
        return crypto.fingerprint(self.box[0], self.signing[0])


def an_officer(name: str = "Ana Tui", *, in_ministry: bool = False, institution: str = "Ombudsman of Maravel") -> Maker:
    """The officer of a name: always the same keys."""
    box = crypto.box_pair(hashlib.sha256(b"box" + name.encode()).digest())
    signing = crypto.sign_pair(hashlib.sha256(b"sign" + name.encode()).digest())
    about = {"name": name, "institution": institution, "in_ministry": in_ministry}
    card = crypto.sign("card", {**about, "box": b64(box[0]), "sign": b64(signing[0])}, signing[1])
    return Maker(box, signing, card)


def signed(purpose: str, by: Maker, consultation: str, number: int, content: dict[str, Any], **head: str) -> str:
    """A text signed by an officer; `head` overrules the installation or the host."""
    between = safe_in_use().between
    place = {"installation": between.installation, "host": between.host, "consultation": consultation, "number": number}
    return crypto.sign(purpose, {**content, **place, **head}, by.signing[1])


def seed_of(consultation: str, number: int = 1) -> bytes:
    """The seed of a consultation key."""
    return hashlib.sha256(f"{consultation} {number}".encode()).digest()


def opening_file(
    officers: list[Maker],
    consultation: str = "upr",
    *,
    by: Maker | None = None,
    number: int = 1,
    last_releases: tuple[int | None, ...] = (None,),
    halves: bool = True,
    **more: Any,
) -> str:
    """What the custodian file writes when a key is made: one key for each of `last_releases`."""
    safe = safe_in_use()
    keys = [
        {"number": place, "public": b64(crypto.box_pair(seed_of(consultation, place))[0]), "last_release": last}
        for place, last in enumerate(last_releases, start=1)
    ]
    prints = [one.fingerprint for one in officers]
    content = {"keys": keys, "officers": prints, "safe": b64(safe.public), "main": b64(safe.our_public), **more}
    sealed = [
        {"officer": one.fingerprint, "key": place, "sealed": b64(crypto.seal(seed_of(consultation, place), one.box[0]))}
        for one in officers
        for place in range(1, len(keys) + 1)
    ]
    return json.dumps(
        {
            "format": "consult-opening",
            "version": 1,
            "opening": signed("opening", by or officers[0], consultation, number, content),
            "cards": [one.card for one in officers],
            "halves": sealed if halves else [],
        }
    )


def appointment(by: Maker, newcomer: Maker, *, typed: str | None = None, **head: str) -> str:
    """An officer's word for a newcomer. It names main itself, with and without a safe."""
    content = {"card": newcomer.card, "fingerprint": typed or newcomer.fingerprint, "consultation": "", "number": 0}
    place = {"installation": here().installation, "host": here().host}
    return crypto.sign("appointment", {**content, **place, **head}, by.signing[1])


def batch(
    number: int, *, manifest: int = 1, consultation: str = "upr", items: int = 64, secret: bytes = SAFE_SECRET
) -> str:
    """A batch as safe writes it, of letters that nobody here can open."""
    content = {
        "key": 1,
        "manifest": manifest,
        "decoys": b64(SEALED),
        "root": b64(secrets.token_bytes(32)),
        "items": [{"id": b64(secrets.token_bytes(16)), "sealed": b64(SEALED)} for _ in range(items)],
    }
    return exchange.signed_file(exchange.BATCH, safe_in_use().between, consultation, number, content, secret)


def lay_batch(number: int, *, consultation: str = "upr", **named: Any) -> None:
    """Let a batch lie in safe's folder."""
    text = batch(number, consultation=consultation, **named)
    exchange.put(safe_in_use().folder_out, exchange.BATCH, consultation, number, text)


def a_ref(place: int) -> str:
    """A number of a released comment."""
    return "".join(f"{place:06d}".translate(str.maketrans("0123456789", "abcdefghjk"))) * 2


def released(place: int, **changes: Any) -> dict[str, Any]:
    plain = {
        "ref": a_ref(place), "round": 1, "paragraph": "1", "version": 1, "language": "en", "text": f"Released {place}.",
        "suggestion": "", "evidence": "", "use": "verbatim",
    }  # fmt: skip
    return {**plain, **changes}


def result(
    by: Maker,
    number: int,
    *,
    consultation: str = "upr",
    batches: int = 1,
    release: list[dict[str, Any]] | None = None,
    closing: bool = False,
    withdrawn: tuple[str, ...] = (),
    cells: int | None = None,
    **more: Any,
) -> bytes:
    """What an officer hands in."""
    rows = [[b64(one), CELL] for one in sorted(secrets.token_bytes(16) for _ in range(3))]
    content = {
        "officer": by.fingerprint,
        "batches": list(range(1, batches + 1)),
        "release": release or [],
        "closing": closing,
        "withdrawn": list(withdrawn),
        "cells": signed("cells", by, consultation, cells, {"cells": rows}) if cells else None,
        "state": b64(crypto.PREFIX + bytes(64)),
        "final": None,
    }
    return signed("result", by, consultation, number, {**content, **more}).encode()


def manifests(safe: Safe, consultation: str = "upr") -> list[dict[str, Any]]:
    """The manifests that lie in safe's folder, oldest first, verified as safe does."""
    return [
        exchange.opened_file(
            found.text(), exchange.MANIFEST, safe.between, consultation, found.number, [safe.our_public]
        )
        for found in exchange.look(safe.folder_in, exchange.MANIFEST)
        if found.consultation == consultation
    ]


# --- protected entries ------------------------------------------------------------------------------------------------


def entry_of(
    ref: str, officers: list[Maker], *, edition: int = 1, name: str = "Nadia Qamar", **changes: Any
) -> dict[str, Any]:
    """An entry as the custodian file makes it: what stands open, and `sealed` copies by fingerprint."""
    content = {"installation": here().installation, "entry": ref, "edition": edition, "name": name}
    told = crypto.sign("entry", content, officers[0].signing[1]).encode()
    sealed = {one.fingerprint: crypto.seal(crypto.pad(told, crypto.PADDED[:1]), one.box[0]) for one in officers}
    plain = {
        "ref": ref, "edition": edition, "kind": "person", "category": "cso", "language": "en", "basis": "consent", "how": "meeting",
        "stand": "" if edition == 1 else standing(ref), "sealed": sealed,
    }  # fmt: skip
    return {**plain, **changes}


def standing(ref: str) -> str:
    """What the site names that which stands open of an entry now; "" where there is none."""
    with reading() as db:
        found = db.query(Stakeholder).filter_by(ref=ref).one_or_none()
        return stand_of(found) if found else ""


def entries_file(by: Maker, entries: list[dict[str, Any]], **head: Any) -> str:
    """What an officer hands in; `head` overrules parts of what is signed."""
    listed = [
        {name: value for name, value in one.items() if name != "sealed"}
        | {"copies": {who: b64(hashlib.sha256(copy).digest()) for who, copy in one["sealed"].items()}}
        for one in entries
    ]
    content = {"installation": here().installation, "entries": listed, **head}
    return json.dumps(
        {
            "format": "consult-entries",
            "version": 1,
            "signed": crypto.sign("entries", content, by.signing[1]),
            "sealed": [{who: b64(copy) for who, copy in one["sealed"].items()} for one in entries],
        }
    )


def opened_entry(sealed: bytes, by: Maker) -> str:
    """What an officer reads in a copy."""
    return crypto.unpad(crypto.unseal(sealed, *by.box)).decode()
