"""What a ministry's real Word file is full of, one thing a test: what is read, and what is said about the rest."""

import pytest

from consult.drafts.document import Doubt, Kind, refs
from consult.drafts.reading import read_draft
from tests.drafts.building import LINK, RELS, STYLES, TYPES, W, call, docx, notes, p, packed, run

HEADING = p("I.\tOverview", style="H1")
DELETED_MARK = '<w:pPr><w:rPr><w:del w:id="1"/></w:rPr></w:pPr>'


def read(*body, **more):
    return read_draft(docx(HEADING, *body, **more), name="draft.docx")


def texts(document):
    return [block.text for block in document.blocks[1:]]


def shape(document):
    return [(ref, block.kind, block.label) for ref, block in zip(refs(document.blocks), document.blocks, strict=True)][
        1:
    ]


def level(depth, form, text, *, start=1, more=""):
    return f'<w:lvl w:ilvl="{depth}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/>{more}<w:lvlText w:val="{text}"/></w:lvl>'


def lists(*levels, nums='<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'):
    return {
        "word/numbering.xml": f'<w:numbering {W}><w:abstractNum w:abstractNumId="0">{"".join(levels)}</w:abstractNum>{nums}</w:numbering>'
    }


def field(instruction, shown):
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    return f"{mark.format('begin')}<w:r><w:instrText>{instruction}</w:instrText></w:r>{mark.format('separate')}{run(shown)}{mark.format('end')}"


def test_a_deleted_paragraph_mark_joins_the_next_paragraph_and_counts_no_number():
    document = read(
        f"<w:p>{DELETED_MARK}{run('1. Joined ')}</w:p>",
        p("with the next."),
        f"<w:p>{DELETED_MARK}<w:del><w:r><w:delText>2. gone</w:delText></w:r></w:del></w:p>",
        p("2. Two."),
    )

    assert texts(document) == ["Joined with the next.", "Two."]
    assert [warning.code for warning in document.warnings] == ["tracked_changes"]


def test_text_whose_paragraph_mark_was_deleted_at_the_end_is_kept():
    assert texts(read(p("1. One."), f"<w:p>{DELETED_MARK}{run('2. Two.')}</w:p>")) == ["One.", "Two."]


def test_what_was_deleted_or_moved_away_is_in_no_text_and_what_came_is():
    gone = "<w:del><w:r><w:delText>SECRET</w:delText><w:t>SECRET</w:t></w:r></w:del>"
    document = read(
        p("1. One", inside=gone + f"<w:moveFrom>{run('SECRET')}</w:moveFrom><w:moveTo>{run(' here.')}</w:moveTo>"),
        f"<w:moveFrom>{p('2. SECRET')}</w:moveFrom>",
        f"<w:ins>{p('2. Two.')}</w:ins>",
        "<w:tbl><w:tr><w:tc>"
        + p("kept")
        + '</w:tc></w:tr><w:tr><w:trPr><w:del w:id="1"/></w:trPr><w:tc>'
        + p("SECRET")
        + "</w:tc></w:tr></w:tbl>",
    )

    assert texts(document) == ["One here.", "Two.", "kept"]
    assert "SECRET" not in str(document.to_json())


def test_a_text_box_is_left_out_with_its_words_and_its_place():
    space = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    box = f"<w:txbxContent>{p('Box text')}</w:txbxContent>"
    inside = f"<w:r><mc:AlternateContent {space}><mc:Choice><w:drawing>{box}</w:drawing></mc:Choice><mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"

    document = read(
        p("1. One."),
        p("2. Two.", inside=inside),
        f"<w:tbl><w:tr><w:tc>{p('cell', inside=inside)}</w:tc></w:tr></w:tbl>",
    )

    assert texts(document) == ["One.", "Two.", "cell"]
    assert [(one.code, one.place, one.text) for one in document.warnings] == [
        ("text_box", "paragraph 1", "Box text"),
        ("text_box", "paragraph 2", "Box text"),
    ]


def test_content_controls_are_read_and_their_click_here_is_not():
    placeholder = "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>"
    row = f"<w:sdt><w:sdtContent><w:tr><w:tc>{p('a')}</w:tc><w:sdt><w:sdtContent><w:tc>{p('b')}</w:tc></w:sdtContent></w:sdt></w:tr></w:sdtContent></w:sdt>"

    document = read(
        f"<w:sdt><w:sdtContent>{p('1. One.')}</w:sdtContent></w:sdt>",
        p("2. Two", inside=placeholder.format(run("Choose an item."))),
        placeholder.format(p("Click here to enter text.")),
        f"<w:tbl>{row}</w:tbl>",
    )

    assert texts(document) == ["One.", "Two", "a b"]


