"""A draft as we read it: blocks in order, each with its number, text and notes. Plain values, no database."""

import re
import unicodedata
from collections import Counter
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
         (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip


REF_KEPT = 34  # characters of a ref: a hostile list could make any length, and the column holds 40
MULTI = re.compile(r"\d+(?:\.\d+)+")  # a number of several levels: "1.2"
NOTE_MARK = "\ue000"  # stands in a block's html where a note is called; private to us, in no font


class Kind(StrEnum):
    """What a block of the text is."""

    FRONT = "front"
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    SUB_ITEM = "sub_item"
    BULLET = "bullet"
    CONTINUATION = "continuation"
    TABLE = "table"


class NoteKind(StrEnum):
    """Where a note stands in the file; a custom mark (the * on a cover) is outside the numbered series."""

    FOOTNOTE = "footnote"
    ENDNOTE = "endnote"
    CUSTOM = "custom"


class Doubt(StrEnum):
    """Why a person should look at a place."""

    CUT = "cut"  # begins in the middle of a sentence
    HEADING = "heading"  # a short bold line without a heading style
    AGAIN = "again"  # a number that stood before
    GAP = "gap"  # a number is missing before it
    RESTARTED = "restarted"  # a list that begins at 1 again inside the text
    CHAPTER = "chapter"  # the report's own numbers begin at 1 again under a heading
    NUMBER = "number"  # an unnumbered line that begins with the number that comes next
    LONG = "long"  # a heading as long as a paragraph
    NO_NOTE = "no_note"  # a mark whose note has no text


@dataclass(slots=True)
class Note:
    """A footnote or endnote: the mark as shown, its number in the series (None for a custom mark), its text."""

    mark: str
    kind: NoteKind
    number: int | None
    text: str
    html: str


@dataclass(slots=True)
class Block:
    """One block of a draft. `text` is without number and note marks; `html` has NOTE_MARK where each note is called, in order."""

    kind: Kind
    text: str
    html: str
    number: int | None = None  # of a paragraph, or of an item of an annex
    label: str = ""  # as it stood before the text: "(a)", "III.", "12."
    level: int = 0  # of a heading, sub-item or bullet: 1 is the highest
    annex: int = 0  # 0 = the report itself; 1, 2, ... = annexes
    group: int = 0  # within an annex, up by one each time its numbering restarts
    notes: list[Note] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)


@dataclass(slots=True)
class Warning:
    """Something left out or uncertain: code, place in words ("paragraph 26"), and the text it is about."""

    code: str
    place: str
    text: str


@dataclass(slots=True)
class Document:
    """A whole draft in one language."""

    language: str
    blocks: list[Block]
    warnings: list[Warning] = field(default_factory=list)
    toc_entries: int = 0

    def to_json(self) -> dict[str, Any]:
        """The document as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Document":
        """The document that `to_json()` stored."""
        return cls(
            language=stored["language"],
            blocks=[_block(values) for values in stored["blocks"]],
            warnings=[Warning(**values) for values in stored["warnings"]],
            toc_entries=stored["toc_entries"],
        )


def _block(values: dict[str, Any]) -> Block:
    notes = [Note(**{**note, "kind": NoteKind(note["kind"])}) for note in values["notes"]]
    doubts = [Doubt(doubt) for doubt in values["doubts"]]
    return Block(**{**values, "kind": Kind(values["kind"]), "notes": notes, "doubts": doubts})


def roman(number: int) -> str:
    """A number in small Roman letters: 4 -> "iv"."""
    letters = ""
    for value, sign in ROMAN:
        times, number = divmod(number, value)
        letters += sign * times
    return letters


def refs(blocks: list[Block]) -> list[str]:
    """The public reference of each block, unique in the document: 47, 62a, annex1-3, h-iv, t2.

    What no person would name (bullets, continuations, front matter) hangs on what it belongs to: 12-b1, 12-c1.
    Source: DESIGN section 1.
    """
    wanted: list[str] = []
    owner, item, chapter = "0", "", [0, 0]
    tables = 0
    in_front = True  # a table before the first heading is the masthead of the cover: no one comments on it
    hanging: Counter[str] = Counter()
    for block in blocks:
        in_front = in_front and block.kind in (Kind.FRONT, Kind.TABLE)
        if block.kind is Kind.HEADING:
            chapter = [chapter[0] + 1, 0] if block.level <= 1 else [chapter[0], chapter[1] + 1]
            ref = f"h-{roman(chapter[0]) or '0'}" + (f"-{chapter[1]}" if chapter[1] else "")
            owner = item = ref
        elif block.kind is Kind.PARAGRAPH:
            owner = item = ref = _number_ref(block)
        elif block.kind is Kind.SUB_ITEM:
            if is_multi(block.label) and block.label.split(".")[0] == owner:
                wanted.append(block.label.strip("."))
                item = wanted[-1]
                continue
            tail = "".join(ch for ch in unicodedata.normalize("NFKC", block.label) if ch.isalnum()).lower()
            base = item if block.level > 1 and item != owner else owner
            ref = (
                f"{base}-{tail}"
                if base != owner or tail.isdecimal() or not owner[-1:].isdecimal()
                else f"{owner}{tail}"
            )
            if block.level <= 1:
                item = ref
        elif block.kind is Kind.TABLE and not in_front:
            tables += 1
            ref = f"t{tables}"
        else:
            sign = {Kind.BULLET: "b", Kind.CONTINUATION: "c"}.get(block.kind, "f")
            hanging[owner + sign] += 1
            ref = f"{owner}-{sign}{hanging[owner + sign]}"
        wanted.append(ref)
    return _unique([ref[:REF_KEPT] for ref in wanted])


def is_multi(label: str) -> bool:
    """Whether a label is a number of several levels: "1.2", "1.2.1."."""
    return MULTI.fullmatch(label.strip(".")) is not None


def _number_ref(block: Block) -> str:
    number = block.label.strip(".") if is_multi(block.label) else str(block.number)
    if not block.annex:
        return number
    group = f"-{block.group}" if block.group > 1 else ""
    return f"annex{block.annex}{group}-{number}"


def _unique(wanted: list[str]) -> list[str]:
    seen: Counter[str] = Counter()
    taken = set(wanted)
    made = []
    for ref in wanted:
        seen[ref] += 1
        if seen[ref] == 1:
            made.append(ref)
            continue
        again = f"{ref}.{seen[ref]}"
        while again in taken:
            seen[ref] += 1
            again = f"{ref}.{seen[ref]}"
        taken.add(again)
        made.append(again)
    return made


def body_begins(blocks: list[Block]) -> int:
    """The place of the first block that is not front matter (the masthead's table is)."""
    return next(
        (place for place, block in enumerate(blocks) if block.kind not in (Kind.FRONT, Kind.TABLE)), len(blocks)
    )


def places(blocks: list[Block]) -> list[str]:
    """Where each block stands, in words: "paragraph 2", "annex 1, group 2, item 1", "heading I. Overview", "table 1"."""
    found = []
    owner, tables = "front matter", 0
    for block in blocks:
        if block.kind is Kind.HEADING:
            owner = "heading " + " ".join(part for part in (block.label, block.text) if part)
        elif block.kind is Kind.PARAGRAPH:
            owner = (
                f"annex {block.annex}, group {block.group}, item {block.number}"
                if block.annex
                else f"paragraph {block.number}"
            )
        elif block.kind is Kind.TABLE:
            tables += 1
            found.append(f"table {tables}")
            continue
        found.append(owner)
    return found
