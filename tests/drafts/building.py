"""Small files as Word and LibreOffice write them, by hand: each part of a DOCX or ODT as text."""

import io
import zipfile

TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

STYLES = f"""<w:styles {W}><w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="en-GB"/></w:rPr></w:rPrDefault></w:docDefaults>
<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/><w:rPr><w:b/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="H2"><w:name w:val="heading 2"/></w:style>
<w:style w:type="paragraph" w:styleId="Chapter"><w:name w:val="Our chapter"/><w:basedOn w:val="H1"/></w:style>
<w:style w:type="paragraph" w:styleId="Toc1"><w:name w:val="toc 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Para"><w:name w:val="Numbered"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="ParaChild"><w:name w:val="Numbered too"/><w:basedOn w:val="Para"/></w:style>
</w:styles>"""


def level(depth: int, form: str, text: str) -> str:
    """One level of a list."""
    return f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'


NUMBERING = f"""<w:numbering {W}>
<w:abstractNum w:abstractNumId="0">{level(0, "decimal", "%1.")}{level(1, "lowerLetter", "(%2)")}{level(2, "lowerRoman", "(%3)")}</w:abstractNum>
<w:abstractNum w:abstractNumId="1">{level(0, "bullet", "•")}</w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>
<w:num w:numId="3"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>
</w:numbering>"""


def run(text: str, look: str = "") -> str:
    """A run of text; `look` is what stands in its properties."""
    parts = "<w:tab/>".join(f'<w:t xml:space="preserve">{part}</w:t>' for part in text.split("\t"))
    return f"<w:r><w:rPr>{look}</w:rPr>{parts}</w:r>"


def p(
    text: str = "", *, style: str = "", number: tuple[int, int] | None = None, look: str = "", inside: str = ""
) -> str:
    """A paragraph: text, style, (list, depth), and anything else after the text."""
    numbered = f'<w:numPr><w:ilvl w:val="{number[1]}"/><w:numId w:val="{number[0]}"/></w:numPr>' if number else ""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}{numbered}</w:pPr>{run(text, look) if text else ''}{inside}</w:p>"


def docx(*body: str, parts: dict[str, str] | None = None, types: str = TYPES, before: str = "") -> bytes:
    """A DOCX of these paragraphs and tables, with the styles and lists above."""
    members = {
        "[Content_Types].xml": types,
        "word/document.xml": f'<?xml version="1.0" encoding="UTF-8"?>{before}<w:document {W} {R}><w:body>{"".join(body)}</w:body></w:document>',
        "word/styles.xml": STYLES,
        "word/numbering.xml": NUMBERING,
        **(parts or {}),
    }
    return packed(members)


def packed(members: dict[str, str | bytes]) -> bytes:
    """A ZIP of members."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return kept.getvalue()


def notes(tag: str, *texts: str) -> str:
    """The part that holds footnotes or endnotes, numbered from id 2."""
    made = "".join(f'<w:{tag} w:id="{number}">{p(text)}</w:{tag}>' for number, text in enumerate(texts, start=2))
    return f'<w:{tag}s {W}><w:{tag} w:type="separator" w:id="0">{p("x")}</w:{tag}>{made}</w:{tag}s>'


def call(tag: str, number: int) -> str:
    """A run that calls a note."""
    return f'<w:r><w:{tag}Reference w:id="{number}"/></w:r>'
