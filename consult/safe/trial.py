"""A whole safe in a temporary folder, with a main and officers of its own: for `self-check`, the demonstration and tests.

Nothing here is used by an installation: its officers make their keys in the custodian file, main signs with its own key.
"""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from consult.core import clock, crypto, exchange
from consult.core.crypto import b64
from consult.core.exchange import Between
from consult.safe.pins import load_secrets
from consult.safe.setting_up import set_up
from consult.safe.settings import SafeSettings
from consult.safe.ticking import House, keep_house

SENTENCE = "The Government has built bridges in the north and will report on the others."


@dataclass(frozen=True)
class TrialOfficer:
    """An officer whose keys we hold."""

    name: str
    institution: str = "Office of the Ombudsperson"
    in_ministry: bool = False
    seed: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    @property
    def box(self) -> tuple[bytes, bytes]:
        """(public, secret) to open."""
        return crypto.officer_pairs(self.seed)[0]

    @property
    def sign(self) -> tuple[bytes, bytes]:
        """(public, secret) to sign."""
        return crypto.officer_pairs(self.seed)[1]

    @property
    def fingerprint(self) -> str:
        """What people compare."""
        return crypto.fingerprint(self.box[0], self.sign[0])

    @property
    def card(self) -> str:
        """The signed public card."""
        content = {"name": self.name, "institution": self.institution, "in_ministry": self.in_ministry}
        keys = {"box": b64(self.box[0]), "sign": b64(self.sign[0])}
        return crypto.sign("card", {**content, **keys}, self.sign[1])


@dataclass
class Trial:
    """Main, two officers and a consultation key, beside a safe."""

    settings: SafeSettings
    installation: str = field(default_factory=lambda: secrets.token_hex(8))
    main_seed: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    key_seeds: list[bytes] = field(default_factory=lambda: [secrets.token_bytes(32)], repr=False)
    officers: list[TrialOfficer] = field(default_factory=lambda: [TrialOfficer("A. Reyes"), TrialOfficer("B. Okoro")])
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def main(self) -> tuple[bytes, bytes]:
        """Main's (public, secret) to sign."""
        return crypto.sign_pair(self.main_seed)

    @property
    def between(self) -> Between:
        """Which two sides files are for."""
        return self.settings.between(self.installation)

    @property
    def house(self) -> House:
        """Safe."""
        return House.load(self.settings)

    def key(self, number: int = 1) -> tuple[bytes, bytes]:
        """(public, secret) of a consultation key."""
        return crypto.box_pair(self.key_seeds[number - 1])

    def opening(self, consultation: str, ends: tuple[int | None, ...] = (None,)) -> str:
        """A signed opening with as many keys as there are ends."""
        keys = [
            {"number": at + 1, "public": b64(self.key(at + 1)[0]), "last_release": end} for at, end in enumerate(ends)
        ]
        sides = {"safe": b64(load_secrets(self.settings.data).public), "main": b64(self.main[0])}
        content = {"keys": keys, "officers": [officer.fingerprint for officer in self.officers], **sides}
        return self._signed("opening", consultation, len(ends), content, self.officers[0].sign[1])

    def stop(self, consultation: str, key: int, last_release: int) -> str:
        """A signed stop of a key."""
        return self._signed(
            "stop", consultation, 1, {"key": key, "last_release": last_release}, self.officers[1].sign[1]
        )

    def _signed(self, purpose: str, consultation: str, number: int, content: dict[str, Any], secret: bytes) -> str:
        return exchange.signed_file(purpose, self.between, consultation, number, content, secret)

    def put(self, purpose: str, consultation: str, content: dict[str, Any], *, number: int = 0) -> Path:
        """Lay a file into safe's folder in, under the next number if none is said. Returns where it lies."""
        at = (purpose, consultation)
        number = number or self.numbers.get("/".join(at), 0) + 1
        self.numbers["/".join(at)] = max(number, self.numbers.get("/".join(at), 0))
        secret = self.officers[0].sign[1] if purpose == exchange.CELLS else self.main[1]
        text = self._signed(purpose, consultation, number, content, secret)
        return exchange.put(Path(self.settings.in_folder), purpose, consultation, number, text)

    def manifest(self, consultation: str = "upr", **changes: Any) -> dict[str, Any]:
        """A manifest of an open round on a draft of three paragraphs."""
        now = datetime.now(UTC)
        titles = {"en": "Draft national report", "ar": "مشروع التقرير الوطني", "zh": "国家报告草稿"}
        paragraphs = [
            {"ref": "h-i", "kind": "heading", "texts": {"en": "I. Roads and bridges", "ar": "أولاً- الطرق والجسور"}}
        ]
        paragraphs += [
            {
                "ref": str(number),
                "kind": "paragraph",
                "texts": {"en": SENTENCE, "ar": "شيّدت الحكومة جسوراً."},
            }
            for number in range(1, 4)
        ]
        made: dict[str, Any] = {
            "titles": titles,
            "languages": ["en", "ar", "zh"],
            "round": 1,
            "opens_at": (now - timedelta(days=2)).strftime("%Y-%m-%dT%H:%MZ"),
            "closes_at": (now + timedelta(days=30)).strftime("%Y-%m-%dT%H:%MZ"),
            "zone": "UTC",
            "terms": {"en": "Everyone may comment."},
            "version": 1,
            "paragraphs": paragraphs,
            "opening": self.opening(consultation),
            "stops": [],
            "cards": [officer.card for officer in self.officers],
            "officers_note": {"en": "The fingerprints are printed in the call for comments."},
            "main_address": "",
            "onion": "",
            "received": 0,
            "state": "open",
        }
        return made | changes

    def cell(self, consultation: str, thread: bytes, *, by: int = 0, number: int = 1, **content: Any) -> bytes:
        """A sealed cell for a thread, signed by an officer."""
        said = {"thread": b64(thread), "messages": [], "state": "received", "comment": "", "leaf": "", "place": 0}
        signed = self._signed("cell", consultation, number, {**said, "path": [], **content}, self.officers[by].sign[1])
        return crypto.seal_cell(signed.encode(), thread)

    def open_batch(self, path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """(content of a batch, the bodies of its items as the custodian file would open them)."""
        found = next(one for one in exchange.look(path.parent, exchange.BATCH) if one.path == path)
        public = self.house.secret.public
        content = exchange.opened_file(
            found.text(), exchange.BATCH, self.between, found.consultation, found.number, [public]
        )
        pair = self.key(content["key"])
        bodies = [
            crypto.from_json(crypto.unpad(crypto.unseal(crypto.unb64(one["sealed"]), *pair)))
            for one in content["items"]
        ]
        return content, bodies


def set_up_trial(settings: SafeSettings, *consultations: str) -> Trial:
    """A whole safe with test officers, its consultations picked up and open."""
    trial = Trial(settings)
    set_up(settings, trial.installation, trial.main[0], [officer.card for officer in trial.officers])
    for name in consultations:
        trial.put(exchange.MANIFEST, name, trial.manifest(name))
    keep_house(trial.house, now=clock.now())
    return trial
