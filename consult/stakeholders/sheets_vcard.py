"""Cards of an address book (vCard 2.1, 3.0, 4.0) as rows of a list. Nothing that a card points at is ever fetched.

Read line by line and never nested: a card is a flat list of properties, and what we do not keep is skipped unread.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from consult.core.forms import cleaned_line, cleaned_text
from consult.core.i18n import is_installed
from consult.stakeholders.models_import import IMPORT_ROWS_MAX
from consult.stakeholders.sheets_refusals import SheetEmpty, SheetTooLong
from consult.stakeholders.sheets_vcard_lines import Property, read_properties, unescaped
from consult.stakeholders.sheets_vcard_refusals import CardNested, CardOpen, CardOutside

CELL_MAX = 2_000  # characters; the rest is not looked at
ALSO_MAX = 20  # languages of a card
KEPT = frozenset({"FN", "N", "ORG", "TITLE", "ROLE", "EMAIL", "TEL", "ADR", "LANG", "KIND", "X-ABSHOWAS", "NOTE"})
ABOUT_THE_CARD = frozenset(
    {"BEGIN", "END", "VERSION", "PRODID", "REV", "UID", "CLIENTPIDMAP"}
)  # says nothing of anybody
KINDS = {"individual": "person", "org": "organisation"}  # any other is refused as a kind that we do not know
ORDER_OF_NAMES = (3, 1, 2, 0, 4)  # prefix, given, additional, family, suffix; for a card without a written name
IGNORED_MAX = 50  # names of properties shown


@dataclass(frozen=True, slots=True)
class Cards:
    """The cards of a file: (line on which each begins, cells by our column names), and the properties left out."""

    rows: list[tuple[int, dict[str, str]]]
    ignored: list[str]


@dataclass(slots=True)
class _Card:
    line: int
    properties: dict[str, list[Property]] = field(default_factory=dict)

    def keep(self, one: Property) -> str:
        """Keep a property: the preferred of several, but every language. Returns what was left out for it."""
        seen = self.properties.setdefault(one.name, [])
        if not seen or (one.name == "LANG" and len(seen) < ALSO_MAX):
            seen.append(one)
            return ""
        if one.preference < seen[0].preference:
            seen[0] = one
        return f"{one.name} (2)"

    def words(self, name: str) -> str:
        """The first value of a property, or nothing."""
        found = self.properties.get(name)
        return found[0].words if found else ""


def is_cards(content: bytes) -> bool:
    """Whether a file begins as one of cards does, in any encoding that we read."""
    head = content[:200].replace(b"\x00", b"")  # UTF-16
    return head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").upper().startswith(b"BEGIN:VCARD")


def read_cards(content: bytes) -> Cards:
    """Each card as a row of a list: line on which it begins, and cells by our column names.

    Raises SheetTooLong, SheetEmpty, CardNested, CardOpen, CardOutside, and what read_properties raises.
    """
    ignored: dict[str, None] = {}
    rows = []
    for number, card in enumerate(_cards(content, ignored)):
        if number == IMPORT_ROWS_MAX:
            raise SheetTooLong(limit=IMPORT_ROWS_MAX)
        cells = _cells(card)
        if cells.keys() - {"kind"}:
            rows.append((card.line, cells))
    if not rows:
        raise SheetEmpty
    return Cards(rows, list(ignored))


def _cards(content: bytes, ignored: dict[str, None]) -> Iterator[_Card]:
    card: _Card | None = None
    for one in read_properties(content, KEPT | {"BEGIN", "END"}):
        if one.name == "BEGIN":
            if card is not None:
                raise CardNested(line=one.line)
            card = _Card(one.line)
        elif card is None:
            raise CardOutside(line=one.line)
        elif one.name == "END":
            yield card
            card = None
        else:
            left_out = card.keep(one) if one.name in KEPT else one.name
            if left_out and left_out not in ABOUT_THE_CARD and len(ignored) < IGNORED_MAX:
                ignored.setdefault(cleaned_line(left_out)[:60])
    if card is not None:
        raise CardOpen(line=card.line)


def _cells(card: _Card) -> dict[str, str]:
    organisation = ", ".join(part for part in _parts(card.words("ORG")) if part)
    name = unescaped(card.words("FN")) or _name_of_parts(card.words("N")) or organisation
    kind = _kind(card, cleaned_line(name), cleaned_line(organisation))
    about = ["" if kind == "organisation" else organisation]
    about += [unescaped(card.words(part)) for part in ("TITLE", "ROLE", "NOTE")]
    language, also = _languages(card)
    cells = {
        "name": cleaned_line(name[:CELL_MAX]),
        "kind": kind,
        "email": cleaned_line(unescaped(card.words("EMAIL"))[:CELL_MAX]),
        "phone": _phone(unescaped(card.words("TEL"))),
        "postal_address": _address(card.words("ADR")),
        "language": language,
        "also_languages": ",".join(also),
        "note": cleaned_text("\n".join(part for part in about if part)[:CELL_MAX]),
    }
    return {column: words for column, words in cells.items() if words}


def _kind(card: _Card, name: str, organisation: str) -> str:
    said = cleaned_line(card.words("KIND")).casefold()
    if said:
        return KINDS.get(said, said[:40])
    as_company = cleaned_line(card.words("X-ABSHOWAS")).casefold() == "company"
    return "organisation" if as_company or (organisation and name == organisation) else "person"


def _parts(value: str) -> list[str]:
    """The parts between semicolons that stand for themselves."""
    parts, current, at = [], [""], 0
    while at < len(value):
        if value[at] == "\\":
            current.append(value[at : at + 2])
            at += 2
            continue
        if value[at] == ";":
            parts.append("".join(current))
            current = []
        else:
            current.append(value[at])
        at += 1
    return [unescaped(part).strip() for part in [*parts, "".join(current)]]


def _name_of_parts(value: str) -> str:
    parts = _parts(value)
    return " ".join(parts[place] for place in ORDER_OF_NAMES if place < len(parts) and parts[place])


def _address(value: str) -> str:
    parts = [cleaned_line(part) for part in _parts(value)[:7]]
    box, extended, street, locality, region, code, country = [*parts, *[""] * (7 - len(parts))]
    town = " ".join(part for part in (code, locality) if part)
    return "\n".join(part for part in (extended, street, box, town, region, country) if part)[:CELL_MAX]


def _phone(value: str) -> str:
    bare = value[4:] if value[:4].casefold() == "tel:" else value
    return cleaned_line(bare.split(";")[0][:CELL_MAX])


def _languages(card: _Card) -> tuple[str, list[str]]:
    """The one to write in, and others: of those we have. Where we have none of them, the first as it stands there."""
    said = sorted(card.properties.get("LANG", ()), key=lambda one: one.preference)
    tags = [cleaned_line(one.words)[:40] for one in said]
    ours = [code for tag in tags for code in (tag, tag.split("-")[0].casefold()) if is_installed(code)]
    ours = list(dict.fromkeys(ours))
    return (ours[0], sorted(ours[1:])) if ours else (tags[0] if tags else "", [])
