"""A Word file into lines. Word's own rules: ECMA-376 part 1, sections 17.3 (text), 17.4 (tables), 17.7 (styles), 17.9 (numbering)."""

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from consult.drafts.document import NoteKind
from consult.drafts.reading_docx_numbering import Numbering
from consult.drafts.reading_docx_parts import Parts
from consult.drafts.reading_docx_styles import Styles, attr, w
from consult.drafts.reading_docx_text import (
    DELETED,
    INSERTED,
    TRANSPARENT,
    Field,
    Reader,
    is_placeholder,
    read_runs,
    walk,
)
from consult.drafts.reading_lines import Cell, Line, Piece, whole
from consult.drafts.reading_package import Package
from consult.drafts.reading_refusals import FileUnpacksTooLarge

CELLS_MAX = 20_000  # of all tables
COLUMNS_MAX = 63  # Word's own limit
FOREIGN = {w("altChunk"), w("subDoc")}


def read_docx(package: Package) -> tuple[Iterator[Line], Counter[str], list[str], str]:
    """The lines of a Word file, what was dropped (filled while the lines are read), its running headers, its stated language."""
    parts = Parts(package)
    reader = Reader(
        Styles(parts.tree("styles")),
        Numbering(parts.tree("numbering")),
        {kind: parts.links(kind) for kind in (None, NoteKind.FOOTNOTE, NoteKind.ENDNOTE)},
        {kind: parts.notes(kind) for kind in (NoteKind.FOOTNOTE, NoteKind.ENDNOTE)},
    )
    reader.numbering.resolve(reader.styles.list_of)
    if parts.has_linked_template():
        reader.dropped["linked_template"] += 1
    return _lines(reader, package, parts.main), reader.dropped, parts.running_headers(), reader.styles.language


def _lines(reader: Reader, package: Package, main: str) -> Iterator[Line]:
    for element in package.children(main, w("body")):
        yield from _block(reader, element)
    yield from _carried(reader)


def _block(reader: Reader, element: etree._Element) -> Iterator[Line]:
    if element.tag == w("p"):
        line = _paragraph(reader, element)
        if line is not None:
            yield line
    elif element.tag == w("tbl"):
        yield from _carried(reader)
        yield _table(reader, element)
    elif element.tag == w("sdt"):
        yield from _control(reader, element)
    elif element.tag in FOREIGN:
        line = Line()
        line.lose("linked_part", "")
        yield line
    elif element.tag in TRANSPARENT:
        reader.dropped["tracked_changes"] += element.tag in INSERTED
        for child in element:
            yield from _block(reader, child)
    elif element.tag in DELETED:
        reader.dropped["tracked_changes"] += 1


def _control(reader: Reader, element: etree._Element) -> Iterator[Line]:
    gallery = element.find(f"{w('sdtPr')}/{w('docPartObj')}/{w('docPartGallery')}")
    is_toc = gallery is not None and "contents" in (attr(gallery, "val") or "").lower()
    for child in element.findall(f"{w('sdtContent')}/*") if not is_placeholder(element) else ():
        for line in _block(reader, child):
            line.is_toc = line.is_toc or is_toc
            yield line


def _carried(reader: Reader) -> Iterator[Line]:
    """Text that waits for the next paragraph, where none comes."""
    if reader.carried is not None:
        line, reader.carried = reader.carried, None
        yield line


def _paragraph(reader: Reader, element: etree._Element) -> Line | None:
    """A paragraph; None where its mark is a tracked deletion: then its text goes into the next one."""
    properties = element.find(w("pPr"))
    style = reader.styles.paragraph_style(properties)
    heading = reader.styles.heading_level(style, properties)
    if heading:  # no entry of a contents list is one: the field was never ended
        reader.fields = [one for one in reader.fields if not _is_toc(one)]
    was_toc = any(_is_toc(one) for one in reader.fields)
    line, reader.carried = reader.carried or Line(), None
    line.heading = heading
    read_runs(reader, element, line, reader.styles.base(style))
    line.is_toc = was_toc or reader.styles.is_toc(style) or any(_is_toc(one) for one in reader.fields)
    for one in reader.fields:
        one.shows = True  # an instruction ends with its paragraph: no text may vanish in a field that is broken
    if _mark_is_deleted(properties):
        reader.dropped["tracked_changes"] += 1
        reader.carried = line if line.pieces or line.notes or line.lost else None
        return None
    line.auto = reader.numbering.count(*reader.styles.numbering_of(style, properties))
    return line


def _mark_is_deleted(properties: etree._Element | None) -> bool:
    mark = properties.find(w("rPr")) if properties is not None else None
    return mark is not None and any(mark.find(tag) is not None for tag in DELETED)


def _is_toc(one: Field) -> bool:
    return one.instruction.strip().upper().startswith("TOC")


def _table(reader: Reader, element: etree._Element) -> Line:
    """A table: cells that span columns and rows, content controls around rows and cells, without rows that were deleted."""
    table = Line(rows=[])
    open_cells: dict[int, Cell] = {}  # by column: what a cell below may continue
    for row in walk(element, w("tr"), w("tbl")):
        properties = row.find(w("trPr"))
        if properties is not None and any(properties.find(tag) is not None for tag in DELETED):
            reader.dropped["tracked_changes"] += 1
            continue
        rows = table.rows or []
        if properties is not None and properties.find(w("tblHeader")) is not None and table.header_rows == len(rows):
            table.header_rows += 1
        rows.append(_row(reader, row, table, open_cells))
        table.rows = rows
    return table


def _row(reader: Reader, row: etree._Element, table: Line, open_cells: dict[int, Cell]) -> list[Cell]:
    before = row.find(f"{w('trPr')}/{w('gridBefore')}")
    column = min(whole(attr(before, "val"), 0), COLUMNS_MAX) if before is not None else 0
    cells = []
    for element in walk(row, w("tc"), w("tbl")):
        span, merge = element.find(f"{w('tcPr')}/{w('gridSpan')}"), element.find(f"{w('tcPr')}/{w('vMerge')}")
        width = max(1, min(whole(attr(span, "val"), 1), COLUMNS_MAX)) if span is not None else 1
        cell = Cell(_cell(reader, element, table), width)
        above = open_cells.get(column)
        if merge is not None and attr(merge, "val") != "restart" and above is not None and not cell.html:
            above.rows += 1
        else:
            cells.append(cell)
            open_cells.pop(column, None)
            if merge is not None:
                open_cells[column] = cell
        column += width
    return cells


def _cell(reader: Reader, element: etree._Element, table: Line) -> str:
    """The HTML of a cell, with the numbers of its lists; its words and notes go to the table. Raises FileUnpacksTooLarge."""
    reader.cells += 1
    if reader.cells > CELLS_MAX:
        raise FileUnpacksTooLarge
    lines = [line for paragraph in walk(element, w("p")) if (line := _paragraph(reader, paragraph)) is not None]
    lines += _carried(reader)
    for line in lines:
        for piece in line.pieces:
            if piece.note is not None:
                piece.note += len(table.notes)
        table.notes.extend(line.notes)
        table.lost.extend(line.lost)
    table.pieces.append(Piece(" ".join(line.text for line in lines) + " "))
    return "<br>".join(line.labelled_html() for line in lines if line.text)
