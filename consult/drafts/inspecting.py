"""`consult drafts inspect`: how a file is read, for people or as JSON. Needs no settings, key or database."""

import json
import re
import sys
from pathlib import Path
from typing import Any

from consult.core.refusals import Refused
from consult.drafts.document import Block, Document, Kind, NoteKind, Warning, places
from consult.drafts.reading import read_draft
from consult.drafts.reading_package import UPLOAD_MAX

FIRST = 60  # characters of a text that tell it from others
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")


def inspect(document: Document) -> dict[str, Any]:
    """What a document holds: language, counts, headings, first and last paragraphs, sub-items, notes, words, warnings."""
    blocks = document.blocks
    paragraphs = [block for block in blocks if block.kind is Kind.PARAGRAPH and not block.annex]
    return {
        "language": document.language,
        "counts": _counts(document),
        "headings": _headings(blocks),
        "first_paragraphs": [_numbered(block) for block in paragraphs[:8]],
        "last_paragraphs": [_numbered(block) for block in paragraphs[-3:]],
        "sub_items": _sub_items(blocks),
        "note_places": _note_places(blocks),
        "front_matter": [block.text for block in blocks if block.kind is Kind.FRONT],
        "annex_items": [
            {"group": block.group, "number": block.number, "first60": block.text[:FIRST]}
            for block in blocks
            if block.kind is Kind.PARAGRAPH and block.annex
        ],
        "words": count_words(document),
        "warnings": [{"code": one.code, "place": one.place, "text": one.text} for one in warnings_of(document)],
    }


def _counts(document: Document) -> dict[str, Any]:
    blocks = document.blocks
    of = {kind: [block for block in blocks if block.kind is kind] for kind in Kind}
    levels: dict[str, int] = {}
    for heading in sorted(of[Kind.HEADING], key=lambda block: block.level):
        levels[str(heading.level)] = levels.get(str(heading.level), 0) + 1
    notes = [note for block in blocks for note in block.notes]
    return {
        "headings": len(of[Kind.HEADING]),
        "headings_by_level": levels,
        "numbered_paragraphs": sum(not block.annex for block in of[Kind.PARAGRAPH]),
        "sub_items": len(of[Kind.SUB_ITEM]),
        "bullets": len(of[Kind.BULLET]),
        "unnumbered_continuations": len(of[Kind.CONTINUATION]),
        "annex_items": sum(bool(block.annex) for block in of[Kind.PARAGRAPH]),
        "notes": {
            "footnotes": sum(note.kind is NoteKind.FOOTNOTE for note in notes),
            "endnotes": sum(note.kind is NoteKind.ENDNOTE for note in notes),
            "custom_mark": sum(note.kind is NoteKind.CUSTOM for note in notes),
        },
        "tables": len(of[Kind.TABLE]),
        "toc_entries": document.toc_entries,
    }


def _numbered(block: Block) -> dict[str, Any]:
    return {"number": block.number, "first60": block.text[:FIRST]}


def _headings(blocks: list[Block]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for block in blocks:
        if block.kind is Kind.HEADING:
            found.append({"level": block.level, "text": block.text, "paragraphs_directly_below": []})
        elif block.kind is Kind.PARAGRAPH and not block.annex and found:
            found[-1]["paragraphs_directly_below"].append(block.number)
    for heading in found:
        below = heading["paragraphs_directly_below"]
        if len(below) > 2:
            heading["paragraphs_directly_below"] = [below[0], below[-1]]
    return found


def _sub_items(blocks: list[Block]) -> list[dict[str, Any]]:
    found, parent = [], None
    for block in blocks:
        if block.kind is Kind.PARAGRAPH:
            parent = block.number
        elif block.kind is Kind.SUB_ITEM:
            found.append({"parent": parent, "label": block.label, "first60": block.text[:FIRST]})
    return found


def _note_places(blocks: list[Block]) -> list[dict[str, Any]]:
    return [
        {"note": note.number, "at": place, "first60": note.text[:FIRST]}
        for block, place in zip(blocks, places(blocks), strict=True)
        for note in block.notes
        if note.kind is not NoteKind.CUSTOM
    ]


def count_words(document: Document) -> dict[str, int]:
    """Words by part: "body" (held against the limit), "notes", "front_matter", "annexes". A Chinese character is one."""
    counted = {"body": 0, "notes": 0, "front_matter": 0, "annexes": 0}
    in_front = True
    for block in document.blocks:
        in_front = in_front and block.kind in (Kind.FRONT, Kind.TABLE)
        part = "annexes" if block.annex else "front_matter" if in_front else "body"
        counted[part] += words_in(block.text)
        counted["notes"] += sum(words_in(note.text) for note in block.notes)
    return counted


def words_in(text: str) -> int:
    """How many words a text has: what blanks separate, and each Chinese character for itself."""
    return len(HAN.findall(text)) + len(HAN.sub(" ", text).split())


def warnings_of(document: Document) -> list[Warning]:
    """Everything a person should look at: doubtful places in order, then what was left out."""
    doubtful = [
        Warning(doubt.value, place, block.text[:FIRST])
        for block, place in zip(document.blocks, places(document.blocks), strict=True)
        for doubt in block.doubts
    ]
    return doubtful + document.warnings


def inspect_file(path: Path, as_json: bool) -> int:
    """Print how a file is read. Returns the exit code: 0, or 1 where it cannot be read (the reason goes to stderr)."""
    try:
        with path.open("rb") as source:
            document = read_draft(source.read(UPLOAD_MAX + 1), name=path.name)
    except OSError as problem:
        print(f"{path.name}: {problem.strerror}", file=sys.stderr)
        return 1
    except Refused as problem:
        print(str(problem), file=sys.stderr)
        return 1
    found = inspect(document)
    print(json.dumps(found, ensure_ascii=False, indent=1) if as_json else _for_people(found))
    return 0


def _for_people(found: dict[str, Any]) -> str:
    counts = found["counts"]
    lines = [f"Language: {found['language']}"]
    lines += [
        f"{name.replace('_', ' ').capitalize()}: {number}" for name, number in counts.items() if isinstance(number, int)
    ]
    lines += [f"Words: {found['words']['body']} in the text, {found['words']['notes']} in notes"]
    lines += ["", *(f"{'  ' * (one['level'] - 1)}{one['text']}" for one in found["headings"])]
    lines += ["", *(f"{one['code']}: {one['place']} {one['text']}" for one in found["warnings"])]
    return "\n".join(lines)
