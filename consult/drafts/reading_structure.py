"""From lines to a document: what is a heading, a numbered paragraph, a sub-item, a note; where an annex begins; what is doubtful.

Conventions: the samples' own records. Text before the first heading is front matter; an unnumbered line after it that is no
bullet and no sub-item is a continuation.
"""

import re
from collections import Counter
from collections.abc import Iterable

from consult.drafts.document import Block, Document, Doubt, Kind, NoteKind, Warning
from consult.drafts.reading_language import guess_language
from consult.drafts.reading_lines import DIGITS, Line, table_html
from consult.drafts.reading_refusals import FileEmpty

HEADING_MAX = 300  # characters: a longer "heading" is doubtful
SHORT = 120  # characters of a bold line that may be a heading
HEADER_TIMES = 3  # a short line that stands so often is a running header
CELL_SAMPLE = 200  # characters of a text in a warning

NUMBER = re.compile(r"\s*[\(（]?([0-9٠-٩۰-۹０-９]{1,4})\s*([.．。、)）:\-–])(?![0-9])(\s*)")
NUMBER_TAB = re.compile(r"\s*([0-9٠-٩۰-۹]{1,4})\t\s*")
# A year directly behind the number, as in "1.2016年": the dot is no decimal point when the number is the one expected.
NUMBER_TIGHT = re.compile(r"\s*([0-9０-９]{1,3})[.．、](?=[0-9０-９]{4}\s*年)")
LETTER = re.compile(r"\s*[\(（]([a-zA-Z]|[ivxIVX]{1,5}|[أ-ي]|[一二三四五六七八九十]{1,3})[\)）]\s*")
LETTER_OPEN = re.compile(r"\s*([a-z]|[ivx]{1,5}|[أ-ي])[\)）]\s+")
BULLET = re.compile(r"\s*[•●▪◦‣·○■–—\-*]\s+(?=\S)")
CHAPTER = re.compile(r"\s*([IVXLC]{1,6}|[A-Z]|[一二三四五六七八九十]{1,3}|[أ-ي]{3,8}(?:اً|ا)?)\s*[.．、\-–]\s*(?=\S)")
ANNEX = re.compile(
    r"\s*(annex|annexe|annexes|appendix|anexo|apéndice|приложение|附件|附录|المرفق|مرفق|الملحق|ملحق)(?!\w)",
    re.IGNORECASE,
)
ANNEX_CJK = re.compile(r"\s*(附件|附录)")
CONTENTS = re.compile(
    r"\s*(table of contents|contents|目录|المحتويات|table des matières|índice|содержание)\s*", re.IGNORECASE
)
TOC_LINE = re.compile(r".*(\.{4,}|…{2,}|\. \. \.|\t)\s*\d{1,3}\s*$")
PAGE_NUMBER = re.compile(r"\s*([-–]\s*)?(page\s*)?\d{1,3}(\s*(/|of)\s*\d{1,3})?(\s*[-–])?\s*", re.IGNORECASE)
ENDS = (".", "。", "!", "?", "！", "？", ":", "：", ";", "；", "؛", "؟", "”", "»", ")", "）", "…", "،", ",", "，")


