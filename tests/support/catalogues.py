"""Writes the catalogues again from the code: new messages come in empty, messages that nobody says any more go.

`make catalogues` does it, and says what waits for its translation. English is what the code says.
"""

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from tests.support.server import ROOT

COMPLETE = ("en", "ar", "zh")
KEYWORDS = {"_": None, "_l": None, "_n": (1, 2), "gettext": None, "ngettext": (1, 2)}
WIDTH = 120  # characters a line


def extract() -> list[str | tuple[str, str]]:
    """Every message of code and templates, as gettext sees it; one with a number as (singular, plural)."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as mapping:
        methods, options = parse_mapping_cfg(mapping)
    rows = extract_from_dir(ROOT, methods, options, keywords=KEYWORDS, directory_filter=_is_ours)
    return list({message: True for _file, _line, message, _comments, _context in rows})


def _is_ours(folder: str) -> bool:
    parts = Path(folder).relative_to(ROOT).parts
    return parts[:1] in (("consult",), ("templates",)) and "translations" not in parts


def path_of(code: str) -> Path:
    return ROOT / "consult" / "translations" / code / "LC_MESSAGES" / "messages.po"


def read(code: str) -> Catalog:
    return read_po(BytesIO(path_of(code).read_bytes()), locale=code)


def strings(message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, (tuple, list)) else (message.string,)


def write(code: str, have: Catalog) -> None:
    """Write a catalogue under the head that stands in its file."""
    path = path_of(code)
    head = path.read_bytes().split(b"\n\n", 1)[0]
    made = BytesIO()
    write_po(made, have, width=WIDTH, no_location=True, omit_header=True, sort_output=True)
    path.write_bytes(head + b"\n\n" + made.getvalue().strip() + b"\n")


def update(code: str) -> list[str | tuple[str, str]]:
    """Bring one catalogue to what the code says. Returns the messages that wait for their translation."""
    have, wanted = read(code), extract()
    for stale in {message.id for message in have if message.id} - set(wanted):
        have.delete(stale)
    for message in wanted:
        if have.get(message) is None:
            have.add(message, message if code == "en" else "")
    write(code, have)
    return [message.id for message in have if message.id and not all(strings(message))]


if __name__ == "__main__":
    waiting = {code: update(code) for code in COMPLETE}
    for code, messages in waiting.items():
        for message in messages:
            print(f"{code}: {message}")
    sys.exit(1 if any(waiting.values()) else 0)
