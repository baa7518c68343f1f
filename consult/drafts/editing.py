"""Corrections of what was read in a file. Each takes a document and gives a new one; no text gets lost."""

import re
from copy import deepcopy
from html import escape

from lxml import html

from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.core.richtext import clean
from consult.drafts.document import NOTE_MARK, Block, Document, Doubt, Kind

NUMBER_MAX = 9_999
# A blank at the cut, inside the tags that stand there.
BLANK_AT_BEGINNING = re.compile(r"^((?:<[^/][^>]*>)*)\s+")
BLANK_AT_END = re.compile(r"\s+((?:</[^>]*>)*)$")


class NothingBefore(Refused):
    """The first block is asked to join the one before."""

    message = _l("There is nothing before this to join it with.")


class CannotJoin(Refused):
    """A table or heading is asked to join a text."""

    message = _l("Only pieces of text can be joined, not tables or headings.")


class CannotSplit(Refused):
    """A split at an end, or of a table."""

    message = _l("We did not find these words behind the beginning of the text. Copy them as they stand there.")


class NumberWrong(Refused):
    """A number that is none, or of something that has none."""

    message = _l("Give a number from 1 to %(limit)s.")


class LevelWrong(Refused):
    """A heading deeper than there are levels."""

    message = _l("Choose a heading level from 1 to 6.")


class CannotMake(Refused):
    """A table is asked to become text."""

    message = _l("A table stays a table.")


def join(document: Document, place: int) -> Document:
    """The block joined to the one before, with a blank between (none between Chinese characters). Raises NothingBefore, CannotJoin."""
    if place == 0:
        raise NothingBefore
    made = deepcopy(document)
    before, block = made.blocks[place - 1], made.blocks[place]
    textual = (Kind.PARAGRAPH, Kind.SUB_ITEM, Kind.CONTINUATION, Kind.BULLET, Kind.FRONT)
    if before.kind not in textual or block.kind not in textual:
        raise CannotJoin
    blank = "" if before.text[-1:] > "\u2e80" and block.text[:1] > "\u2e80" else " "
    typed = f"{block.label} " if block.label else ""
    before.text = f"{before.text}{blank}{typed}{block.text}".strip()
    before.html = clean(f"{before.html}{blank}{escape(typed, quote=False)}{block.html}".strip())
    before.notes += block.notes
    before.doubts = [doubt for doubt in before.doubts if doubt is not Doubt.CUT]
    del made.blocks[place]
    return made


def split(document: Document, place: int, offset: int) -> Document:
    """The block in two after so many characters of its text; the second part is a continuation. Raises CannotSplit."""
    block = document.blocks[place]
    if block.kind is Kind.TABLE or not 0 < offset < len(block.text):
        raise CannotSplit
    made = deepcopy(document)
    first, second = made.blocks[place], deepcopy(block)
    one, two, notes = _halves(block.html, block.text, offset)
    first.text, second.text = block.text[:offset].rstrip(), block.text[offset:].lstrip()
    first.html, second.html = one, two
    first.notes, second.notes = first.notes[:notes], second.notes[notes:]
    second.kind = Kind.CONTINUATION if block.kind is not Kind.FRONT else Kind.FRONT
    second.number, second.label, second.level, second.doubts = None, "", 0, []
    made.blocks.insert(place + 1, second)
    return made


def _halves(source: str, text: str, offset: int) -> tuple[str, str, int]:
    """The HTML before and after a place of the text, tags closed and opened again, and how many notes stand before it."""
    wanted = len("".join(text[:offset].split()))  # blanks may differ between text and HTML
    root = html.fragment_fromstring(source, create_parent="div")
    sides = deepcopy(root), deepcopy(root)
    notes = _cut(sides[0], wanted, keep_before=True)
    _cut(sides[1], wanted, keep_before=False)
    one, two = (clean(_inner(side)).strip() for side in sides)
    return BLANK_AT_END.sub(r"\1", one), BLANK_AT_BEGINNING.sub(r"\1", two), notes


