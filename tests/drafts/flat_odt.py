"""Small drafts as flat OpenDocument text, the source that LibreOffice makes a DOCX and an ODT of.

Run as a program it makes them anew: `python -m tests.drafts.flat_odt` writes NAME.docx and NAME.odt into tests/drafts/samples.
What must be read in each stands beside them in NAME.expected.json; tests/drafts/test_own_samples.py holds the readers to it.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

SAMPLES = Path(__file__).parent / "samples"
SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{path}:1.0"'
    for name, path in (
        ("office", "office"), ("text", "text"), ("style", "style"), ("table", "table"), ("fo", "xsl-fo-compatible"),
    )
)  # fmt: skip
NUMBERS = """<text:list-style style:name="Paragraphs">
<text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/>
<text:list-level-style-number text:level="2" style:num-format="a" style:num-prefix="(" style:num-suffix=")"/>
</text:list-style>"""
FRAME = """<?xml version="1.0" encoding="UTF-8"?>
<office:document {spaces} office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.text">
<office:styles><style:default-style style:family="paragraph"><style:text-properties fo:language="en" fo:country="GB"/></style:default-style>
<style:style style:name="Standard" style:family="paragraph" style:class="text"/>
<style:style style:name="Header" style:family="paragraph" style:parent-style-name="Standard"/>
<style:style style:name="Heading_20_1" style:display-name="Heading 1" style:family="paragraph" style:default-outline-level="1"/>
<style:style style:name="Heading_20_2" style:display-name="Heading 2" style:family="paragraph" style:default-outline-level="2"/>
{numbers}</office:styles>
<office:automatic-styles><style:page-layout style:name="A4"><style:page-layout-properties fo:page-width="21cm" fo:page-height="29.7cm"/>
<style:header-style/></style:page-layout></office:automatic-styles>
<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="A4">{header}</style:master-page></office:master-styles>
<office:body><office:text>{body}</office:text></office:body></office:document>"""


def para(text: str) -> str:
    """A paragraph of text."""
    return f'<text:p text:style-name="Standard">{text}</text:p>'


def head(text: str, level: int = 1) -> str:
    """A heading; its typed label is followed by a tab."""
    label, _, rest = text.partition("|")
    shown = f"{label}<text:tab/>{rest}" if rest else label
    return f'<text:h text:style-name="Heading_20_{level}" text:outline-level="{level}">{shown}</text:h>'


def listed(*items: str, name: str, after: str = "", below: tuple[str, ...] = ()) -> str:
    """Automatically numbered paragraphs: a list of its own, or one that goes on after another; lettered ones below the last."""
    goes_on = f' text:continue-list="{after}"' if after else ""
    deeper = "".join(f"<text:list-item>{para(item)}</text:list-item>" for item in below)
    made = [para(item) for item in items]
    made[-1] += f"<text:list>{deeper}</text:list>" if below else ""
    inside = "".join(f"<text:list-item>{item}</text:list-item>" for item in made)
    return f'<text:list xml:id="{name}" text:style-name="Paragraphs"{goes_on}>{inside}</text:list>'


def noted(kind: str, number: int, text: str) -> str:
    """A footnote or an endnote, where it is called."""
    return (
        f'<text:note text:id="{kind}{number}" text:note-class="{kind}"><text:note-citation>{number}</text:note-citation>'
        f"<text:note-body>{para(text)}</text:note-body></text:note>"
    )


def table(*rows: tuple[str, ...]) -> str:
    """A table whose first row is repeated on every page."""
    made = ["".join(f"<table:table-cell>{para(cell)}</table:table-cell>" for cell in row) for row in rows]
    lines = [f"<table:table-row>{row}</table:table-row>" for row in made]
    columns = f'<table:table-column table:number-columns-repeated="{len(rows[0])}"/>'
    return f'<table:table table:name="T">{columns}<table:table-header-rows>{lines[0]}</table:table-header-rows>{"".join(lines[1:])}</table:table>'


def contents(*entries: str) -> str:
    """A contents list as the program keeps it: a title, an entry a heading."""
    lines = "".join(para(entry.replace("|", "<text:tab/>")) for entry in entries)
    return (
        '<text:table-of-content text:name="Contents1"><text:table-of-content-source text:outline-level="2"/><text:index-body>'
        f'<text:index-title text:name="Contents1_Head">{para("Contents")}</text:index-title>{lines}</text:index-body></text:table-of-content>'
    )


RUNNING = "Kingdom of Arcadia – draft of 3 March 2026, not for citation"
COVER = para("Kingdom of Arcadia") + para("Fourth national report, draft for comment")

BODIES = {
    "endnotes": COVER
    + head("I.|Methodology")
    + listed(
        f"The report was drafted by the national mechanism{noted('endnote', 1, 'Decree 12 of 2024, article 3.')} in nine meetings.",
        f"Forty organisations took part.{noted('footnote', 1, 'The list stands on the page of the mechanism.')}",
        name="L1",
    )
    + head("II.|Justice")
    + listed(
        f"The Courts Act was amended.{noted('endnote', 2, 'Act 7 of 2025.')} It is in force.{noted('endnote', 3, 'Gazette 4 of 2025.')}",
        name="L2", after="L1",
    ),
    "contents_list": COVER
    + contents("I. Methodology|1", "II. Justice|2", "A. Courts|2", "B. Prisons|3")
    + head("I.|Methodology")
    + listed("The report was drafted by the national mechanism.", name="L1")
    + head("II.|Justice")
    + head("A.|Courts", 2)
    + listed("The Courts Act was amended.", name="L2", after="L1")
    + head("B.|Prisons", 2)
    + listed("Two prisons were closed.", name="L3", after="L2"),
    "body_table": COVER
    + head("I.|Justice")
    + listed("The table shows the cases decided.", name="L1")
    + table(
        ("Court", "2024", "2025"),
        ("Amery", "31", f"44{noted('footnote', 1, 'Without appeals.')}"),
        ("Belcourt", "12", "9"),
    )
    + listed(f"Fewer cases waited.{noted('footnote', 2, 'Judicial statistics 2025.')}", name="L2", after="L1"),
    "running_header": COVER
    + head("I.|Justice")
    + listed("The Courts Act was amended.", "It is in force.", name="L1")
    + para(RUNNING)
    + para("2")
    + listed("Two prisons were closed.", name="L2", after="L1")
    + para(RUNNING)
    + para("3")
    + listed("One was opened.", name="L3", after="L2"),
    "cut_paragraph": COVER
    + head("I.|Justice")
    + listed("The Courts Act was amended after the Supreme Court had found that", name="L1")
    + para("detention before trial lasted too long in four districts.")
    + listed("Two prisons were closed.", name="L2", after="L1")
    + para("The buildings now house schools."),
    "restarted_list": COVER
    + head("I.|Justice")
    + listed("The Courts Act was amended.", "Three measures followed:", name="L1")
    + listed("Judges were trained;", "Courts sat at night;", "Fees were waived.", name="L2")
    + listed(
        "Two prisons were closed:",
        name="L3", after="L1", below=("one in Amery;", "one in Belcourt."),
    )
    + head("Annex")
    + head("A.|Laws adopted", 2)
    + listed("Courts Act.", "Prisons Act.", name="L5")
    + head("B.|Laws repealed", 2)
    + listed("Vagrancy Act.", name="L6"),
}  # fmt: skip


def flat(name: str) -> str:
    """The source of a draft by name."""
    running = f'<style:header><text:p text:style-name="Header">{RUNNING}</text:p></style:header>'
    header = running if name == "running_header" else ""
    return FRAME.format(spaces=SPACES, numbers=NUMBERS, header=header, body=BODIES[name])


def convert(folder: Path, program: str) -> None:
    """Make NAME.docx and NAME.odt of every source, in a folder, with LibreOffice."""
    with tempfile.TemporaryDirectory() as work:
        for name in BODIES:
            (Path(work) / f"{name}.fodt").write_text(flat(name), "utf-8")
        for ending in ("docx", "odt"):
            sources = [f"{name}.fodt" for name in BODIES]
            subprocess.run(
                [program, f"-env:UserInstallation=file://{work}/profile", "--headless", "--convert-to", ending, "--outdir", str(folder), *sources],
                cwd=work, capture_output=True, check=True, timeout=180,
            )  # fmt: skip


if __name__ == "__main__":
    convert(SAMPLES, shutil.which("soffice") or "soffice")
