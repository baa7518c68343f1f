"""An OpenDocument text into lines.

Source: ODF 1.2 part 1, sections 5 (text), 6.3 (notes), 8 (contents lists), 9 (tables), 19.880 and after (numbers).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from consult.drafts.document import Note, NoteKind
from consult.drafts.reading_lines import Auto, Cell, Line, Piece, whole
from consult.drafts.reading_odt_lists import STYLE, TEXT, Lists
from consult.drafts.reading_package import Package
from consult.drafts.reading_refusals import FileUnpacksTooLarge

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
XLINK = "{http://www.w3.org/1999/xlink}"
SPACES_MAX = 1_000
CELLS_MAX = 20_000  # of all tables
SPAN_MAX = 63
OUTLINE = "outline"  # the list that numbers headings
CONTENTS = {
    TEXT + name
    for name in (
        "table-of-content",
        "illustration-index",
        "table-index",
        "alphabetical-index",
        "object-index",
        "user-index",
    )
}
BREAKS = {TEXT + "tab": "\t", TEXT + "line-break": "\n"}
HIDDEN = {TEXT + "hidden-text", TEXT + "hidden-paragraph", TEXT + "ruby-text"}
WRAPPERS = {TEXT + "section", TEXT + "bibliography", TEXT + "index-body"}
Look = tuple[bool, bool, str, bool]  # bold, italic, raised, hidden


@dataclass
class _Reader:
    styles: dict[str, etree._Element]
    lists: Lists
    cells: int = 0
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
    reader = _Reader(styles, Lists(lists))
    return _lines(reader, package), reader.dropped, _running_headers(root), "" if language == "none" else language


def _collect(element: etree._Element, styles: dict[str, etree._Element], lists: dict[str, etree._Element]) -> None:
    name = element.get(STYLE + "name")
    if element.tag == STYLE + "style" and name:
        styles[str(name)] = element
    elif element.tag == TEXT + "list-style" and name:
        lists[str(name)] = element
    elif element.tag == TEXT + "outline-style":
        lists[OUTLINE] = element


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
        style = str(element.get(TEXT + "style-name") or "")
        yield from _list(reader, element, reader.lists.begin(element, style), style, 0)
    elif element.tag == TEXT + "numbered-paragraph":
        yield from _numbered_paragraph(reader, element)
    elif element.tag == TABLE + "table":
        yield _table(reader, element)
    elif element.tag in CONTENTS:
        yield from _contents(reader, element)
    elif element.tag == TEXT + "tracked-changes":
        reader.dropped["tracked_changes"] += len(element)
    elif element.tag in WRAPPERS:
        for child in element if element.get(TEXT + "display") != "none" else ():
            yield from _block(reader, child, auto)
    elif element.tag.startswith(DRAW):
        line = Line()
        _lose_drawing(element, line)
        yield line


def _contents(reader: _Reader, element: etree._Element) -> Iterator[Line]:
    for entry in element.iter(TEXT + "p"):
        line = _paragraph(reader, entry, None)
        line.is_toc = True
        yield line


def _list(reader: _Reader, element: etree._Element, root: str, style: str, depth: int) -> Iterator[Line]:
    """A list and those inside it, which inherit its style; an item that only holds a list has no number of its own."""
    style = str(element.get(TEXT + "style-name") or style)
    for item in element:
        if item.tag not in (TEXT + "list-item", TEXT + "list-header"):
            continue
        reader.lists.start(root, depth, item.get(TEXT + "start-value"))
        waits = item.tag == TEXT + "list-item"
        for child in item:
            if child.tag == TEXT + "list":
                yield from _list(reader, child, root, style, depth + 1)
                continue
            auto = reader.lists.count(root, style, depth) if waits and child.tag in (TEXT + "p", TEXT + "h") else None
            waits = waits and auto is None
            yield from _block(reader, child, auto)


def _numbered_paragraph(reader: _Reader, element: etree._Element) -> Iterator[Line]:
    """A paragraph that names its list instead of standing in it."""
    style = str(element.get(TEXT + "style-name") or "")
    depth = max(whole(element.get(TEXT + "level"), 1), 1) - 1
    root = f"list {element.get(TEXT + 'list-id') or style}"
    reader.lists.start(root, depth, element.get(TEXT + "start-value"))
    for child in element:
        yield from _block(reader, child, reader.lists.count(root, style, depth))


def _paragraph(reader: _Reader, element: etree._Element, auto: Auto | None) -> Line:
    style = str(element.get(TEXT + "style-name") or "")
    line = Line(auto=auto)
    bold, italic, _, hidden = _look(reader, style, (False, False, "", False))
    if element.tag == TEXT + "h":
        line.heading = max(1, whole(element.get(TEXT + "outline-level"), 1))
        if auto is None and element.get(TEXT + "is-list-header") != "true":
            counted = reader.lists.count(OUTLINE, OUTLINE, line.heading - 1)
            line.auto = counted if counted.label else None
    if hidden:
        reader.dropped["hidden_text"] += 1
    else:
        _inline(reader, element, line, (bold and not line.heading, italic, "", False), "")
    return line


def _look(reader: _Reader, style: str, look: Look) -> Look:
    chain, seen = [], set()
    while style in reader.styles and style not in seen:
        seen.add(style)
        chain.append(reader.styles[style])
        style = str(reader.styles[style].get(STYLE + "parent-style-name") or "")
    bold, italic, raised, hidden = look
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
        if shown := properties.get(TEXT + "display"):
            hidden = str(shown) == "none"
    return bold, italic, raised, hidden


def _inline(reader: _Reader, element: etree._Element, line: Line, look: Look, href: str) -> None:
    if look[3]:
        reader.dropped["hidden_text"] += 1
        return
    if element.text:
        line.pieces.append(Piece(element.text.replace("\n", " "), *look[:3], href))
    for child in element:
        if isinstance(child.tag, str):
            _within(reader, child, line, look, href)
        if child.tail:
            line.pieces.append(Piece(child.tail.replace("\n", " "), *look[:3], href))


def _within(reader: _Reader, child: etree._Element, line: Line, look: Look, href: str) -> None:
    """One element inside a paragraph: text with a look, a link, blanks, a note, or something that is dropped."""
    if child.tag == TEXT + "span":
        _inline(reader, child, line, _look(reader, str(child.get(TEXT + "style-name") or ""), look), href)
    elif child.tag == TEXT + "a":
        _inline(reader, child, line, look, str(child.get(XLINK + "href") or ""))
    elif child.tag == TEXT + "s":
        line.pieces.append(Piece(" " * min(whole(child.get(TEXT + "c"), 1), SPACES_MAX), *look[:3], href))
    elif child.tag in BREAKS:
        line.pieces.append(Piece(BREAKS[child.tag], *look[:3], href))
    elif child.tag == TEXT + "note":
        _note(reader, child, line)
    elif child.tag.startswith(DRAW) and child.tag != DRAW + "a":
        _lose_drawing(child, line)
    elif child.tag == OFFICE + "annotation":
        reader.dropped["comment"] += 1
    elif child.tag in HIDDEN:
        reader.dropped["hidden_text"] += child.tag != TEXT + "ruby-text"
    elif child.tag.startswith(TEXT) and not child.tag.startswith(TEXT + "change"):
        _inline(reader, child, line, look, href)  # fields, bookmarks, numbers of cross-references: their text counts


def _lose_drawing(element: etree._Element, line: Line) -> None:
    """A picture, or the words of a text box."""
    words = " ".join(
        " ".join("".join(str(part) for part in paragraph.itertext()) for paragraph in element.iter(TEXT + "p")).split()
    )
    line.lose("text_box" if words else "picture", words)


def _note(reader: _Reader, element: etree._Element, line: Line) -> None:
    body = Line()
    for paragraph in element.findall(f"{TEXT}note-body//{TEXT}p"):
        if body.pieces:
            body.pieces.append(Piece("\n"))
        body.pieces.extend(piece for piece in _paragraph(reader, paragraph, None).pieces if piece.note is None)
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


def _below(element: etree._Element, tag: str, closed: set[str]) -> Iterator[etree._Element]:
    """The nearest elements of a tag below one, not inside of what is closed."""
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag not in closed:
            yield from _below(child, tag, closed)


def _table(reader: _Reader, element: etree._Element) -> Line:
    rows: list[list[Cell]] = []
    table = Line(rows=rows)
    for row in _below(element, TABLE + "table-row", {TABLE + "table"}):
        parent = row.getparent()
        if parent is not None and parent.tag == TABLE + "table-header-rows" and table.header_rows == len(rows):
            table.header_rows += 1
        rows.append([_cell(reader, cell, table) for cell in _below(row, TABLE + "table-cell", {TABLE + "table"})])
    return table


def _cell(reader: _Reader, element: etree._Element, table: Line) -> Cell:
    """A cell: its paragraphs, also those of lists and of tables inside; its words and notes go to the table. Raises FileUnpacksTooLarge."""
    reader.cells += 1
    if reader.cells > CELLS_MAX:
        raise FileUnpacksTooLarge
    lines = [line for child in element for line in _in_cell(reader, child)]
    for line in lines:
        table.notes.extend(line.notes)
        table.lost.extend(line.lost)
    table.pieces.append(Piece(" ".join(line.text for line in lines) + " "))
    html = "<br>".join(line.labelled_html() for line in lines if line.text)
    spans = (whole(element.get(f"{TABLE}number-{side}-spanned"), 1) for side in ("columns", "rows"))
    return Cell(html, *(max(1, min(span, SPAN_MAX)) for span in spans))


def _in_cell(reader: _Reader, element: etree._Element) -> Iterator[Line]:
    if element.tag == TABLE + "table":
        for cell in _below(element, TABLE + "table-cell", set()):
            for child in cell:
                yield from _in_cell(reader, child)
    elif isinstance(element.tag, str):
        yield from _block(reader, element, None)


def _running_headers(root: etree._Element | None) -> list[str]:
    texts = []
    for holder in root.iter(STYLE + "header", STYLE + "footer", STYLE + "header-left") if root is not None else ():
        for paragraph in holder.iter(TEXT + "p"):
            text = " ".join("".join(str(part) for part in paragraph.itertext()).split())
            if len(text) > 3:
                texts.append(text)
    return texts