def _cut(root: html.HtmlElement, wanted: int, *, keep_before: bool) -> int:
    """Empty every text on the other side of the cut. Returns the number of note marks before it."""
    seen = notes = 0

    def part(text: str | None) -> str:
        nonlocal seen, notes
        kept = []
        for sign in text or "":
            is_before = seen < wanted or (sign == NOTE_MARK and seen == wanted)
            if sign == NOTE_MARK:
                notes += is_before
            elif not sign.isspace():
                seen += 1
            if is_before is keep_before:
                kept.append(sign)
        return "".join(kept)

    def walk(element: html.HtmlElement) -> None:
        element.text = part(element.text)
        for child in element:
            walk(child)
            child.tail = part(child.tail)

    walk(root)
    for element in list(root.iterdescendants()):
        if not element.text_content().strip() and element.tag != "br":
            element.drop_tag()
    return notes


def _inner(element: html.HtmlElement) -> str:
    written = html.tostring(element, encoding="unicode")
    return written[written.index(">") + 1 : written.rindex("<")] if "</" in written else ""


def renumber(document: Document, place: int, number: int, *, following: bool) -> Document:
    """The block as a paragraph of this number; `following` counts on through those after it. Raises NumberWrong, CannotMake."""
    if not 1 <= number <= NUMBER_MAX:
        raise NumberWrong(limit=NUMBER_MAX)
    made = make(document, place, Kind.PARAGRAPH)
    first = made.blocks[place]
    if document.blocks[place].kind is not Kind.PARAGRAPH:
        _take_off_typed(first, number)
    first.number, first.label, first.doubts = number, "", _without_number_doubts(first)
    for block in made.blocks[place + 1 :] if following else ():
        if block.kind is Kind.PARAGRAPH and (block.annex, block.group) == (first.annex, first.group):
            number += 1
            block.number, block.label = number, ""
            block.doubts = _without_number_doubts(block)
    return made


def _without_number_doubts(block: Block) -> list[Doubt]:
    return [doubt for doubt in block.doubts if doubt not in (Doubt.AGAIN, Doubt.GAP, Doubt.CHAPTER, Doubt.NUMBER)]


def _take_off_typed(block: Block, number: int) -> None:
    """A line "3 Judges were trained" that becomes paragraph 3 does not say 3 twice."""
    typed = re.match(rf"[\W_]*{number}(?!\w)[\W_]*(?=\w)", block.text)
    written = escape(typed[0], quote=False) if typed else ""
    if typed and block.html.startswith(written):
        block.text, block.html = block.text[typed.end() :], block.html[len(written) :]


def make(document: Document, place: int, kind: Kind, *, level: int = 1) -> Document:
    """The block as another kind; a new paragraph takes the next number. Raises CannotMake, LevelWrong."""
    made = deepcopy(document)
    block = made.blocks[place]
    if Kind.TABLE in (block.kind, kind) and block.kind is not kind:
        raise CannotMake
    if kind is Kind.HEADING and not 1 <= level <= 6:
        raise LevelWrong
    block.kind = kind
    block.level = level if kind in (Kind.HEADING, Kind.BULLET, Kind.SUB_ITEM) else 0
    block.doubts = [doubt for doubt in block.doubts if doubt in (Doubt.NO_NOTE,)]
    if kind is Kind.PARAGRAPH:
        block.number = block.number or next_number(made.blocks, place)
    else:
        block.number = None
        block.label = block.label if kind in (Kind.SUB_ITEM, Kind.HEADING) else ""
    return made


def next_number(blocks: list[Block], place: int) -> int:
    """The number after that of the paragraph before a place, in the report or in its annex."""
    block = blocks[place]
    before = [one.number or 0 for one in blocks[:place] if one.kind is Kind.PARAGRAPH and one.annex == block.annex]
    return before[-1] + 1 if before else 1


def drop(document: Document, place: int) -> Document:
    """The document without the block."""
    made = deepcopy(document)
    del made.blocks[place]
    return made


def settle(document: Document, place: int) -> Document:
    """The block taken as right: its doubts go."""
    made = deepcopy(document)
    made.blocks[place].doubts = []
    return made