def test_fields_show_their_result_and_never_their_instruction():
    broken = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> TOC \\o </w:instrText><w:t>CODE</w:t></w:r>'
    )
    document = read(
        p(
            "1. See page ",
            inside=field(" PAGEREF _Ref1 ", "12") + field(' HYPERLINK "https://law.example/a" ', " of the Act"),
        ),
        p("2. Two.", inside=broken),
        p("II.\tNext", style="H1"),
        p("3. Three."),
    )

    assert document.blocks[1].html == 'See page 12<a href="https://law.example/a"> of the Act</a>'
    assert texts(document)[-2:] == ["II. Next", "Three."]
    assert "CODE" not in str(document.to_json())


def test_a_link_in_a_note_has_the_address_of_the_notes_own_part():
    rels = '<Relationships xmlns="{}"><Relationship Id="r1" Type="{}/hyperlink" Target="https://{}.example/" TargetMode="External"/></Relationships>'
    linked = f'<w:hyperlink xmlns:r="{LINK}" r:id="r1">{run("there")}</w:hyperlink>'
    document = read(
        p("1. One ", inside=linked + call("footnote", 2)),
        parts={
            "word/_rels/document.xml.rels": rels.format(RELS, LINK, "text"),
            "word/_rels/footnotes.xml.rels": rels.format(RELS, LINK, "note"),
            "word/footnotes.xml": f'<w:footnotes {W}><w:footnote w:id="2">{p("", inside=linked)}</w:footnote></w:footnotes>',
        },
    )

    assert "https://text.example/" in document.blocks[1].html
    assert "https://note.example/" in document.blocks[1].notes[0].html


def test_soft_hyphens_and_overrides_of_direction_are_gone_and_symbols_are_signs():
    symbols = '<w:r><w:sym w:font="Symbol" w:char="F0B0"/><w:sym w:font="Wingdings" w:char="F0FC"/><w:sym w:font="Webdings" w:char="F04E"/></w:r>'
    document = read(
        p("1. Co\u00adope\u202eration\ue000 at 20", inside=symbols + "<w:r><w:softHyphen/><w:noBreakHyphen/></w:r>")
    )

    assert texts(document) == ["Cooperation at 20°✓‑"]
    assert [(one.code, one.text) for one in document.warnings] == [("symbol", "webdings F04E")]


def test_a_style_of_letters_makes_bold_and_hidden():
    style = '<w:style w:type="character" w:styleId="{0}"><w:name w:val="{0}"/><w:rPr><w:{1}/></w:rPr></w:style>'
    styles = STYLES.replace("</w:styles>", style.format("Strong", "b") + style.format("Hid", "vanish") + "</w:styles>")
    styled = '<w:r><w:rPr><w:rStyle w:val="{}"/></w:rPr><w:t>{}</w:t></w:r>'

    document = read(
        p("1. One ", inside=styled.format("Strong", "strong") + styled.format("Hid", "SECRET")),
        parts={"word/styles.xml": styles},
    )

    assert document.blocks[1].html == "One <strong>strong</strong>"


def test_tables_keep_merged_cells_inner_tables_and_the_numbers_of_their_lists():
    table = (
        '<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>' + p("wide") + "</w:tc></w:tr>"
        '<w:tr><w:tc><w:tcPr><w:vMerge w:val="restart"/></w:tcPr>'
        + p("tall")
        + "</w:tc><w:tc>"
        + p("x", number=(1, 0))
        + "</w:tc></w:tr>"
        "<w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr>"
        + p()
        + "</w:tc><w:tc><w:tbl><w:tr><w:tc>"
        + p("inner")
        + "</w:tc></w:tr></w:tbl></w:tc></w:tr></w:tbl>"
    )

    assert read(table).blocks[1].html == (
        '<table><tbody><tr><td colspan="2">wide</td></tr><tr><td rowspan="2">tall</td><td>1. x</td></tr>'
        "<tr><td>inner</td></tr></tbody></table>"
    )


