"""Letters as one Word file: a page or more each, the address where the window of an envelope is, made row by row as XML.

Nothing here asks the document about what it holds already: a thousand letters take a thousand times as long as one.
Source of the places: DIN 5008, form B: the window begins 45 mm from the top, 20 mm from the left, 85 by 45 mm.
"""

import io
import unicodedata
from collections.abc import Iterable
from typing import Any

import segno
from docx import Document
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Mm, Pt
from lxml import etree

from consult.mailings.letters import LRM, Letter

NAMESPACES = nsdecls("w", "r", "wp", "a", "pic")
IMAGE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MM = 56.693  # twentieths of a point
SQUARE = 32 * 36_000  # 32 mm in EMU
LONG = 7  # lines of an address that still fit the window in letters of ordinary size
PLAIN = (
    '<w:tblBorders/><w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="0" w:type="dxa"/>'
    '<w:right w:w="0" w:type="dxa"/></w:tblCellMar>'
)


def as_docx(letters: Iterable[Letter], *, title: str) -> bytes:
    """The file. Each letter begins on a page of its own, in its own direction."""
    made = Document()
    made.core_properties.title, made.core_properties.author, made.core_properties.comments = title, "", ""
    page = made.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin, page.right_margin, page.top_margin, page.bottom_margin = Mm(20), Mm(20), Mm(20), Mm(15)
    page.header_distance = page.footer_distance = Mm(8)
    normal = made.styles["Normal"]
    normal.font.name, normal.font.size = "Arial", Pt(11)
    normal.element.rPr.rFonts.set(f"{W}cs", "Arial")
    normal.paragraph_format.space_after, normal.paragraph_format.space_before = Pt(6), Pt(0)
    last = made.element.body.sectPr
    for number, letter in enumerate(letters, start=1):
        for element in _letter(letter, _square(made.part, letter, number), number):
            last.addprevious(element)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _square(document: Any, letter: Letter, number: int) -> str:
    """The square of a letter as a part of the package. Returns its relationship's id."""
    drawn = io.BytesIO()
    segno.make(letter.door, error="m", micro=False).save(drawn, kind="png", scale=4, border=4)
    part = Part(PackURI(f"/word/media/square{number}.png"), "image/png", drawn.getvalue(), document.package)
    name = f"square{number}"  # given by us: asking for the next free one would go through all there are
    document.rels.add_relationship(IMAGE, part, name)
    return name


def _letter(letter: Letter, square: str, number: int) -> list[etree._Element]:
    size = 22 if len(letter.address) <= LONG else 16
    window = "".join(_paragraph(one, letter, size=size, after=0, rtl=_is_rtl(one, letter)) for one in letter.address)
    aside = _paragraph(letter.day, letter, after=0) + _paragraph(letter.about, letter, size=18, after=0)
    head = _row(25, (_paragraph(letter.sender, letter, bold=True), _EMPTY, _EMPTY))
    top = _table(
        (85, 10, 75), (head, _row(45, (window, _EMPTY, aside)))
    )  # the window is left, whichever way one writes
    words = "".join(_paragraph(part, letter) for part in letter.paragraphs)
    words += "".join(
        _paragraph(
            part.words,
            letter,
            bold=part.is_bold,
            keep=part.is_bold,
            rtl=part.direction == "rtl",
            language=part.language,
        )
        for part in letter.passages
    )
    way = (
        _paragraph(letter.how, letter)
        + _paragraph(letter.enter, letter, is_ltr=True, bold=True)
        + _paragraph(letter.code, letter, is_ltr=True, bold=True, size=32)
    )
    after = "".join(_paragraph(part, letter, size=18, after=60) for part in letter.after)
    begins = "" if number == 1 else "<w:pageBreakBefore/>"
    start = f'<w:p><w:pPr>{begins}<w:spacing w:after="0" w:line="20" w:lineRule="exact"/></w:pPr></w:p>'
    body = (
        start
        + top
        + _paragraph(letter.subject, letter, bold=True, before=240, keep=True)
        + words
        + _table((40, 130), (_row(0, (_picture(square, number), way)),), rtl=letter.direction == "rtl")
        + after
    )
    return list(parse_xml(f"<w:body {NAMESPACES}>{body}</w:body>"))


_EMPTY = '<w:p><w:pPr><w:spacing w:after="0"/></w:pPr></w:p>'


def _table(widths: tuple[int, ...], rows: tuple[str, ...], *, rtl: bool = False) -> str:
    grid = "".join(f'<w:gridCol w:w="{round(width * MM)}"/>' for width in widths)
    filled = "".join(rows)
    for place, width in enumerate(widths):
        filled = filled.replace(f"@{place}@", str(round(width * MM)))
    shape = f'<w:bidiVisual w:val="{int(rtl)}"/><w:tblW w:w="{round(sum(widths) * MM)}" w:type="dxa"/>{PLAIN}'
    return f"<w:tbl><w:tblPr>{shape}</w:tblPr><w:tblGrid>{grid}</w:tblGrid>{filled}</w:tbl>"


def _row(height: int, cells: tuple[str, ...]) -> str:
    tall = f'<w:trHeight w:val="{round(height * MM)}" w:hRule="atLeast"/>' if height else ""
    inner = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="@{place}@" w:type="dxa"/></w:tcPr>{cell}</w:tc>' for place, cell in enumerate(cells)
    )
    return f"<w:tr><w:trPr><w:cantSplit/>{tall}</w:trPr>{inner}</w:tr>"


def _paragraph(
    words: str,
    letter: Letter,
    *,
    bold: bool = False,
    size: int = 22,
    before: int = 0,
    after: int = 120,
    keep: bool = False,
    is_ltr: bool = False,
    rtl: bool | None = None,
    language: str = "",
) -> str:
    """A paragraph in the letter's direction, or another. `is_ltr`: an address of the web, or a code, which stay left to right in it."""
    rtl = letter.direction == "rtl" if rtl is None else rtl
    words = f"{LRM}{words}{LRM}" if is_ltr else words
    shape = ("<w:keepNext/>" if keep else "") + ("<w:bidi/>" if rtl else "")
    shape += f'<w:spacing w:before="{before}" w:after="{after}"/>'
    look = ("<w:b/><w:bCs/>" if bold else "") + f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>'
    look += "" if is_ltr or not rtl else "<w:rtl/>"
    code = language or letter.language
    look += "" if is_ltr else f'<w:lang w:val="{code}" w:eastAsia="{code}" w:bidi="{code}"/>'
    run = f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{_safe(words)}</w:t></w:r>'
    return f"<w:p><w:pPr>{shape}</w:pPr>{run}</w:p>"


def _is_rtl(line: str, letter: Letter) -> bool:
    """Whether a line of an address is written from right to left: by its first letter that has a direction."""
    found = next((kind for kind in map(unicodedata.bidirectional, line) if kind in ("L", "R", "AL")), None)
    return letter.direction == "rtl" if found is None else found != "L"


def _safe(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _picture(square: str, number: int) -> str:
    return (
        f'<w:p><w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{SQUARE}" cy="{SQUARE}"/>'
        f'<wp:docPr id="{number}" name="square {number}" descr="QR"/><a:graphic>'
        '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr>'
        f'<pic:cNvPr id="{number}" name="square {number}"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="{square}"/>'
        '<a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/>'
        f'<a:ext cx="{SQUARE}" cy="{SQUARE}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
    )
