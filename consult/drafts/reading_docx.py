"""A Word file into lines. Word's own rules: ECMA-376 part 1, sections 17.3 (text), 17.7 (styles), 17.9 (numbering), 17.11 (notes)."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from consult.drafts.document import Note, NoteKind
from consult.drafts.reading_docx_numbering import Numbering
from consult.drafts.reading_docx_styles import Styles, attr, w
from consult.drafts.reading_lines import Line, Piece
from consult.drafts.reading_package import Package

REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
MC_ALTERNATE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
DOCUMENT = "word/document.xml"

# Wrappers whose content counts as if they were not there. Insertions and moves count as accepted.
TRANSPARENT = {
    w(name) for name in ("ins", "moveTo", "smartTag", "sdt", "sdtContent", "fldSimple", "customXml", "bdo", "dir")
}
DROPPED = {
    w("del"): "tracked_changes",
    w("moveFrom"): "tracked_changes",
    w("drawing"): "picture",
    w("pict"): "picture",
    w("object"): "picture",
    MC_ALTERNATE: "text_box",
    w("commentReference"): "comment",
}
TEXT_FOR = {w("tab"): "\t", w("br"): "\n", w("cr"): "\n", w("noBreakHyphen"): "‑", w("ptab"): "\t"}


@dataclass
class _Reader:
    package: Package
    styles: Styles
    numbering: Numbering
    links: dict[str, str]
    notes: dict[NoteKind, dict[str, etree._Element]]
    counted: Counter[NoteKind] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    fields: list[str] = field(default_factory=list)  # instructions of the fields we are inside of


def read_docx(package: Package) -> tuple[Iterator[Line], Counter[str], list[str], str]:
    """The lines of a Word file, what was dropped (filled while the lines are read), its running headers, its stated language."""
    reader = _Reader(
        package,
        Styles(package.xml("word/styles.xml") if "word/styles.xml" in package.names else None),
        Numbering(package.xml("word/numbering.xml") if "word/numbering.xml" in package.names else None),
        _links(package),
        {
            NoteKind.FOOTNOTE: _note_elements(package, "word/footnotes.xml", "footnote"),
            NoteKind.ENDNOTE: _note_elements(package, "word/endnotes.xml", "endnote"),
        },
    )
    if _has_linked_template(package):
        reader.dropped["linked_template"] += 1
    return _lines(reader), reader.dropped, _running_headers(package), reader.styles.language


def _lines(reader: _Reader) -> Iterator[Line]:
    for element in reader.package.children(DOCUMENT, w("body")):
        yield from _block(reader, element)


def _block(reader: _Reader, element: etree._Element) -> Iterator[Line]:
    if element.tag == w("p"):
        yield _paragraph(reader, element)
    elif element.tag == w("tbl"):
        yield _table(reader, element)
    elif element.tag == w("sdt"):
        gallery = element.find(f"{w('sdtPr')}/{w('docPartObj')}/{w('docPartGallery')}")
        is_toc = gallery is not None and "contents" in (attr(gallery, "val") or "").lower()
        for child in element.findall(f"{w('sdtContent')}/*"):
            for line in _block(reader, child):
                line.is_toc = line.is_toc or is_toc
                yield line
    elif element.tag in TRANSPARENT:
        for child in element:
            yield from _block(reader, child)


def _paragraph(reader: _Reader, element: etree._Element) -> Line:
    properties = element.find(w("pPr"))
    style = reader.styles.paragraph_style(properties)
    was_toc = any(_is_toc(instruction) for instruction in reader.fields)
    line = Line(heading=reader.styles.heading_level(style, properties))
    _runs(reader, element, line, bold=reader.styles.is_bold(style))
    line.is_toc = was_toc or reader.styles.is_toc(style) or any(_is_toc(instruction) for instruction in reader.fields)
    if line.text or line.notes:  # Word counts an empty numbered paragraph too, but nobody sees its number
        line.auto = reader.numbering.count(*reader.styles.numbering_of(style, properties))
    return line


def _is_toc(instruction: str) -> bool:
    return instruction.strip().upper().startswith("TOC")


def _runs(reader: _Reader, parent: etree._Element, line: Line, *, bold: bool, href: str = "") -> None:
    for child in parent:
        if child.tag == w("r"):
            _run(reader, child, line, bold=bold, href=href)
        elif child.tag == w("hyperlink"):
            _runs(reader, child, line, bold=bold, href=reader.links.get(child.get(f"{REL}id", ""), ""))
        elif child.tag in TRANSPARENT:
            if child.tag in (w("ins"), w("moveTo")):
                reader.dropped["tracked_changes"] += 1
            _runs(reader, child, line, bold=bold, href=href)
        elif child.tag in DROPPED:
            reader.dropped[DROPPED[child.tag]] += 1


def _run(reader: _Reader, run: etree._Element, line: Line, *, bold: bool, href: str) -> None:
    properties = run.find(w("rPr"))
    look = reader.styles.look(properties, bold)
    if look is None:
        reader.dropped["hidden_text"] += 1
        return
    custom = any(attr(one, "customMarkFollows") in ("1", "true", "on") for one in run)
    for child in run:
        if child.tag == w("t") or child.tag in TEXT_FOR:
            text = child.text or "" if child.tag == w("t") else TEXT_FOR[child.tag]
            if custom:
                line.notes[-1].mark = text.strip() or line.notes[-1].mark
            else:
                line.pieces.append(Piece(text, *look, href))
        elif child.tag in (w("footnoteReference"), w("endnoteReference")):
            kind = NoteKind.FOOTNOTE if child.tag == w("footnoteReference") else NoteKind.ENDNOTE
            _refer(reader, kind, child, line, custom=custom)
        elif child.tag == w("fldChar"):
            _field(reader, attr(child, "fldCharType") or "")
        elif child.tag == w("instrText") and reader.fields:
            reader.fields[-1] += child.text or ""
        elif child.tag == w("sym"):
            line.pieces.append(Piece("•" if (attr(child, "char") or "").upper().endswith("B7") else "", *look, href))
        elif child.tag in DROPPED:
            reader.dropped[DROPPED[child.tag]] += 1


def _field(reader: _Reader, kind: str) -> None:
    if kind == "begin":
        reader.fields.append("")
    elif kind == "end" and reader.fields:
        reader.fields.pop()


def _refer(reader: _Reader, kind: NoteKind, reference: etree._Element, line: Line, *, custom: bool) -> None:
    found = reader.notes[kind].get(attr(reference, "id") or "")
    body = Line()
    for paragraph in found.iter(w("p")) if found is not None else ():
        if body.pieces:
            body.pieces.append(Piece("\n"))
        plain = Line()
        _runs(reader, paragraph, plain, bold=False)
        body.pieces.extend(plain.pieces)
    if custom:
        body = body.without(len(body.raw) - len(body.raw.lstrip(" \t*")))
        note = Note("*", NoteKind.CUSTOM, None, body.text, body.html())
    else:
        reader.counted[kind] += 1
        body = body.without(len(body.raw) - len(body.raw.lstrip()))
        note = Note(str(reader.counted[kind]), kind, reader.counted[kind], body.text, body.html())
    line.pieces.append(Piece("", note=len(line.notes)))
    line.notes.append(note)


def _table(reader: _Reader, element: etree._Element) -> Line:
    rows: list[list[str]] = []
    table = Line(rows=rows)
    for row in element.iter(w("tr")):
        if _nested(row, element):
            continue
        if row.find(f"{w('trPr')}/{w('tblHeader')}") is not None and table.header_rows == len(rows):
            table.header_rows += 1
        cells = []
        for cell in row.findall(w("tc")):
            lines = [_paragraph(reader, paragraph) for paragraph in cell.iter(w("p"))]
            for line in lines:
                for piece in line.pieces:
                    if piece.note is not None:
                        piece.note += len(table.notes)
                table.notes.extend(line.notes)
            cells.append("<br>".join(line.html() for line in lines if line.text))
            table.pieces.append(Piece(" ".join(line.text for line in lines) + " "))
        rows.append(cells)
    return table


def _nested(row: etree._Element, table: etree._Element) -> bool:
    """Whether a row belongs to a table inside the table: its text is in the outer cell already."""
    nearest = next(above for above in row.iterancestors() if above.tag == w("tbl"))
    return nearest is not table


def _links(package: Package) -> dict[str, str]:
    """Addresses of hyperlinks by relationship id. They are kept as text, and never followed."""
    name = "word/_rels/document.xml.rels"
    found: dict[str, str] = {}
    for part in (name, "word/_rels/footnotes.xml.rels", "word/_rels/endnotes.xml.rels"):
        if part in package.names:
            for relation in package.xml(part):
                if str(relation.get("Type", "")).endswith("/hyperlink") and relation.get("TargetMode") == "External":
                    found.setdefault(str(relation.get("Id")), str(relation.get("Target", "")))
    return found


def _has_linked_template(package: Package) -> bool:
    name = "word/_rels/settings.xml.rels"
    if name not in package.names:
        return False
    return any(relation.get("TargetMode") == "External" for relation in package.xml(name))


def _note_elements(package: Package, part: str, tag: str) -> dict[str, etree._Element]:
    if part not in package.names:
        return {}
    return {attr(note, "id") or "": note for note in package.xml(part).findall(w(tag)) if attr(note, "type") is None}


def _running_headers(package: Package) -> list[str]:
    """The texts of the page headers and footers, so that a stray copy in the body can be told."""
    texts = []
    for name in sorted(package.names):
        if re.fullmatch(r"word/(header|footer)\d*\.xml", name):
            for paragraph in package.xml(name).iter(w("p")):
                text = " ".join("".join(run.text or "" for run in paragraph.iter(w("t"))).split())
                if len(text) > 3:
                    texts.append(text)
    return texts
