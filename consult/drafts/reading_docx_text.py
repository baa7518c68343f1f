"""What stands inside a paragraph of a Word file: runs with their looks, links, fields, symbols, notes, and what is dropped.

Source: ECMA-376 part 1, sections 17.3 (text), 17.11 (notes), 17.13 (tracked changes), 17.16 (fields).
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from consult.drafts.document import Note, NoteKind
from consult.drafts.reading_docx_numbering import Numbering
from consult.drafts.reading_docx_styles import ON, Look, Styles, attr, w
from consult.drafts.reading_lines import Line, Piece
from consult.drafts.reading_refusals import FileUnpacksTooLarge

REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
ALTERNATE = MC + "AlternateContent"

# Wrappers whose content counts as if they were not there. Insertions and moves count as accepted.
TRANSPARENT = {w(name) for name in ("ins", "moveTo", "smartTag", "sdtContent", "fldSimple", "customXml", "bdo", "dir")}
INSERTED = {w("ins"), w("moveTo")}
DELETED = {w("del"), w("moveFrom")}
DRAWN = {w("drawing"), w("pict"), w("object"), ALTERNATE}
TEXT_FOR = {w("tab"): "\t", w("br"): "\n", w("cr"): "\n", w("noBreakHyphen"): "‑", w("ptab"): "\t"}
FIELDS_DEEP = 20
NOTES_MAX = 5_000
REFERENCES = {w("footnoteReference"): NoteKind.FOOTNOTE, w("endnoteReference"): NoteKind.ENDNOTE}
HYPERLINK = re.compile(r'\s*HYPERLINK\s+"([^"]+)"')
# Signs of fonts that have no letters, by their code in the font: the ones that reports use.
SYMBOLS = {
    "symbol": {"B7": "•", "B0": "°", "B1": "±", "A3": "≤", "B3": "≥", "B4": "×", "2D": "−", "AE": "→", "B9": "≠", "BB": "≈", "2A": "*"},
    "wingdings": {"A7": "▪", "6C": "●", "6E": "■", "71": "❑", "76": "❖", "D8": "➢", "E0": "→", "DF": "←", "FC": "✓", "FB": "✗",
                  "FE": "☑", "A8": "☐", "6F": "☐", "9F": "•", "77": "◆"},
}  # fmt: skip


@dataclass
class Field:
    """A field we are inside of: its instruction, and whether its result (which is text) has begun."""

    instruction: str = ""
    shows: bool = False


@dataclass
class Reader:
    """What is known of the file while its text is read."""

    styles: Styles
    numbering: Numbering
    links: dict[NoteKind | None, dict[str, str]]
    notes: dict[NoteKind, dict[str, etree._Element]]
    counted: Counter[NoteKind] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    fields: list[Field] = field(default_factory=list)
    bodies: dict[etree._Element | None, tuple[str, str]] = field(default_factory=dict)
    cells: int = 0
    inside: NoteKind | None = None  # the kind of note whose text is being read
    carried: Line | None = None  # text whose paragraph mark was deleted: it belongs to the next paragraph


def walk(element: etree._Element, wanted: str, *closed: str) -> Iterator[etree._Element]:
    """The nearest elements of a tag below one: not inside of drawings, deletions or what is named closed."""
    for child in element:
        if child.tag == wanted:
            yield child
        elif child.tag not in DRAWN and child.tag not in DELETED and child.tag not in closed:
            yield from walk(child, wanted, *closed)


def read_runs(reader: Reader, parent: etree._Element, line: Line, look: Look, href: str = "") -> None:
    """Add what stands below an element to a line."""
    for child in parent:
        if child.tag == w("r"):
            _run(reader, child, line, look, href)
        elif child.tag == w("hyperlink"):
            read_runs(reader, child, line, look, reader.links[reader.inside].get(child.get(f"{REL}id", ""), ""))
        elif child.tag == w("sdt"):
            if not is_placeholder(child):
                read_runs(reader, child, line, look, href)
        elif child.tag in TRANSPARENT:
            if child.tag in INSERTED:
                reader.dropped["tracked_changes"] += 1
            read_runs(reader, child, line, look, href)
        elif child.tag in (MATH + "oMath", MATH + "oMathPara"):
            _put(reader, line, "".join(text.text or "" for text in child.iter(MATH + "t")), look, href)
        else:
            _drop(reader, child, line)


def is_placeholder(control: etree._Element) -> bool:
    """Whether a content control shows its "click here" words only."""
    shown = control.find(f"{w('sdtPr')}/{w('showingPlcHdr')}")
    return shown is not None and attr(shown, "val") in ON


def _put(reader: Reader, line: Line, text: str, look: Look, href: str) -> None:
    """Text as it is shown; the instruction of a field is not, and a field may be a link."""
    if all(one.shows for one in reader.fields):
        linked = [found[1] for one in reader.fields if (found := HYPERLINK.match(one.instruction))]
        line.pieces.append(Piece(text, look.bold, look.italic, look.raised, href or (linked[-1] if linked else "")))


def _run(reader: Reader, run: etree._Element, line: Line, look: Look, href: str) -> None:
    look = reader.styles.look(run.find(w("rPr")), look)
    if look.hidden:
        reader.dropped["hidden_text"] += 1
        return
    custom = any(attr(one, "customMarkFollows") in ("1", "true", "on") for one in run)
    for child in run:
        if child.tag == w("t") or child.tag in TEXT_FOR:
            text = TEXT_FOR.get(child.tag, child.text or "")
            if custom and line.notes:
                line.notes[-1].mark = text.strip() or line.notes[-1].mark
            else:
                _put(reader, line, text, look, href)
        elif child.tag in REFERENCES:
            _refer(reader, REFERENCES[child.tag], child, line, custom=custom)
        elif child.tag == w("fldChar"):
            _field(reader, attr(child, "fldCharType") or "")
        elif child.tag == w("instrText") and reader.fields:
            reader.fields[-1].instruction += child.text or ""
        elif child.tag == w("sym"):
            _put(reader, line, _symbol(child, line), look, href)
        elif child.tag == w("ruby"):
            _ruby(reader, child, line, look, href)
        else:
            _drop(reader, child, line)


def _ruby(reader: Reader, element: etree._Element, line: Line, look: Look, href: str) -> None:
    """Signs with their sound above them: the signs."""
    for base in element.findall(w("rubyBase")):
        read_runs(reader, base, line, look, href)


def _symbol(element: etree._Element, line: Line) -> str:
    """The sign that a symbol font shows; where we do not know it, a word about it."""
    font, code = (attr(element, "font") or "").lower(), (attr(element, "char") or "").upper()
    sign = SYMBOLS.get(font, {}).get(code[-2:], "") or ("•" if code.endswith("B7") else "")
    if not sign:
        line.lose("symbol", f"{font} {code}")
    return sign


def _field(reader: Reader, kind: str) -> None:
    if kind == "begin" and len(reader.fields) < FIELDS_DEEP:
        reader.fields.append(Field())
    elif kind == "separate" and reader.fields:
        reader.fields[-1].shows = True
    elif kind == "end" and reader.fields:
        reader.fields.pop()


def _drop(reader: Reader, element: etree._Element, line: Line) -> None:
    """What cannot be read as text: counted, or kept with its words so that a person can find it."""
    if element.tag in DELETED:
        reader.dropped["tracked_changes"] += 1
    elif element.tag == w("commentReference"):
        reader.dropped["comment"] += 1
    elif element.tag in DRAWN:
        shown = element if element.tag != ALTERNATE else next(iter(element.findall(MC + "Choice")), element)
        box = shown.find(f".//{w('txbxContent')}")
        words = " ".join("".join(text.text or "" for text in box.iter(w("t"))).split()) if box is not None else ""
        line.lose("text_box" if words else "picture", words)


def _refer(reader: Reader, kind: NoteKind, reference: etree._Element, line: Line, *, custom: bool) -> None:
    """Call a note. Raises FileUnpacksTooLarge where there are more than any report has."""
    found = reader.notes[kind].get(attr(reference, "id") or "") if reader.inside is None else None
    if found not in reader.bodies:  # a hostile file calls one note a hundred thousand times
        body = _note_body(reader, kind, found) if found is not None else Line()
        body = body.without(len(body.raw) - len(body.raw.lstrip(" \t*" if custom else None)))
        reader.bodies[found] = (body.text, body.html())
    text, html = reader.bodies[found]
    reader.counted[NoteKind.CUSTOM if custom else kind] += 1
    if reader.counted.total() > NOTES_MAX:
        raise FileUnpacksTooLarge
    number = None if custom else reader.counted[kind]
    line.pieces.append(Piece("", note=len(line.notes)))
    line.notes.append(Note(str(number or "*"), NoteKind.CUSTOM if custom else kind, number, text, html))


def _note_body(reader: Reader, kind: NoteKind, note: etree._Element) -> Line:
    """The text of a note; a line break between its paragraphs."""
    body = Line()
    outside, reader.fields, reader.inside = reader.fields, [], kind
    for paragraph in walk(note, w("p")):
        plain = Line()
        read_runs(reader, paragraph, plain, Look())
        if body.pieces and plain.pieces:
            body.pieces.append(Piece("\n"))
        body.pieces.extend(plain.pieces)
    reader.fields, reader.inside = outside, None
    return body