def test_formulas_and_signs_with_their_sound_are_text():
    formula = '<m:oMath xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:r><m:t>x=2</m:t></m:r></m:oMath>'
    ruby = f"<w:r><w:ruby><w:rt>{run('kan')}</w:rt><w:rubyBase>{run('漢')}</w:rubyBase></w:ruby></w:r>"

    assert texts(read(p("1. Let ", inside=formula + ruby))) == ["Let x=2漢"]


def test_another_document_inside_is_not_followed_and_said():
    document = read(p("1. One."), '<w:altChunk r:id="r1"/>')

    assert [(one.code, one.place) for one in document.warnings] == [("linked_part", "paragraph 1")]


def test_parts_may_have_other_names_and_the_strict_form():
    strict = W.replace(
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
    relation = '<Relationships xmlns="{}"><Relationship Id="r1" Type="{}/{}" Target="{}"/></Relationships>'
    content = packed(
        {
            "[Content_Types].xml": TYPES.replace("document.xml", "document2.xml"),
            "_rels/.rels": relation.format(RELS, LINK, "officeDocument", "/word/document2.xml"),
            "word/_rels/document2.xml.rels": relation.format(RELS, LINK, "styles", "styles2.xml"),
            "word/styles2.xml": STYLES.replace(W, strict),
            "word/document2.xml": f"<w:document {strict}><w:body>{HEADING}{p('1. One.')}</w:body></w:document>",
        }
    )

    document = read_draft(content, name="draft.docx")

    assert [(block.kind, block.text) for block in document.blocks] == [
        (Kind.HEADING, "I. Overview"),
        (Kind.PARAGRAPH, "One."),
    ]


def test_an_empty_numbered_paragraph_has_the_number_that_word_shows_for_it():
    document = read(p("One.", number=(1, 0)), p(number=(1, 0)), p("Three.", number=(1, 0)))

    assert [block.number for block in document.blocks[1:]] == [1, 3]
    assert document.blocks[2].doubts == [Doubt.GAP]


@pytest.mark.parametrize(
    ("levels", "depths", "wanted"),
    [
        ([level(0, "decimal", "%1."), level(1, "decimal", "%1.%2"), level(2, "decimal", "%1.%2.%3")], (0, 1, 1, 2, 0, 1),
         ["1", "1.1", "1.2", "1.2.1", "2", "2.1"]),
        ([level(0, "decimal", "%1."), level(1, "arabicAlpha", "(%2)")], (0, 1, 1, 1), ["1", "1أ", "1ب", "1ت"]),
        ([level(0, "decimal", "%1."), level(1, "arabicAbjad", "(%2)")], (0, 1, 1, 1), ["1", "1أ", "1ب", "1ج"]),
        ([level(0, "hindiNumbers", "%1-")], (0, 0), ["1", "2"]),
        ([level(0, "decimal", "%1.", start=7)], (0, 0), ["7", "8"]),
        ([level(0, "decimal", "%1."), level(1, "lowerLetter", "(%2)", more='<w:lvlRestart w:val="0"/>')], (0, 1, 0, 1),
         ["1", "1a", "2", "2b"]),
        ([level(0, "decimal", "%1."), level(1, "russianLower", "%2)")], (0, 1, 1), ["1", "1а", "1б"]),
    ],
)  # fmt: skip
def test_automatic_numbers_in_every_form(levels, depths, wanted):
    document = read(*(p("Text.", number=(1, depth)) for depth in depths), parts=lists(*levels))

    assert refs(document.blocks)[1:] == wanted


def test_paragraphs_below_numbered_headings_are_paragraphs():
    numbers = lists(
        level(0, "chineseCounting", "%1、"),
        level(1, "decimal", "%2．", more='<w:lvlRestart w:val="0"/>'),
        level(2, "lowerLetter", "(%3)"),
    )
    body = [
        p("导言", style="H1", number=(1, 0)),
        p("第一段。", number=(1, 1)),
        p("项", number=(1, 2)),
        p("背景", style="H1", number=(1, 0)),
        p("第二段。", number=(1, 1)),
    ]

    document = read_draft(docx(*body, parts=numbers), name="draft.docx")

    assert refs(document.blocks) == ["h-i", "1", "1a", "h-ii", "2"]
    assert [block.label for block in document.blocks] == ["一、", "1．", "(a)", "二、", "2．"]


def test_typed_numbers_of_several_levels_are_paragraphs_where_they_follow_on():
    document = read_draft(
        docx(
            p("1.\tOverview", style="H1"),
            p("1.1 One."),
            p("1.2. Two."),
            p("3.5 per cent said so."),
            p("2.\tNext", style="H1"),
            p("2.1\tThree."),
        ),
        name="draft.docx",
    )

    assert refs(document.blocks) == ["h-i", "1.1", "1.2", "1.2-c1", "h-ii", "2.1"]


@pytest.mark.parametrize(
    ("typed", "label"),
    [("1-\u200f نص", "1-"), ("\u200f١- نص", "١-"), ("\u202b1- نص\u202c", "1-"), ("١ـ نص", "١ـ"), ("-1 نص", "-1"),
     ("1．第一段", "1．"), ("１、第一段", "１、"), ("1.\u00a0One", "1."), ("1.The", "1.")],
)  # fmt: skip
def test_typed_numbers_as_people_type_them(typed, label):
    document = read(p(typed))

    assert [(block.number, block.label) for block in document.blocks[1:]] == [(1, label)]


@pytest.mark.parametrize("typed", ["（一）项", "(а) пункт", "① 项", "⑴ 项", "㈠ 项", "(هـ) بند", "a) item"])
def test_typed_letters_as_people_type_them(typed):
    assert read(p("1. One:"), p(typed)).blocks[2].kind is Kind.SUB_ITEM


def test_a_line_that_begins_with_the_next_number_is_doubtful():
    assert read(p("1. One."), p("2 Courts were opened.")).blocks[2].doubts == [Doubt.NUMBER]


def test_numbers_that_begin_again_under_a_heading_are_paragraphs_and_doubtful():
    document = read(p("1. One."), p("2. Two."), p("II.\tNext", style="H1"), p("1. Again."), p("2. And again."))

    assert [(ref, block.doubts) for ref, block in zip(refs(document.blocks), document.blocks, strict=True)][4:] == [
        ("1.2", [Doubt.CHAPTER]),
        ("2.2", []),
    ]


def test_a_typed_list_inside_paragraph_2_may_reach_its_own_3():
    document = read(p("1. One."), p("2. Two:"), p("1. a;"), p("2. b;"), p("3. c."), p("3. Three."))

    assert [(ref, kind) for ref, kind, _ in shape(document)] == [
        ("1", Kind.PARAGRAPH), ("2", Kind.PARAGRAPH), ("2-1", Kind.SUB_ITEM), ("2-2", Kind.SUB_ITEM), ("2-3", Kind.SUB_ITEM),
        ("3", Kind.PARAGRAPH),
    ]  # fmt: skip
    assert document.blocks[-1].doubts == []


def test_a_numbering_style_is_followed_to_its_list():
    linked = (
        f'<w:numbering {W}><w:abstractNum w:abstractNumId="0"><w:numStyleLink w:val="UN"/></w:abstractNum><w:abstractNum w:abstractNumId="1">'
        f'{level(0, "decimal", "%1.")}</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="6"><w:abstractNumId w:val="1"/></w:num></w:numbering>'
    )
    styles = STYLES.replace(
        "</w:styles>",
        '<w:style w:type="numbering" w:styleId="UN"><w:pPr><w:numPr><w:numId w:val="6"/></w:numPr></w:pPr></w:style></w:styles>',
    )

    document = read(
        p("One.", number=(1, 0)),
        p("Two.", number=(1, 0)),
        parts={"word/numbering.xml": linked, "word/styles.xml": styles},
    )

    assert [block.number for block in document.blocks[1:]] == [1, 2]


def test_notes_of_several_paragraphs_and_notes_that_are_missing():
    found = f'<w:footnotes {W}><w:footnote w:id="2">{p("First.")}{p("Second.")}</w:footnote></w:footnotes>'
    document = read(p("1. One", inside=call("footnote", 2) + call("footnote", 9)), parts={"word/footnotes.xml": found})

    assert [(note.number, note.html) for note in document.blocks[1].notes] == [(1, "First.<br>Second."), (2, "")]
    assert document.blocks[1].doubts == [Doubt.NO_NOTE]


def test_a_note_called_twice_is_two_notes():
    document = read(p("1. One", inside=call("footnote", 2) * 2), parts={"word/footnotes.xml": notes("footnote", "N.")})

    assert [(note.number, note.text) for note in document.blocks[1].notes] == [(1, "N."), (2, "N.")]
