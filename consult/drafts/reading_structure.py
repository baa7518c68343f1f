"""From lines to a document: what is a heading, a numbered paragraph, a sub-item, a note; where an annex begins; what is doubtful.

Conventions: the samples' own records. Text before the first heading is front matter; an unnumbered line after it that is no
bullet and no sub-item is a continuation.
"""

import re
from collections import Counter
from collections.abc import Iterable

from consult.drafts import reading_patterns as patterns
from consult.drafts.document import Block, Document, Doubt, Kind, NoteKind, Warning, is_multi, places
from consult.drafts.reading_language import guess_language
from consult.drafts.reading_lines import Auto, Line, table_html
from consult.drafts.reading_refusals import FileEmpty

HEADING_MAX = 300  # characters: a longer "heading" is doubtful
SHORT = 120  # characters of a bold line that may be a heading
HEADER_TIMES = 3  # a short line that stands so often is a running header
LEFT_MAX = 500  # warnings about single things left out
CELL_SAMPLE = 200  # characters of a text in a warning


class Structure:
    """Takes line after line and knows where it is."""

    def __init__(self, running: list[str]) -> None:
        self.blocks: list[Block] = []
        self.left: list[tuple[str, int, str]] = []  # code, how many blocks stood before, words of what was left out
        self.running = set(running)
        self.toc_entries = 0
        self.has_heading = False
        self.last = 0  # number of the newest paragraph of the report
        self.annex, self.group, self.item = 0, 0, 0
        self.inner = 0  # number of the newest item of a list inside a paragraph
        self.inner_run = ""  # which list that is
        self.fresh = False  # nothing numbered stands under the newest heading yet
        self.main_list: str | None = None  # the automatic list that numbers the report
        self.heading_lists: set[str] = set()  # automatic lists that number headings
        self.depths: dict[str, int] = {}  # at which depth such a list numbers paragraphs
        self.multi = ""  # the newest number of several levels

    def take(self, line: Line) -> None:
        """Add a line as whatever it is."""
        self.left += [(code, len(self.blocks), words) for code, words in line.lost]
        if line.rows is not None:
            self._table(line)
        elif not line.text and not line.notes:
            return
        elif line.is_toc:
            self.toc_entries += not patterns.CONTENTS.fullmatch(line.text)
        elif line.heading:
            self._heading(line, line.heading)
        elif not self.has_heading and not self._begins_without_heading(line):
            self._add(Kind.FRONT, line)
        else:
            self._body(line)

    def _begins_without_heading(self, line: Line) -> bool:
        """A bold typed chapter number begins the text where the file has no heading styles."""
        return bool(line.is_bold and patterns.CHAPTER.match(line.raw) and len(line.text) <= SHORT)

    def _add(self, kind: Kind, line: Line, **more: object) -> Block:
        block = Block(kind, line.text, line.html(), notes=line.notes, annex=self.annex, **more)  # type: ignore[arg-type]
        for note in block.notes:
            if not note.text and note.kind is not NoteKind.CUSTOM:
                block.doubts.append(Doubt.NO_NOTE)
        self.blocks.append(block)
        return block

    def _table(self, line: Line) -> None:
        block = self._add(Kind.TABLE, line, group=self.group)
        block.html = table_html(line)

    def _heading(self, line: Line, level: int, *, doubtful: bool = False) -> None:
        if patterns.CONTENTS.fullmatch(line.text):
            return
        self.has_heading = True
        label = line.auto.label if line.auto and line.auto.form != "bullet" else ""
        if patterns.ANNEX.match(line.text) or patterns.ANNEX_CJK.match(line.text):
            self.annex, self.group, self.item = self.annex + 1, 0, 0
        elif self.annex and level == 1:
            pass  # chapters of an annex stay in it
        if line.auto:
            self.heading_lists.add(line.auto.list_id)
        for piece in line.pieces:
            piece.bold = False  # a heading looks like one anyway
        block = self._add(Kind.HEADING, line, level=level, label=label)
        if doubtful:
            block.doubts.append(Doubt.HEADING)
        if len(line.text) > HEADING_MAX:
            block.doubts.append(Doubt.LONG)
        self.inner, self.fresh = 0, True

    def _body(self, line: Line) -> None:
        if self._is_running(line):
            return
        auto = line.auto
        if auto and auto.form == "bullet":
            self._add(Kind.BULLET, line, level=auto.depth + 1, group=self.group)
        elif auto and auto.joined and "." in auto.label:
            self._multi(line, auto.label.strip("."), auto.label)
        elif auto and auto.form == "decimal" and self._numbers_paragraphs(auto):
            self._numbered(line, auto.value, auto.label, auto.list_id, auto.run)
        elif auto and auto.form == "chapter" and line.is_bold:
            self._heading(line, 1)
        elif auto and auto.form in ("chapter", "capital") and self._looks_like_heading(line):
            self._heading(line, 1 if auto.form == "chapter" else 2, doubtful=True)
        elif auto and auto.form != "other":
            self._sub_item(line, auto.label, depth=auto.depth - self.depths.get(auto.list_id, 0))
        else:
            self._typed(line)

    def _numbers_paragraphs(self, auto: Auto) -> bool:
        """The first level of a list does; a deeper one where those above it number headings."""
        depth = self.depths.setdefault(auto.list_id, auto.depth if auto.list_id in self.heading_lists else 0)
        return auto.depth <= depth

    def _looks_like_heading(self, line: Line) -> bool:
        return len(line.text) <= SHORT and not line.text.endswith(patterns.ENDS)

    def _typed(self, line: Line) -> None:
        expected = self.item + 1 if self.annex else self.last + 1
        found = (
            patterns.NUMBER_TIGHT.match(line.raw)
            or patterns.NUMBER.match(line.raw)
            or patterns.NUMBER_TAB.match(line.raw)
        )
        if (several := patterns.NUMBER_MULTI.match(line.raw)) and self._follows(several[1], line.raw[several.end() :]):
            self._multi(line.without(several.end()), several[1], several[0].strip())
        elif (found and self._is_number(found, line, expected)) or (
            (found := patterns.NUMBER_RTL.match(line.raw)) and patterns.value_of(found) == expected
        ):
            self._take_typed(line, found)
        elif found := patterns.LETTER.match(line.raw) or patterns.LETTER_OPEN.match(line.raw):
            self._sub_item(line.without(found.end()), patterns.label_of(found), depth=None)
        elif found := patterns.BULLET.match(line.raw):
            self._add(Kind.BULLET, line.without(found.end()), level=1, group=self.group)
        elif line.is_bold and patterns.CHAPTER.match(line.raw) and len(line.text) <= SHORT:
            self._heading(
                line,
                1 if not re.match(r"\s*[A-Z][.\s]", line.raw) or line.raw.lstrip()[0] in "IVX" else 2,
                doubtful=True,
            )
        elif (
            line.is_bold
            and len(line.text) <= SHORT
            and (patterns.ANNEX.match(line.text) or patterns.ANNEX_CJK.match(line.text))
        ):
            self._heading(line, 1, doubtful=True)
        else:
            self._continuation(line, expected)

    def _take_typed(self, line: Line, found: re.Match[str]) -> None:
        self._numbered(line.without(found.end()), patterns.value_of(found), patterns.label_of(found), None)

    def _is_number(self, found: re.Match[str], line: Line, expected: int) -> bool:
        """A typed number begins a paragraph when it is the expected one, begins a list, or a blank or tab follows it."""
        value = patterns.value_of(found)
        rest = line.raw[found.end() :]
        if not rest.strip():
            return False
        spaced = found[0][-1:].isspace() or not rest[:1].isascii()
        return value == expected or (spaced and (value == 1 or abs(value - expected) < 50))

    def _follows(self, number: str, rest: str) -> bool:
        """Whether a typed number of several levels is the next one: 1.2 after 1.1, 1.1.1 after 1.1, 2.1 after 1.7."""
        parts = [int(part) for part in number.split(".")]
        if self.multi:
            before = [int(part) for part in self.multi.split(".")]
            if parts == [*before, 1]:
                return True
            shorter = before[: len(parts)]
            if len(parts) <= len(before) and parts == [*shorter[:-1], shorter[-1] + 1]:
                return True
        chapter = parts[0] == self.last or (self.fresh and self.last == 0) or (self.multi != "" and self.fresh)
        return set(parts[1:]) == {1} and chapter and not patterns.QUANTITY.match(rest)

    def _multi(self, line: Line, number: str, label: str) -> None:
        """A paragraph "1.2" of a report that numbers so; under a paragraph "1" it is an item of that."""
        self.multi = number
        owner = next((b for b in reversed(self.blocks) if b.kind in (Kind.PARAGRAPH, Kind.HEADING)), None)
        if owner is not None and owner.kind is Kind.PARAGRAPH and not is_multi(owner.label):
            self._add(Kind.SUB_ITEM, line, label=label, level=min(number.count("."), 2), group=self.group)
            return
        if self.annex:
            self.group, self.item = max(self.group, 1), self.item + 1
        else:
            self.last += 1
        self.fresh = False
        self._add(Kind.PARAGRAPH, line, number=self.item if self.annex else self.last, label=label, group=self.group)

    def _numbered(self, line: Line, value: int, label: str, list_id: str | None, run: str = "") -> None:
        if self.annex:
            if value <= self.item or self.group == 0:
                self.group += 1
            self.item = value
            self._add(Kind.PARAGRAPH, line, number=value, label=label, group=self.group)
            return
        if self._is_inner(value, list_id, run):
            self.inner, self.inner_run = value, run
            block = self._add(Kind.SUB_ITEM, line, label=label or f"{value}.", level=1)
            if value == 1:
                block.doubts.append(Doubt.RESTARTED)
            return
        if value == self.last and list_id is None:
            self._take_back(value)
        block = self._add(Kind.PARAGRAPH, line, number=value, label=label)
        self._doubt_number(block, value)
        begins_again = self.fresh and value == 1
        self.last, self.inner, self.fresh = value if begins_again else max(self.last, value), 0, False
        self.main_list = self.main_list or list_id

    def _doubt_number(self, block: Block, value: int) -> None:
        if self.last and value > self.last + 1:
            block.doubts.append(Doubt.GAP)
        elif self.last and value == 1 and self.fresh:
            block.doubts.append(Doubt.CHAPTER)
        elif self.last and value <= self.last:
            block.doubts.append(Doubt.AGAIN)

    def _is_inner(self, value: int, list_id: str | None, run: str) -> bool:
        """A list that begins at 1 again inside the report's numbering belongs to the paragraph before it."""
        if self.inner and list_id is not None and run == self.inner_run and value == self.inner + 1:
            return list_id != self.main_list or run != ""
        if not self.last or value == self.last + 1 or self.fresh:
            return False
        if list_id is not None and self.main_list is not None and list_id != self.main_list:
            return True
        return value == 1 or (self.inner > 0 and value == self.inner + 1)

    def _take_back(self, value: int) -> None:
        """A typed list inside paragraph 2 has come to its own 3, which looked like the next paragraph until the real 3 came."""
        place = next((at for at in range(len(self.blocks) - 1, -1, -1) if self.blocks[at].kind is Kind.PARAGRAPH), 0)
        block, before = self.blocks[place], self.blocks[place - 1] if place else None
        digits = "".join(sign for sign in before.label if sign.isdigit()) if before is not None else ""
        if before is not None and before.kind is Kind.SUB_ITEM and digits == str(value - 1) and block.number == value:
            block.kind, block.number, block.level, block.doubts = Kind.SUB_ITEM, None, 1, []
            self.last = value - 1

    def _sub_item(self, line: Line, label: str, depth: int | None) -> None:
        inner = label.strip("()（） .").lower()
        level = 1
        if depth is not None and depth > 1:
            level = 2
        elif re.fullmatch(r"[ivx]+", inner) and self._previous_letter() not in (None, _before(inner)):
            level = 2 if inner != "i" or self._previous_letter() != "h" else 1
        self._add(Kind.SUB_ITEM, line, label=label, level=level, group=self.group)

    def _previous_letter(self) -> str | None:
        """The letter of the newest sub-item of this paragraph; None where there is none yet."""
        for block in reversed(self.blocks):
            if block.kind is Kind.SUB_ITEM and block.level == 1:
                return block.label.strip("()（） .").lower()
            if block.kind in (Kind.PARAGRAPH, Kind.HEADING):
                return None
        return None

    def _continuation(self, line: Line, expected: int) -> None:
        block = self._add(Kind.CONTINUATION, line, group=self.group)
        before = next((b for b in reversed(self.blocks[:-1]) if b.kind is not Kind.TABLE), None)
        if line.is_bold and len(line.text) <= SHORT and not line.text.endswith(patterns.ENDS):
            block.doubts.append(Doubt.HEADING)
        elif (found := patterns.NEXT_NUMBER.match(line.raw)) and self.last and patterns.value_of(found) == expected:
            block.doubts.append(Doubt.NUMBER)
        elif before and before.kind in (Kind.PARAGRAPH, Kind.SUB_ITEM, Kind.CONTINUATION, Kind.BULLET):
            unfinished = bool(before.text) and not before.text.endswith(patterns.ENDS)
            if line.text[:1].islower() or unfinished:
                block.doubts.append(Doubt.CUT)

    def _is_running(self, line: Line) -> bool:
        """A page number, or a copy of the page header: left out, with a word about it."""
        if line.auto is None and (line.text in self.running or patterns.PAGE_NUMBER.fullmatch(line.text)):
            self.left.append(("running_header", len(self.blocks), line.text[:CELL_SAMPLE]))
            return True
        return False


def _before(letters: str) -> str:
    """The letter before a single one: "i" -> "h"."""
    return chr(ord(letters) - 1) if len(letters) == 1 else ""


def build(lines: Iterable[Line], running: list[str], stated_language: str, dropped: Counter[str]) -> Document:
    """The document that lines make. Raises FileEmpty."""
    kept = list(lines)
    patterns.mark_typed_contents(kept)
    repeated = Counter(line.text for line in kept if patterns.may_run(line))
    running = [*running, *(text for text, times in repeated.items() if times >= HEADER_TIMES)]
    structure = Structure(running)
    for line in kept:
        structure.take(line)
    if not any(block.text for block in structure.blocks):
        raise FileEmpty
    warnings = [Warning(code, "", str(times)) for code, times in sorted(dropped.items())]
    where = ["front matter", *places(structure.blocks)]
    warnings += [Warning(code, where[before], words[:CELL_SAMPLE]) for code, before, words in structure.left[:LEFT_MAX]]
    if structure.toc_entries:
        warnings.append(Warning("contents_list", "", str(structure.toc_entries)))
    return Document(
        guess_language(structure.blocks, stated_language), structure.blocks, warnings, structure.toc_entries
    )