class Structure:
    """Takes line after line and knows where it is."""

    def __init__(self, running: list[str]) -> None:
        self.blocks: list[Block] = []
        self.dropped: list[Warning] = []
        self.running = set(running)
        self.toc_entries = 0
        self.has_heading = False
        self.last = 0  # number of the newest paragraph of the report
        self.annex, self.group, self.item = 0, 0, 0
        self.inner = 0  # number of the newest item of a list inside a paragraph
        self.main_list: str | None = None  # the automatic list that numbers the report

    def take(self, line: Line) -> None:
        """Add a line as whatever it is."""
        if line.rows is not None:
            self._table(line)
        elif not line.text and not line.notes:
            return
        elif line.is_toc:
            self.toc_entries += not CONTENTS.fullmatch(line.text)
        elif line.heading:
            self._heading(line, line.heading)
        elif not self.has_heading and not self._begins_without_heading(line):
            self._add(Kind.FRONT, line)
        else:
            self._body(line)

    def _begins_without_heading(self, line: Line) -> bool:
        """A bold typed chapter number begins the text where the file has no heading styles."""
        return bool(line.is_bold and CHAPTER.match(line.raw) and len(line.text) <= SHORT)

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
        if CONTENTS.fullmatch(line.text):
            return
        self.has_heading = True
        label = line.auto.label if line.auto and line.auto.form != "bullet" else ""
        if ANNEX.match(line.text) or ANNEX_CJK.match(line.text):
            self.annex, self.group, self.item = self.annex + 1, 0, 0
        elif self.annex and level == 1:
            pass  # chapters of an annex stay in it
        for piece in line.pieces:
            piece.bold = False  # a heading looks like one anyway
        block = self._add(Kind.HEADING, line, level=level, label=label)
        if doubtful:
            block.doubts.append(Doubt.HEADING)
        if len(line.text) > HEADING_MAX:
            block.doubts.append(Doubt.LONG)
        self.inner = 0

    def _body(self, line: Line) -> None:
        if self._is_running(line):
            return
        auto = line.auto
        if auto and auto.form == "bullet":
            self._add(Kind.BULLET, line, level=auto.depth + 1, group=self.group)
        elif auto and auto.form == "decimal" and auto.depth == 0:
            self._numbered(line, auto.value, auto.label, auto.list_id)
        elif auto and auto.form in ("letter", "roman", "decimal", "capital"):
            self._sub_item(line, auto.label, depth=auto.depth)
        elif auto and auto.form == "chapter" and line.is_bold:
            self._heading(line, 1)
        else:
            self._typed(line)

    def _typed(self, line: Line) -> None:
        expected = self.item + 1 if self.annex else self.last + 1
        found = NUMBER_TIGHT.match(line.raw) or NUMBER.match(line.raw) or NUMBER_TAB.match(line.raw)
        if found and self._is_number(found, line, expected):
            value = int(found[1].translate(DIGITS))
            self._numbered(line.without(found.end()), value, found[0].strip(), None)
        elif found := LETTER.match(line.raw) or LETTER_OPEN.match(line.raw):
            self._sub_item(line.without(found.end()), found[0].strip(), depth=None)
        elif found := BULLET.match(line.raw):
            self._add(Kind.BULLET, line.without(found.end()), level=1, group=self.group)
        elif line.is_bold and CHAPTER.match(line.raw) and len(line.text) <= SHORT:
            self._heading(
                line,
                1 if not re.match(r"\s*[A-Z][.\s]", line.raw) or line.raw.lstrip()[0] in "IVX" else 2,
                doubtful=True,
            )
        elif line.is_bold and len(line.text) <= SHORT and (ANNEX.match(line.text) or ANNEX_CJK.match(line.text)):
            self._heading(line, 1, doubtful=True)
        else:
            self._continuation(line)

    def _is_number(self, found: re.Match[str], line: Line, expected: int) -> bool:
        """A typed number begins a paragraph when it is the expected one, begins a list, or a blank or tab follows it."""
        value = int(found[1].translate(DIGITS))
        rest = line.raw[found.end() :]
        if not rest.strip():
            return False
        spaced = found[0][-1:].isspace() or not rest[:1].isascii()
        return value == expected or (spaced and (value == 1 or abs(value - expected) < 50))

    def _numbered(self, line: Line, value: int, label: str, list_id: str | None) -> None:
        if self.annex:
            if value <= self.item or self.group == 0:
                self.group += 1
            self.item = value
            self._add(Kind.PARAGRAPH, line, number=value, label=label, group=self.group)
            return
        if self._is_inner(value, list_id):
            self.inner = value
            block = self._add(Kind.SUB_ITEM, line, label=label or f"{value}.", level=1)
            if value == 1:
                block.doubts.append(Doubt.RESTARTED)
            return
        block = self._add(Kind.PARAGRAPH, line, number=value, label=label)
        if self.last and value > self.last + 1:
            block.doubts.append(Doubt.GAP)
        elif self.last and value <= self.last:
            block.doubts.append(Doubt.AGAIN)
        self.last, self.inner = max(self.last, value), 0
        self.main_list = self.main_list or list_id

    def _is_inner(self, value: int, list_id: str | None) -> bool:
        """A list that begins at 1 again inside the report's numbering belongs to the paragraph before it."""
        if not self.last or value == self.last + 1:
            return False
        if list_id is not None and self.main_list is not None and list_id != self.main_list:
            return True
        return value == 1 or (self.inner > 0 and value == self.inner + 1)

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

    def _continuation(self, line: Line) -> None:
        block = self._add(Kind.CONTINUATION, line, group=self.group)
        before = next((b for b in reversed(self.blocks[:-1]) if b.kind is not Kind.TABLE), None)
        if line.is_bold and len(line.text) <= SHORT and not line.text.endswith(ENDS):
            block.doubts.append(Doubt.HEADING)
        elif before and before.kind in (Kind.PARAGRAPH, Kind.SUB_ITEM, Kind.CONTINUATION, Kind.BULLET):
            unfinished = bool(before.text) and not before.text.endswith(ENDS)
            if line.text[:1].islower() or unfinished:
                block.doubts.append(Doubt.CUT)

    def _is_running(self, line: Line) -> bool:
        """A page number, or a copy of the page header: left out, with a word about it."""
        if line.auto is None and (line.text in self.running or PAGE_NUMBER.fullmatch(line.text)):
            self.dropped.append(Warning("running_header", "", line.text[:CELL_SAMPLE]))
            return True
        return False


def _before(letters: str) -> str:
    """The letter before a single one: "i" -> "h"."""
    return chr(ord(letters) - 1) if len(letters) == 1 else ""


def build(lines: Iterable[Line], running: list[str], stated_language: str, dropped: Counter[str]) -> Document:
    """The document that lines make. Raises FileEmpty."""
    kept = list(lines)
    _mark_typed_contents(kept)
    repeated = Counter(line.text for line in kept if _may_run(line))
    running = [*running, *(text for text, times in repeated.items() if times >= HEADER_TIMES)]
    structure = Structure(running)
    for line in kept:
        structure.take(line)
    if not any(block.text for block in structure.blocks):
        raise FileEmpty
    warnings = [Warning(code, "", str(times)) for code, times in sorted(dropped.items())]
    warnings += structure.dropped
    if structure.toc_entries:
        warnings.append(Warning("contents_list", "", str(structure.toc_entries)))
    return Document(
        guess_language(structure.blocks, stated_language), structure.blocks, warnings, structure.toc_entries
    )


def _may_run(line: Line) -> bool:
    """Whether a line could be a running header: short, plain, unnumbered."""
    return bool(
        line.rows is None and not line.heading and line.auto is None and not line.is_toc and 3 < len(line.text) <= 80
        and not line.notes and not BULLET.match(line.raw) and not LETTER.match(line.raw)
    )  # fmt: skip


def _mark_typed_contents(lines: list[Line]) -> None:
    """A contents list typed by hand: a title, then lines that end in dots or a tab and a page number."""
    for place, line in enumerate(lines):
        if not CONTENTS.fullmatch(line.text) or line.rows is not None:
            continue
        end = place + 1
        while end < len(lines) and lines[end].rows is None and (not lines[end].text or TOC_LINE.match(lines[end].raw)):
            end += 1
        if end > place + 2:
            for entry in lines[place:end]:
                entry.is_toc = True
