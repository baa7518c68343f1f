"""The two files of protected entries: what an officer hands in, and what an officer is handed. Source: decision 0012, Protected entry."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from consult.core import crypto
from consult.core.crypto import Unreadable
from consult.core.i18n import languages
from consult.core.ids import ALPHABET
from consult.custody import queries, sides
from consult.custody.models import SEALED_ENTRY, Officer
from consult.custody.queries_sealed import sealed_for
from consult.custody.rules import FileOld, FileWrong
from consult.custody.signed_files import list_of, number_of, text_of
from consult.stakeholders.models import SENSITIVE_CATEGORIES, Basis, Stakeholder, StakeholderKind
from consult.vocabularies import tables

FORMAT_IN, FORMAT_OUT = "consult-entries", "consult-entries-out"
MANY = 200  # entries in one file
ENTRIES_MAX = 8_000_000  # bytes of a file that is handed in: two hundred for seven officers
REF = re.compile(f"[{ALPHABET}]{{10}}")
TOLD = ("letter", "phone", "email", "meeting")  # how they told an officer why we may write; "" = nothing new was told


@dataclass(frozen=True, slots=True)
class Handed:
    """One entry as an officer hands it in: what stands open in the registry, and the sealed copies by fingerprint."""

    ref: str
    edition: int
    kind: StakeholderKind
    category: str
    language: str
    basis: Basis
    how: str
    stand: str  # what stood open when it was fetched, as `stand_of` names it; "" of a new one
    copies: Mapping[str, bytes]

    @property
    def is_new(self) -> bool:
        """Whether this is the first that main hears of it."""
        return self.edition == 1


def read_entries(content: str, installation: str, by: Officer) -> list[Handed]:
    """The entries of a file that this officer signed for this installation, in the order of their codes. Raises FileWrong."""
    try:
        whole = crypto.from_json(content.encode())
        if (whole.get("format"), whole.get("version")) != (FORMAT_IN, 1):
            raise FileWrong
        told, _ = crypto.verify(text_of(whole, "signed"), "entries", [by.sign])
        if told.get("installation") != installation:
            raise FileWrong
        pairs = list(zip(list_of(told, "entries"), list_of(whole, "sealed"), strict=True))
        found = [_handed(one, copies) for one, copies in pairs]
    except (Unreadable, ValueError) as problem:
        raise FileWrong from problem
    if not 0 < len(found) <= MANY or len({one.ref for one in found}) < len(found):
        raise FileWrong
    return sorted(found, key=lambda one: one.ref)


def _handed(told: Any, copies: Any) -> Handed:
    """Raises FileWrong, Unreadable, ValueError."""
    ref, how, edition = text_of(told, "ref"), text_of(told, "how"), number_of(told, "edition")
    if told.get("wording", "") != "":  # an earlier custodian file: free words do not stand in clear beside a code
        raise FileOld
    if not REF.fullmatch(ref) or how not in (TOLD if edition == 1 else ("", *TOLD)):
        raise FileWrong
    return Handed(
        ref=ref,
        edition=edition,
        kind=StakeholderKind(text_of(told, "kind")),
        category=text_of(told, "category"),
        language=text_of(told, "language"),
        basis=Basis(text_of(told, "basis")),
        how=how,
        stand="" if edition == 1 else text_of(told, "stand"),
        copies=_copies(told.get("copies"), copies),
    )


def _copies(digests: Any, sealed: Any) -> dict[str, bytes]:
    """The sealed copies, each as its signed digest says. Raises FileWrong, Unreadable."""
    if not isinstance(digests, dict) or not isinstance(sealed, dict) or digests.keys() != sealed.keys():
        raise FileWrong
    found = {one: crypto.unb64(text_of(sealed, one), SEALED_ENTRY) for one in sealed}
    if any(crypto.b64(hashlib.sha256(copy).digest()) != digests[one] for one, copy in found.items()):
        raise FileWrong
    if any(not copy.startswith(crypto.PREFIX) for copy in found.values()):
        raise FileWrong
    return found


def stand_of(entry: Stakeholder) -> str:
    """A name for what stands open of an entry: another one as soon as the entry's owner or staff changed any of it."""
    stands = (entry.category, entry.language, entry.basis.value, entry.left_at is not None)
    return crypto.b64(hashlib.sha256(json.dumps(stands).encode()).digest()[:12])


def entry_file(
    db: Session,
    officer: Officer,
    entries: Sequence[Stakeholder],
    deliveries: Mapping[str, Sequence[Mapping[str, object]]] | None = None,
) -> str:
    """What an officer takes to the custodian file: their copies of entries, and by code what is to be delivered.

    A delivery is `{"id", "language", "subject", "text"}`.  Without entries the file holds what a new one needs: the officers'
    cards, those that wait, categories and languages.  Raises KeyError for an entry of which there is no copy for them.
    """
    copies = sealed_for(db, [one.id for one in entries], officer)
    return json.dumps(
        {
            "format": FORMAT_OUT,
            "version": 1,
            "installation": sides.here().installation,
            "host": sides.here().host,
            "officer": officer.fingerprint,
            "cards": [one.card for one in queries.list_serving(db)],
            "earlier": [one.card for one in queries.list_ended(db)],
            "waiting": [one.card for one in queries.list_handed_in(db)],
            "appointments": queries.list_appointments(db),
            "categories": [
                {"code": code, "names": _names(one), "persons": code not in SENSITIVE_CATEGORIES}
                for code, one in tables.categories().items()
            ],
            "languages": [{"code": one.code, "name": one.name} for one in languages()],
            "entries": [
                {
                    "ref": one.ref,
                    "edition": copies[one.id].edition,
                    "kind": one.kind.value,
                    "category": one.category,
                    "language": one.language,
                    "basis": one.basis.value,
                    "left": one.left_at is not None,
                    "stand": stand_of(one),
                    "sealed": crypto.b64(copies[one.id].sealed),
                }
                for one in entries
            ],
            "deliveries": {ref: list(some) for ref, some in (deliveries or {}).items()},
        },
        ensure_ascii=False,
    )


def _names(category: tables.Entry) -> dict[str, str]:
    return {one.code: category.name(one.code) for one in languages()}
