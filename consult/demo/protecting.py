"""The demonstration's protected entries: sealed by an officer as the custodian file does, handed messages, and looked for afterwards."""

import hashlib
from pathlib import Path
from typing import Any

from consult.core import clock, crypto, ids
from consult.core.crypto import b64
from consult.core.db import writing
from consult.custody.operations_sealed import take_entries
from consult.custody.sealed_files import FORMAT_IN
from consult.custody.sides import here
from consult.demo.content_files import scripted_registry
from consult.demo.nameless import Nameless
from consult.demo.visiting import Astray
from consult.mail.models_delivery import DeliveryState
from consult.mailings.operations_deliveries import close_delivery, fetch_deliveries, list_to_deliver
from consult.safe.scanning import find_traces, spellings
from consult.safe.trial import TrialOfficer

TELLS = ("name", "phone", "people", "note")  # of what is sealed; the rest is codes that stand everywhere
OPEN = ("kind", "category", "language", "basis", "how")


def make_entries(people: Nameless) -> None:
    """The first officer makes the protected entries, sealed to every officer, and hands them in."""
    maker = people.officers[0]
    made = [_sealed(one, people.officers) for one in scripted_registry()["protected"]]
    told = {"installation": here().installation, "entries": [one for one, _copies in made]}
    signed = crypto.sign("entries", told, maker.sign[1])
    copies = [{who: b64(copy) for who, copy in some.items()} for _one, some in made]
    content = crypto.as_json({"format": FORMAT_IN, "version": 1, "signed": signed, "sealed": copies}).decode()
    with writing() as db:
        _found, officer, by = people.at(db, 0)
        take_entries(db, here().installation, content, officer=officer, by=by, now=clock.now())


def _sealed(one: dict[str, Any], officers: list[TrialOfficer]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What stands open of an entry, with digests of its copies; and the copies, by fingerprint."""
    ref = ids.random_code()
    known = sorted(officer.fingerprint for officer in officers)
    inside = {"installation": here().installation, "entry": ref, "edition": 1, "officers": known, **one["told"]}
    padded = crypto.pad(crypto.sign("entry", inside, officers[0].sign[1]).encode(), crypto.PADDED[:1])
    copies = {officer.fingerprint: crypto.seal(padded, officer.box[0]) for officer in officers}
    digests = {who: b64(hashlib.sha256(copy).digest()) for who, copy in copies.items()}
    said = {name: one[name] for name in OPEN}
    return {"ref": ref, "edition": 1, "copies": digests, **said}, copies


def hand_over(people: Nameless) -> None:
    """The first officer fetches all messages that wait, and notes of each that it was handed over. Raises Astray where none waits."""
    with writing() as db:
        _found, officer, by = people.at(db, 0)
        fetch_deliveries(db, officer, by=by, now=clock.now())
        fetched = [one for one, _entry in list_to_deliver(db, now=clock.now()) if one.state is DeliveryState.HANDED_OUT]
        if not fetched:
            raise Astray("no message could be handed over")
        for one in fetched:
            close_delivery(db, one, reached=True, by=by, now=clock.now())


def find_open(folder: Path) -> list[str]:
    """What tells who a protected person is in any file of the demonstration: the database, mails, exports."""
    known = {
        f"{name} of protected entry {number}": spellings(one["told"][name])
        for number, one in enumerate(scripted_registry()["protected"], 1)
        for name in TELLS
        if one["told"][name]
    }
    return [f"{one.canary} stands in {Path(one.place).name}" for one in find_traces([folder], known)]
