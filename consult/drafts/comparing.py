"""`consult drafts compare`: which paragraph of one file is which of another, for people or as JSON."""

import json
import sys
from bisect import bisect_left
from pathlib import Path
from typing import Any

from consult.core.refusals import Refused
from consult.drafts.alignment import Pair, State, Unit, align
from consult.drafts.document import Block, Document, Kind, refs
from consult.drafts.reading import read_draft
from consult.drafts.reading_package import UPLOAD_MAX

FIRST = 60  # characters that tell a text from others
BELONGING = (Kind.BULLET, Kind.SUB_ITEM, Kind.CONTINUATION)
ANNEX_ITEM = "annex_item"  # an item of an annex is never a paragraph of the report


def units(document: Document) -> list[Unit]:
    """The blocks that are compared: paragraphs with all that belongs to them, headings, tables, items of annexes."""
    found: list[Unit] = []
    heading = ""
    for block, ref in zip(document.blocks, refs(document.blocks), strict=True):
        if block.kind is Kind.HEADING:
            heading = block.text
        if block.kind in BELONGING and found and found[-1].kind in (Kind.PARAGRAPH, ANNEX_ITEM):
            last = found[-1]
            found[-1] = Unit(last.ref, f"{last.text}\n{_with_label(block)}", last.kind, last.heading)
        else:
            kind = ANNEX_ITEM if block.kind is Kind.PARAGRAPH and block.annex else block.kind
            found.append(Unit(ref, block.text, kind, heading if block.kind is not Kind.HEADING else ""))
    return found


def _with_label(block: Block) -> str:
    """The (a) of a sub-item is cited and belongs to its text; the sign of a bullet is a matter of looks."""
    return f"{block.label} {block.text}" if block.kind is Kind.SUB_ITEM else block.text


def compare(old: Document, new: Document) -> dict[str, Any]:
    """The edits between two documents, by numbers of the report's own paragraphs (a number that stands twice: 12, 12.2).

    Keys: number_map_v1_to_v2 (None = deleted), reworded, deleted, inserted, moved, unchanged (how many paragraphs).
    """
    sides = _Side(old), _Side(new)
    rows = [row for row in align(sides[0].units, sides[1].units) if _is_paragraph(row, sides)]
    pairs = [row for row in rows if row.old is not None and row.new is not None]
    after = _Before(rows, sides)
    return {
        "number_map_v1_to_v2": {
            sides[0].units[row.old].ref: sides[1].number(row.new) if row.new is not None else None
            for row in sorted(rows, key=lambda row: row.old or 0)
            if row.old is not None
        },
        "reworded": [
            {"v1": sides[0].number(row.old), "v2": sides[1].number(row.new)}
            for row in sorted(pairs, key=lambda row: row.old or 0)
            if row.state in (State.CHANGED, State.MOVED_CHANGED)
        ],
        "deleted": [
            {"v1": sides[0].number(row.old), "first60": sides[0].text(row.old)[:FIRST]}
            for row in rows
            if row.state is State.DELETED
        ],
        "inserted": [_inserted(row, sides[1], after) for row in rows if row.state is State.NEW],
        "moved": [
            _moved(row, sides, after)
            for row in sorted(pairs, key=lambda row: row.old or 0)
            if row.state in (State.MOVED, State.MOVED_CHANGED)
        ],
        "unchanged": sum(row.state is State.SAME for row in rows),
    }


def _inserted(row: Pair, new: "_Side", after: "_Before") -> dict[str, Any]:
    return {
        "v2": new.number(row.new),
        "after_v1": after.number(row.new),
        "under_heading": new.heading(row.new),
        "text": new.text(row.new),
    }


def _moved(row: Pair, sides: tuple["_Side", "_Side"], after: "_Before") -> dict[str, Any]:
    return {
        "v1": sides[0].number(row.old),
        "v2": sides[1].number(row.new),
        "after_v1": after.number(row.new),
        "heading_v1": sides[0].heading(row.old),
        "heading_v2": sides[1].heading(row.new),
        "text_unchanged": row.state is State.MOVED,
    }


class _Side:
    """One of the two documents, by place of its units."""

    def __init__(self, document: Document) -> None:
        self.units = units(document)
        of_ref: dict[str, Block] = dict(zip(refs(document.blocks), document.blocks, strict=True))
        self.blocks = [of_ref[unit.ref] for unit in self.units]

    def is_paragraph(self, place: int | None) -> bool:
        """Whether a place holds a numbered paragraph of the report itself."""
        return place is not None and self.blocks[place].kind is Kind.PARAGRAPH and not self.blocks[place].annex

    def number(self, place: int | None) -> int:
        """The number of a paragraph."""
        return self.blocks[place].number or 0 if place is not None else 0

    def text(self, place: int | None) -> str:
        """The text of a paragraph, with what belongs to it."""
        return " ".join(self.units[place].text.split()) if place is not None else ""

    def heading(self, place: int | None) -> str:
        """The heading a paragraph stands under."""
        return self.units[place].heading if place is not None else ""


def _is_paragraph(row: Pair, sides: tuple[_Side, _Side]) -> bool:
    return sides[0].is_paragraph(row.old) if row.old is not None else sides[1].is_paragraph(row.new)


class _Before:
    """What old paragraph a place of the new text comes after: the nearest before it that did not move."""

    def __init__(self, rows: list[Pair], sides: tuple[_Side, _Side]) -> None:
        self.anchors = sorted(
            (row.new or 0, sides[0].number(row.old)) for row in rows if row.state in (State.SAME, State.CHANGED)
        )

    def number(self, place: int | None) -> int | None:
        """The number of that paragraph in the old text; None at the very beginning."""
        before = bisect_left(self.anchors, (place or 0, 0))
        return self.anchors[before - 1][1] if before else None


def compare_files(old: Path, new: Path, as_json: bool) -> int:
    """Print the edits between two files. Returns the exit code: 0, or 1 where one cannot be read (the reason goes to stderr)."""
    documents = []
    for path in (old, new):
        try:
            with path.open("rb") as source:
                documents.append(read_draft(source.read(UPLOAD_MAX + 1), name=path.name))
        except OSError as problem:
            print(f"{path.name}: {problem.strerror}", file=sys.stderr)
            return 1
        except Refused as problem:
            print(f"{path.name}: {problem}", file=sys.stderr)
            return 1
    found = compare(*documents)
    print(json.dumps(found, ensure_ascii=False, indent=1) if as_json else _for_people(found))
    return 0


def _for_people(found: dict[str, Any]) -> str:
    lines = [f"Unchanged: {found['unchanged']}"]
    lines += [f"Reworded: {one['v1']} is now {one['v2']}" for one in found["reworded"]]
    lines += [f"Moved: {one['v1']} is now {one['v2']}" for one in found["moved"]]
    lines += [f"Deleted: {one['v1']} {one['first60']}" for one in found["deleted"]]
    lines += [f"New: {one['v2']} {one['text'][:FIRST]}" for one in found["inserted"]]
    return "\n".join(lines)
