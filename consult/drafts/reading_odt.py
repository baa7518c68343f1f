"""An OpenDocument text into lines.

Source: ODF 1.2 part 1, sections 5 (text), 6.3 (notes), 8 (contents lists), 9 (tables), 19.880 and after (numbers).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from consult.drafts.document import Note, NoteKind
from consult.drafts.reading_docx_numbering import write
from consult.drafts.reading_lines import Auto, Line, Piece
from consult.drafts.reading_package import Package

TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
XLINK = "{http://www.w3.org/1999/xlink}"
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
SPACES_MAX = 1_000
FORMS = {"1": "decimal", "a": "letter", "A": "capital", "i": "roman", "I": "chapter"}
WRITTEN = {"letter": "lowerLetter", "capital": "upperLetter", "roman": "lowerRoman", "chapter": "upperRoman"}
CONTENTS = {TEXT + name for name in ("table-of-content", "illustration-index", "table-index", "alphabetical-index")}
BREAKS = {TEXT + "tab": "\t", TEXT + "line-break": "\n"}
DROPPED = {DRAW + "frame": "picture", OFFICE + "annotation": "comment"}


@dataclass
class _Reader:
    styles: dict[str, etree._Element]
    lists: dict[str, etree._Element]
    counters: dict[tuple[str, int], int] = field(default_factory=dict)
    counted: Counter[NoteKind] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)


def read_odt(package: Package) -> tuple[Iterator[Line], Counter[str], list[str], str]:
    """The lines of an OpenDocument text, what was dropped, its running headers, its stated language."""
    styles: dict[str, etree._Element] = {}
    lists: dict[str, etree._Element] = {}
    root = package.xml("styles.xml") if "styles.xml" in package.names else None
    language = ""
    for element in root.iter() if root is not None else ():
        _collect(element, styles, lists)
        if element.tag == STYLE + "text-properties" and not language:
            language = str(element.get(FO + "language") or "")
    for element in package.children("content.xml", OFFICE + "automatic-styles"):
        _collect_copy(element, styles, lists)
    reader = _Reader(styles, lists)
    return _lines(reader, package), reader.dropped, _running_headers(root), "" if language == "none" else language


def _collect(element: etree._Element, styles: dict[str, etree._Element], lists: dict[str, etree._Element]) -> None:
    name = element.get(STYLE + "name")
    if element.tag == STYLE + "style" and name:
        styles[str(name)] = element
    elif element.tag == TEXT + "list-style" and name:
        lists[str(name)] = element


def _collect_copy(element: etree._Element, styles: dict[str, etree._Element], lists: dict[str, etree._Element]) -> None:
    """The large part forgets its elements after use, so keep a copy of the small ones."""
    _collect(etree.fromstring(etree.tostring(element)), styles, lists)


def _lines(reader: _Reader, package: Package) -> Iterator[Line]:
    for element in package.children("content.xml", OFFICE + "text"):
        yield from _block(reader, element, None)


def _block(reader: _Reader, element: etree._Element, auto: Auto | None) -> Iterator[Line]:
    if element.tag in (TEXT + "h", TEXT + "p"):
        yield _paragraph(reader, element, auto)
    elif element.tag == TEXT + "list":
        yield from _list(reader, element, "", 0)
    elif element.tag == TABLE + "table":
        yield _table(reader, element)
    elif element.tag in CONTENTS:
        for entry in element.iter(TEXT + "p"):
            line = _paragraph(reader, entry, None)
            line.is_toc = True
            yield line
    elif element.tag == TEXT + "tracked-changes":
        reader.dropped["tracked_changes"] += len(element)
    elif element.tag in (TEXT + "section", TEXT + "soft-page-break"):
        for child in element:
            yield from _block(reader, child, auto)
    elif element.tag == DRAW + "frame":
        reader.dropped["picture"] += 1


def _list(reader: _Reader, element: etree._Element, style: str, depth: int) -> Iterator[Line]:
    """A list: its style is inherited by the lists inside; it counts on where it says so, or where it names the same style."""
    style = str(element.get(TEXT + "style-name") or style)
    form, start, prefix, suffix = _level(reader, style, depth)
    key = (style, depth)
    goes_on = element.get(TEXT + "continue-numbering") == "true" or element.get(TEXT + "continue-list")
    if depth > 0 or not goes_on:
        reader.counters[key] = start - 1
    for item in element:
        if item.tag not in (TEXT + "list-item", TEXT + "list-header"):
            continue
        if item.get(TEXT + "start-value"):
            reader.counters[key] = int(str(item.get(TEXT + "start-value"))) - 1
        first = item.tag == TEXT + "list-item"
        for child in item:
            if child.tag == TEXT + "list":
                yield from _list(reader, child, style, depth + 1)
                continue
            auto = None
            if first:
                value = reader.counters.get(key, start - 1) + 1
                reader.counters[key] = value
                label = prefix + write(value, WRITTEN.get(form, "decimal")) + suffix
                auto = Auto(form, value, label, depth, style)
                first = False
            yield from _block(reader, child, auto)


def _level(reader: _Reader, style: str, depth: int) -> tuple[str, int, str, str]:
    """How a level of a list style is written: form, first value, what stands before and behind the number."""
    for level in reader.lists.get(style, ()):
        if str(level.get(TEXT + "level")) == str(depth + 1):
            if level.tag == TEXT + "list-level-style-bullet":
                return "bullet", 1, "", ""
            form = FORMS.get(str(level.get(STYLE + "num-format") or ""), "other")
            start = int(str(level.get(TEXT + "start-value") or 1))
            return form, start, str(level.get(STYLE + "num-prefix") or ""), str(level.get(STYLE + "num-suffix") or "")
    return "bullet", 1, "", ""


def _paragraph(reader: _Reader, element: etree._Element, auto: Auto | None) -> Line:
    style = str(element.get(TEXT + "style-name") or "")
    line = Line(auto=auto)
    if element.tag == TEXT + "h":
        line.heading = max(1, int(str(element.get(TEXT + "outline-level") or 1)))
    bold, italic, _ = _look(reader, style, (False, False, ""))
    _inline(reader, element, line, (bold and not line.heading, italic, ""), "")
    return line


def _look(reader: _Reader, style: str, look: tuple[bool, bool, str]) -> tuple[bool, bool, str]:
    chain, seen = [], set()
    while style in reader.styles and style not in seen:
        seen.add(style)
        chain.append(reader.styles[style])
        style = str(reader.styles[style].get(STYLE + "parent-style-name") or "")
    bold, italic, raised = look
    for element in reversed(chain):
        properties = element.find(STYLE + "text-properties")
        if properties is None:
            continue
        if weight := properties.get(FO + "font-weight"):
            bold = str(weight) in ("bold", "600", "700", "800", "900")
        if slant := properties.get(FO + "font-style"):
            italic = str(slant) in ("italic", "oblique")
        if position := str(properties.get(STYLE + "text-position") or ""):
            raised = "sup" if position.startswith("super") else "sub" if position.startswith("sub") else ""
    return bold, italic, raised


def _inline(reader: _Reader, element: etree._Element, line: Line, look: tuple[bool, bool, str], href: str) -> None:
    if element.text:
        line.pieces.append(Piece(element.text.replace("\n", " "), *look, href))
    for child in element:
        if isinstance(child.tag, str):
            _within(reader, child, line, look, href)
        if child.tail:
            line.pieces.append(Piece(child.tail.replace("\n", " "), *look, href))


def _within(reader: _Reader, child: etree._Element, line: Line, look: tuple[bool, bool, str], href: str) -> None:
    """One element inside a paragraph: text with a look, a link, blanks, a note, or something that is dropped."""
    if child.tag == TEXT + "span":
        _inline(reader, child, line, _look(reader, str(child.get(TEXT + "style-name") or ""), look), href)
    elif child.tag == TEXT + "a":
        _inline(reader, child, line, look, str(child.get(XLINK + "href") or ""))
    elif child.tag == TEXT + "s":
        line.pieces.append(Piece(" " * min(int(str(child.get(TEXT + "c") or 1)), SPACES_MAX), *look, href))
    elif child.tag in BREAKS:
        line.pieces.append(Piece(BREAKS[child.tag], *look, href))
    elif child.tag == TEXT + "note":
        _note(reader, child, line)
    elif child.tag in DROPPED:
        reader.dropped[DROPPED[child.tag]] += 1
    elif child.tag.startswith(TEXT) and not child.tag.startswith(TEXT + "change"):
        _inline(reader, child, line, look, href)  # fields, bookmarks, numbers of cross-references: their text counts


def _note(reader: _Reader, element: etree._Element, line: Line) -> None:
    body = Line()
    for paragraph in element.findall(f"{TEXT}note-body//{TEXT}p"):
        if body.pieces:
            body.pieces.append(Piece("\n"))
        body.pieces.extend(_paragraph(reader, paragraph, None).pieces)
    citation = element.find(TEXT + "note-citation")
    label = citation.get(TEXT + "label") if citation is not None else None
    if label:
        note = Note(str(label), NoteKind.CUSTOM, None, body.text, body.html())
    else:
        kind = NoteKind.ENDNOTE if element.get(TEXT + "note-class") == "endnote" else NoteKind.FOOTNOTE
        reader.counted[kind] += 1
        note = Note(str(reader.counted[kind]), kind, reader.counted[kind], body.text, body.html())
    line.pieces.append(Piece("", note=len(line.notes)))
    line.notes.append(note)


def _table(reader: _Reader, element: etree._Element) -> Line:
    rows: list[list[str]] = []
    table = Line(rows=rows)
    for row in element.iter(TABLE + "table-row"):
        parent = row.getparent()
        if parent is not None and parent.tag == TABLE + "table-header-rows" and table.header_rows == len(rows):
            table.header_rows += 1
        cells = []
        for cell in row.findall(TABLE + "table-cell"):
            lines = [_paragraph(reader, paragraph, None) for paragraph in cell.iter(TEXT + "p", TEXT + "h")]
            for line in lines:
                table.notes.extend(line.notes)
            cells.append("<br>".join(line.html() for line in lines if line.text))
            table.pieces.append(Piece(" ".join(line.text for line in lines) + " "))
        rows.append(cells)
    return table


def _running_headers(root: etree._Element | None) -> list[str]:
    texts = []
    for holder in root.iter(STYLE + "header", STYLE + "footer", STYLE + "header-left") if root is not None else ():
        for paragraph in holder.iter(TEXT + "p"):
            text = " ".join("".join(str(part) for part in paragraph.itertext()).split())
            if len(text) > 3:
                texts.append(text)
    return texts
