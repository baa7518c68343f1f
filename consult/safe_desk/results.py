"""Reading what an officer decided. Only public versions are in it; the sealed state goes back to the next officer unopened.

Source: docs/decisions/0012-sealed-formats.md, desk file and result
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from consult.core import crypto, exchange
from consult.core.crypto import Unreadable
from consult.core.forms import cleaned_text
from consult.core.i18n import is_installed
from consult.core.ids import ALPHABET
from consult.custody.models import Officer
from consult.custody.rules import FileWrong
from consult.custody.sides import Safe
from consult.custody.signed_files import is_number, list_of, number_of, read_signed, text_of
from consult.rounds.models import REF_LENGTH, Consent
from consult.rounds.operations_nameless import Released
from consult.safe_desk.models import STATE_MAX

REF = re.compile(f"[{ALPHABET}]{{{REF_LENGTH}}}")
# What its author allows, as the desk passes it on: words may be shown, or the team reads and answers them only.
CONSENTS = {
    "verbatim": Consent.WITHOUT_NAME,
    "paraphrase": Consent.WITHOUT_NAME,  # the officer has put it into other words
    "internal": Consent.NOT_PUBLISHED,
}
CELL_SEALED = len(crypto.b64(bytes(crypto.CELL)))  # characters


@dataclass(frozen=True, slots=True)
class Result:
    """A result file whose signature, place and shape are right."""

    number: int
    digest: str
    batches: list[int]
    released: dict[tuple[int, int], list[Released]]  # by round and version
    withdrawn: list[str]
    closes: bool
    cells: str | None  # signed for safe
    cells_number: int
    state: str
    final_root: bytes | None


def read_result(content: bytes, safe: Safe, consultation: str, officer: Officer) -> Result:
    """What an officer signed for this consultation. Raises FileWrong."""
    try:
        text = content.decode()
        told = read_signed(text, "result", safe.between, consultation, officer)
        cells, cells_number = _cells(told, safe, consultation, officer)
        final = told.get("final")
        root = crypto.unb64(final.get("root"), 32) if isinstance(final, dict) else None
        state = text_of(told, "state")
        crypto.unb64(state)
    except (Unreadable, UnicodeDecodeError) as problem:
        raise FileWrong from problem
    closes, batches = told.get("closing", False), list_of(told, "batches")
    withdrawn = list_of(told, "withdrawn")
    if told.get("officer") != officer.fingerprint or not isinstance(closes, bool) or len(state) > STATE_MAX:
        raise FileWrong
    if not all(is_number(one) for one in batches) or not all(_is_ref(one) for one in withdrawn):
        raise FileWrong
    return Result(
        number=number_of(told, "number"),
        digest=hashlib.sha256(content).hexdigest(),
        batches=batches,
        released=_released(list_of(told, "release")),
        withdrawn=sorted(set(withdrawn)),
        closes=closes,
        cells=cells,
        cells_number=cells_number,
        state=state,
        final_root=root,
    )


def _is_ref(value: Any) -> bool:
    return isinstance(value, str) and REF.fullmatch(value) is not None


def _released(listed: list[Any]) -> dict[tuple[int, int], list[Released]]:
    found: dict[tuple[int, int], list[Released]] = {}
    refs = set()
    for one in listed:
        ref, language = text_of(one, "ref"), text_of(one, "language")
        consent = CONSENTS.get(text_of(one, "use"))
        if not _is_ref(ref) or ref in refs or not is_installed(language) or consent is None:
            raise FileWrong
        refs.add(ref)
        text, suggestion, evidence = (cleaned_text(text_of(one, name)) for name in ("text", "suggestion", "evidence"))
        made = Released(ref, text_of(one, "paragraph"), language, text, suggestion, evidence, consent)
        found.setdefault((number_of(one, "round"), number_of(one, "version")), []).append(made)
    return found


def _cells(told: dict[str, Any], safe: Safe, consultation: str, officer: Officer) -> tuple[str | None, int]:
    """The signed text for safe, as it is, and its number. We see that it is whole, and can read none of it."""
    if told.get("cells") is None:
        return None, 0
    text = text_of(told, "cells")
    inside = read_signed(text, exchange.CELLS, safe.between, consultation, officer)
    rows = list_of(inside, "cells")
    ids = []
    for row in rows:
        if not isinstance(row, list) or len(row) != 2 or not isinstance(row[1], str) or len(row[1]) != CELL_SEALED:
            raise FileWrong
        ids.append(crypto.unb64(row[0], 16))
    if ids != sorted(set(ids)):
        raise FileWrong
    return text, number_of(inside, "number")
