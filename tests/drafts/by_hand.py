"""The drafts of tests/drafts/samples once more, as Word itself writes them: the same words, other machinery."""

from tests.drafts.building import R, W, call, docx, level, notes, p, run

RUNNING = "Kingdom of Arcadia – draft of 3 March 2026, not for citation"
COVER = p("Kingdom of Arcadia") + p("Fourth national report, draft for comment")
FIELD = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
RESTARTED = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="{}"/></w:lvlOverride>'


def head(text: str, style: str = "H1") -> str:
    """A heading with its typed label."""
    return p(text.replace("|", "\t"), style=style)


def one(text: str, inside: str = "", *, depth: int = 0, number: int = 1) -> str:
    """An automatically numbered paragraph."""
    return p(text, number=(number, depth), inside=inside)


def entry(text: str, page: int, before: str = "", after: str = "") -> str:
    """A line of a contents list: a link with the page number as a field of its own."""
    number = f"{FIELD.format('begin')}<w:r><w:instrText> PAGEREF _Toc{page} \\h </w:instrText></w:r>{FIELD.format('separate')}{run(str(page))}{FIELD.format('end')}"
    return p(
        "", style="Toc1", inside=f'{before}<w:hyperlink w:anchor="_Toc{page}">{run(text + chr(9))}{number}</w:hyperlink>{after}'
    )  # fmt: skip


def endnotes() -> bytes:
    """Endnotes and a footnote, each series with its own numbers, the ids of the file beside them."""
    return docx(
        COVER, head("I.|Methodology"),
        one("The report was drafted by the national mechanism", call("endnote", 2) + run(" in nine meetings.")),
        one("Forty organisations took part.", call("footnote", 2)),
        head("II.|Justice"),
        one("The Courts Act was amended.", call("endnote", 3) + run(" It is in force.") + call("endnote", 4)),
        parts={
            "word/endnotes.xml": notes("endnote", "Decree 12 of 2024, article 3.", "Act 7 of 2025.", "Gazette 4 of 2025."),
            "word/footnotes.xml": notes("footnote", "The list stands on the page of the mechanism."),
        },
    )  # fmt: skip


def contents_list() -> bytes:
    """A contents list in its content control, one field over all its lines, as Word's ribbon makes it."""
    begin = f"{FIELD.format('begin')}<w:r><w:instrText> TOC \\o &quot;1-2&quot; \\h </w:instrText></w:r>{FIELD.format('separate')}"
    listed = (
        entry("I. Methodology", 1, before=begin)
        + entry("II. Justice", 2)
        + entry("A. Courts", 2)
        + entry("B. Prisons", 3)
    )
    control = (
        '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr><w:sdtContent>'
        f"{p('Contents')}{listed}{p('', inside=FIELD.format('end'))}</w:sdtContent></w:sdt>"
    )
    return docx(
        COVER, control,
        head("I.|Methodology"), one("The report was drafted by the national mechanism."),
        head("II.|Justice"), head("A.|Courts", "H2"), one("The Courts Act was amended."),
        head("B.|Prisons", "H2"), one("Two prisons were closed."),
    )  # fmt: skip


def body_table() -> bytes:
    """A table with a repeated first row and a note in a cell."""
    head_row = '<w:trPr><w:tblHeader w:val="true"/></w:trPr>'
    rows = (
        (head_row, "Court", "2024", "2025", ""),
        ("", "Amery", "31", "44", call("footnote", 2)),
        ("", "Belcourt", "12", "9", ""),
    )
    made = "".join(
        f"<w:tr>{properties}<w:tc>{p(a)}</w:tc><w:tc>{p(b)}</w:tc><w:tc>{p(c, inside=note)}</w:tc></w:tr>"
        for properties, a, b, c, note in rows
    )
    return docx(
        COVER, head("I.|Justice"), one("The table shows the cases decided."), f"<w:tbl><w:tblPr/><w:tblGrid/>{made}</w:tbl>",
        one("Fewer cases waited.", call("footnote", 3)),
        parts={"word/footnotes.xml": notes("footnote", "Without appeals.", "Judicial statistics 2025.")},
    )  # fmt: skip


def running_header() -> bytes:
    """A header of the page, and two copies of it with page numbers left in the text."""
    stray = p(RUNNING) + p("{}")
    return docx(
        COVER, head("I.|Justice"), one("The Courts Act was amended."), one("It is in force."), stray.format(2),
        one("Two prisons were closed."), stray.format(3), one("One was opened."),
        parts={"word/header1.xml": f"<w:hdr {W} {R}>{p(RUNNING)}</w:hdr>"},
    )  # fmt: skip


def cut_paragraph() -> bytes:
    """A paragraph cut in the middle of a sentence, and one that has a second part."""
    return docx(
        COVER, head("I.|Justice"), one("The Courts Act was amended after the Supreme Court had found that"),
        p("detention before trial lasted too long in four districts."), one("Two prisons were closed."),
        p("The buildings now house schools."),
    )  # fmt: skip


def restarted_list() -> bytes:
    """Lists of one pattern: "restart at 1" and "set value to 3" of Word's menu are new w:num that override the start."""
    pattern = level(0, "decimal", "%1.") + level(1, "lowerLetter", "(%2)")
    starts = {2: 1, 3: 3, 4: 1, 5: 1}
    lists = "".join(
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="0"/>{RESTARTED.format(start)}</w:num>'
        for number, start in starts.items()
    )
    numbering = (
        f'<w:numbering {W}><w:abstractNum w:abstractNumId="0">{pattern}</w:abstractNum>'
        f'<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>{lists}</w:numbering>'
    )
    return docx(
        COVER, head("I.|Justice"), one("The Courts Act was amended."), one("Three measures followed:"),
        *(one(text, number=2) for text in ("Judges were trained;", "Courts sat at night;", "Fees were waived.")),
        one("Two prisons were closed:", number=3),
        *(one(text, depth=1, number=3) for text in ("one in Amery;", "one in Belcourt.")),
        head("Annex"), head("A.|Laws adopted", "H2"), *(one(text, number=4) for text in ("Courts Act.", "Prisons Act.")),
        head("B.|Laws repealed", "H2"), one("Vagrancy Act.", number=5),
        parts={"word/numbering.xml": numbering},
    )  # fmt: skip


DRAFTS = {
    make.__name__: make for make in (endnotes, contents_list, body_table, running_header, cut_paragraph, restarted_list)
}
