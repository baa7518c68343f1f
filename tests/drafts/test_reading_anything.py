"""Readers and whatever stands in a file: a document or a refusal, never a fault; every letter kept once, refs unique and short."""

from hypothesis import given, settings
from hypothesis import strategies as st

from consult.core.refusals import Refused
from consult.drafts.document import Document, refs
from consult.drafts.inspecting import inspect
from consult.drafts.models import REF_MAX
from consult.drafts.reading import read_draft
from tests.drafts.building import W, docx, p, run
from tests.drafts.hostile import odt

ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "style", "table")
)
BEGINNINGS = (
    "",
    "1. ",
    "2.",
    "1.1 ",
    "1.2.3. ",
    "(a) ",
    "(ii)",
    "١- ",
    "一、",
    "• ",
    "- ",
    "Annex ",
    "附件",
    "A. ",
    "3．",
    "\u200f4- ",
    "99. ",
    "① ",
)
values = st.sampled_from(["0", "1", "2", "7", "-1", "x", "", "99999999999", "1.5"])
forms = st.sampled_from(
    [
        "decimal",
        "lowerLetter",
        "upperLetter",
        "lowerRoman",
        "upperRoman",
        "bullet",
        "none",
        "arabicAlpha",
        "chineseCounting",
        "odd",
    ]
)
words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="<>&"), max_size=30)


@st.composite
def numberings(draw):
    levels = "".join(
        f'<w:lvl w:ilvl="{draw(values)}"><w:start w:val="{draw(values)}"/><w:numFmt w:val="{draw(forms)}"/><w:lvlRestart w:val="{draw(values)}"/>'
        f'<w:lvlText w:val="{draw(st.sampled_from(["%1.", "%1.%2", "(%3)", "%9", "%0", ""]))}"/></w:lvl>'
        for _ in range(draw(st.integers(0, 4)))
    )
    override = f'<w:lvlOverride w:ilvl="{draw(values)}"><w:startOverride w:val="{draw(values)}"/></w:lvlOverride>'
    return (
        f'<w:numbering {W}><w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        f'<w:num w:numId="2"><w:abstractNumId w:val="0"/>{override}</w:num></w:numbering>'
    )


@st.composite
def paragraphs(draw):
    style = draw(st.sampled_from(["", "H1", "H2", "Para", "Toc1", "none"]))
    numbered = (
        f'<w:numPr><w:ilvl w:val="{draw(values)}"/><w:numId w:val="{draw(values)}"/></w:numPr>'
        if draw(st.booleans())
        else ""
    )
    mark = '<w:rPr><w:del w:id="1"/></w:rPr>' if draw(st.integers(0, 9)) == 0 else ""
    text = run(draw(st.sampled_from(BEGINNINGS)) + draw(words), draw(st.sampled_from(["", "<w:b/>", "<w:vanish/>"])))
    wrapped = draw(
        st.sampled_from(
            ["{}", "<w:ins>{}</w:ins>", "<w:del>{}</w:del>", "<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>", "<w:hyperlink>{}</w:hyperlink>",
             '<w:r><w:fldChar w:fldCharType="begin"/></w:r>{}', '{}<w:r><w:fldChar w:fldCharType="end"/></w:r>', '{}<w:r><w:footnoteReference w:id="9"/></w:r>']
        )
    )  # fmt: skip
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{numbered}{mark}</w:pPr>{wrapped.format(text)}</w:p>'


tables = st.lists(st.lists(paragraphs(), max_size=3), max_size=3).map(
    lambda rows: (
        "<w:tbl>"
        + "".join("<w:tr>" + "".join(f"<w:tc>{cell}</w:tc>" for cell in row) + "</w:tr>" for row in rows)
        + "</w:tbl>"
    )
)


def check(content, name):
    try:
        document = read_draft(content, name=name)
    except Refused:
        return
    names = refs(document.blocks)
    assert len(names) == len(set(names))
    assert max(map(len, names)) <= REF_MAX
    assert inspect(document)["counts"]["headings"] <= len(document.blocks)
    assert Document.from_json(document.to_json()) == document
    assert read_draft(content, name=name) == document


@settings(max_examples=150, deadline=None)
@given(st.lists(paragraphs() | tables, max_size=12), numberings())
def test_any_word_file_is_read_or_refused(body, numbering):
    check(docx(*body, parts={"word/numbering.xml": numbering}), "draft.docx")


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("#>-*_[]()`~|^:!\\<&1234.ab \n\t\u200f中أ"), max_size=400))
def test_any_markdown_is_read_or_refused(text):
    check(text.encode(), "draft.md")


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["p", "h", "list", "section", "numbered-paragraph", "table-of-content", "note"]),
            values,
            words,
        ),
        max_size=10,
    )
)
def test_any_opendocument_text_is_read_or_refused(parts):
    body = ""
    for tag, value, text in parts:
        attributes = f'text:level="{value}" text:outline-level="{value}" text:start-value="{value}" text:style-name="L" text:continue-list="{value}"'
        inside = (
            f'<text:list-item text:start-value="{value}"><text:p>{text}</text:p></text:list-item>'
            if tag == "list"
            else f"<text:p>{text}</text:p>"
        )
        body += f"<text:{tag} {attributes}>{inside if tag not in ('p', 'h') else text}</text:{tag}>"
    levels = f'<text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="1" text:start-value="{parts[0][1] if parts else 1}"/></text:list-style>'
    check(
        odt(content__xml="", **{"content.xml": f"<office:document-content {ODF}><office:automatic-styles>{levels}</office:automatic-styles><office:body><office:text>{body}</office:text></office:body></office:document-content>"}),
        "draft.odt",
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        words.map(lambda text: " ".join(text.split())).filter(lambda text: sum(ch.isalpha() for ch in text) > 3),
        min_size=1,
        max_size=8,
    )
)
def test_no_letter_of_a_plain_text_gets_lost(lines):
    content = docx(p("I.\tOverview", style="H1"), *(p(f"{number}. {text}") for number, text in enumerate(lines, 1)))

    document = read_draft(content, name="draft.docx")

    letters = "".join(block.label + block.text for block in document.blocks)
    for text in lines:
        assert all(ch in letters for ch in text if ch.isalpha())
