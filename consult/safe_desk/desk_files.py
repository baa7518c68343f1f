"""What an officer takes to the desk: all sealed batches, the sealed state, and what is needed to answer. In pieces, for it is large."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.consultations.models import Consultation
from consult.core import exchange
from consult.core.crypto import b64
from consult.core.files import store
from consult.custody import queries as custody
from consult.custody.models import Officer
from consult.custody.operations_presence import note_there
from consult.custody.rules import FileWrong, check_is_officer, check_knows_safe
from consult.custody.sides import Safe
from consult.safe_desk import queries


@dataclass(frozen=True, slots=True)
class DeskFile:
    """The parts of a desk file: what is small, and the keys of what is large."""

    small: dict[str, Any]
    state_key: str | None
    batch_keys: list[str]

    def pieces(self) -> Iterator[bytes]:
        """The JSON, never all of it in memory at once."""
        head = json.dumps(self.small, ensure_ascii=False)[:-1]
        yield f'{head}, "state": '.encode()
        yield json.dumps(store().read(self.state_key).decode()).encode() if self.state_key else b"null"
        yield b', "batches": ['
        for place, key in enumerate(self.batch_keys):
            yield (b", " if place else b"") + json.dumps(store().read(key).decode(), ensure_ascii=False).encode()
        yield b"]}"


def hand_out_batches(
    db: Session, safe: Safe, consultation: Consultation, officer: Officer | None, *, by: Staff, now: datetime
) -> DeskFile:
    """Give an officer everything sealed that there is, for the desk.

    Returns it.  Raises NotAnOfficer, FileWrong where there is no key.  Records ``batches.handed_out`` (slug, card, newest batch):
    never an item or a count.
    """
    check_is_officer(officer)
    opening = custody.newest_opening(db, consultation.id)
    if officer is None or opening is None:
        raise FileWrong
    note_there(db, by=by, now=now)
    batches = queries.list_batches(db, consultation.id)
    result = queries.newest_result(db, consultation.id)
    small = {
        "format": "consult-desk",
        "version": 1,
        "installation": safe.between.installation,
        "host": safe.between.host,
        "consultation": consultation.slug,
        "opening": opening.signed,
        "halves": _own_halves(db, safe, consultation, officer),
        "manifest": _text(db, consultation, exchange.MANIFEST),
        "safe": b64(safe.public),
        "main": b64(safe.our_public),
        "numbers": {
            "result": result.number if result else 0,
            "cells": custody.last_number(db, consultation.id, exchange.CELLS),
        },
        "answers": _text(db, consultation, exchange.ANSWERS),
    }
    newest = batches[-1].digest[:12] if batches else "none"
    record(db, "batches.handed_out", by=by, consultation=consultation.slug, card=officer.ref, batch=newest)
    keys = [one.file_key for one in batches if one.file_key is not None]
    return DeskFile(small, result.state_key if result else None, keys)


def _own_halves(db: Session, safe: Safe, consultation: Consultation, officer: Officer) -> list[dict[str, Any]]:
    """The officer's own halves that are still here; afterwards each brings the copy that they confirmed."""
    found = []
    for key in custody.list_keys(db, consultation.id):
        copy = custody.copy_of(db, key.id, officer.id)
        if copy is not None and copy.file_name is not None:
            found += json.loads((safe.halves / copy.file_name).read_text("utf-8"))["halves"]
    return found


def _text(db: Session, consultation: Consultation, purpose: str) -> str | None:
    newest = custody.newest_file(db, consultation.id, purpose)
    return store().read(newest.file_key).decode() if newest and newest.file_key else None


def call_of(safe: Safe, consultation: Consultation) -> dict[str, Any]:
    """What an officer needs to make the key of a consultation; its title in the language of the page. Raises SafeKeyMissing."""
    check_knows_safe(safe)
    return {
        "format": "consult-call",
        "version": 1,
        "installation": safe.between.installation,
        "host": safe.between.host,
        "consultation": consultation.slug,
        "title": consultation.title.shown().text,
        "safe": b64(safe.public),
        "main": b64(safe.our_public),
    }
