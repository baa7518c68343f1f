"""Word files as Word writes them, each with one difficulty, and what must be read in it."""

import pytest

from consult.drafts.document import Doubt, Kind, refs
from consult.drafts.inspecting import inspect
from consult.drafts.reading import read_draft
from tests.drafts.building import LINK, RELS, call, docx, notes, p, run

HEADING = p("I.\tOverview", style="H1")


def read(*body, **more):
    return read_draft(docx(*body, **more), name="draft.docx")


def shape(document):
    return [(block.kind, block.number, block.label, block.text) for block in document.blocks]


def counts(document, *names):
    found = inspect(document)["counts"]
    return {name: found[name] for name in names}


def test_typed_numbers_with_tab_blank_bracket_and_none():
    document = read(HEADING, p("1.\tFirst one."), p("2. Second one."), p("3) Third one."), p("4\tFourth one."))

    assert [(block.number, block.text) for block in document.blocks[1:]] == [
        (1, "First one."),
        (2, "Second one."),
        (3, "Third one."),
        (4, "Fourth one."),
    ]


def test_a_chinese_number_stands_tight_before_a_year():
    document = read(
        p("一.\t导言", style="H1"), p("1.2016年，委员会审议了报告。"), p("2.委员会建议缔约国："), p("(a)修订法律；")
    )

    assert [(b.kind, b.number, b.text) for b in document.blocks[1:]] == [
        (Kind.PARAGRAPH, 1, "2016年，委员会审议了报告。"),
        (Kind.PARAGRAPH, 2, "委员会建议缔约国："),
        (Kind.SUB_ITEM, None, "修订法律；"),
    ]
    assert document.language == "zh"


def test_arabic_digits_number_paragraphs():
    document = read(p("أولاً- مقدمة", style="H1"), p("١- الفقرة الأولى."), p("٢- الفقرة الثانية."), p("(أ) بند؛"))

    assert [block.number for block in document.blocks] == [None, 1, 2, None]
    assert document.language == "ar"


def test_a_decimal_at_the_beginning_is_no_number():
    document = read(HEADING, p("1. First one."), p("3.5 per cent of the people said so."))

    assert document.blocks[2].kind is Kind.CONTINUATION


def test_automatic_numbers_on_the_paragraph_and_only_in_the_style():
    document = read(
        HEADING,
        p("One.", number=(1, 0)),
        p("Two.", style="Para"),
        p("Three.", style="ParaChild"),
        p("Bullet", number=(2, 0)),
    )

    assert shape(document)[1:] == [
        (Kind.PARAGRAPH, 1, "1.", "One."),
        (Kind.PARAGRAPH, 2, "2.", "Two."),
        (Kind.PARAGRAPH, 3, "3.", "Three."),
        (Kind.BULLET, None, "", "Bullet"),
    ]


def test_automatic_letters_and_romans_are_sub_items():
    document = read(
        HEADING,
        p("One:", number=(1, 0)),
        p("a", number=(1, 1)),
        p("i", number=(1, 2)),
        p("b", number=(1, 1)),
        p("Two.", number=(1, 0)),
    )

    assert [(b.label, b.level) for b in document.blocks if b.kind is Kind.SUB_ITEM] == [
        ("(a)", 1),
        ("(i)", 2),
        ("(b)", 1),
    ]
    assert refs(document.blocks) == ["h-i", "1", "1a", "1a-i", "1b", "2"]


def test_a_list_that_begins_again_belongs_to_the_paragraph_before():
    document = read(
        HEADING, p("One.", number=(1, 0)), p("Two:", number=(1, 0)), p("x", number=(3, 0)), p("y", number=(3, 0)),
        p("3. Three."),
    )  # fmt: skip

    assert counts(document, "numbered_paragraphs", "sub_items") == {"numbered_paragraphs": 3, "sub_items": 2}
    assert document.blocks[3].doubts == [Doubt.RESTARTED]


def test_an_annex_numbers_anew_and_in_groups():
    document = read(
        HEADING,
        p("1. One."),
        p("Annex I", style="H1"),
        p("1. A."),
        p("2. B."),
        p("Second part", style="H2"),
        p("1. C."),
    )

    found = inspect(document)
    assert [(one["group"], one["number"]) for one in found["annex_items"]] == [(1, 1), (1, 2), (2, 1)]
    assert refs(document.blocks)[-4:] == ["annex1-1", "annex1-2", "h-ii-1", "annex1-2-1"]


def test_headings_by_style_by_a_style_based_on_it_and_by_outline():
    outline = p("Three").replace("<w:pPr>", '<w:pPr><w:outlineLvl w:val="2"/>')
    document = read(p("One", style="H1"), p("Two", style="Chapter"), outline, p("1. Text."))

    assert [(b.text, b.level) for b in document.blocks if b.kind is Kind.HEADING] == [
        ("One", 1),
        ("Two", 1),
        ("Three", 3),
    ]


def test_footnotes_and_endnotes_are_counted_apart_and_stand_where_they_are_called():
    document = read(
        HEADING,
        p("1. One", inside=call("footnote", 2) + run(" and more.") + call("endnote", 2)),
        parts={
            "word/footnotes.xml": notes("footnote", "A footnote."),
            "word/endnotes.xml": notes("endnote", "An endnote."),
        },
    )

    found = inspect(document)
    assert found["counts"]["notes"] == {"footnotes": 1, "endnotes": 1, "custom_mark": 0}
    assert [(n["note"], n["at"], n["first60"]) for n in found["note_places"]] == [
        (1, "paragraph 1", "A footnote."),
        (1, "paragraph 1", "An endnote."),
    ]
    assert document.blocks[1].text == "One and more."


FIELD = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'


@pytest.mark.parametrize(
    "contents",
    [
        [p("I. Overview\t1", style="Toc1"), p("II. Justice\t4", style="Toc1")],
        [
            '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr><w:sdtContent>'
            + p("I. Overview 1") + p("II. Justice 4") + "</w:sdtContent></w:sdt>"
        ],
        [
            p(inside=FIELD.format("begin") + '<w:r><w:instrText> TOC \\o "1-3" </w:instrText></w:r>' + FIELD.format("separate") + run("I. Overview\t1")),
            p("II. Justice\t4", inside=FIELD.format("end")),
        ],
        [p("Contents"), p("I. Overview ........ 1"), p("II. Justice ........ 4")],
    ],
    ids=["styles", "gallery", "field", "typed"],
)  # fmt: skip
def test_a_contents_list_is_dropped_and_counted(contents):
    document = read(p("Cover"), *contents, HEADING, p("1. One."), p("II.\tJustice", style="H1"), p("2. Two."))

    assert counts(document, "headings", "numbered_paragraphs", "toc_entries") == {
        "headings": 2,
        "numbered_paragraphs": 2,
        "toc_entries": 2,
    }
    assert inspect(document)["front_matter"] == ["Cover"]


def test_a_table_in_the_body_keeps_its_head_and_its_words_count():
    row = "<w:tr>{}<w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr>"
    table = (
        "<w:tbl>"
        + row.format("<w:trPr><w:tblHeader/></w:trPr>", p("Court"), p("2026"))
        + row.format("", p("Amery"), p("31"))
        + "</w:tbl>"
    )

    document = read(HEADING, p("1. One."), table)

    assert document.blocks[2].html == (
        '<table><thead><tr><th scope="col">Court</th><th scope="col">2026</th></tr></thead>'
        "<tbody><tr><td>Amery</td><td>31</td></tr></tbody></table>"
    )
    assert refs(document.blocks)[2] == "t1"
    assert inspect(document)["words"] == {"body": 7, "notes": 0, "front_matter": 0, "annexes": 0}


def test_a_running_header_in_the_body_is_left_out_with_a_word_about_it():
    lines = [p(f"{number}. Paragraph.") + p("Draft, not for citation") for number in range(1, 4)]

    document = read(HEADING, *lines)

    assert counts(document, "numbered_paragraphs", "unnumbered_continuations") == {
        "numbered_paragraphs": 3,
        "unnumbered_continuations": 0,
    }
    assert {warning.code for warning in document.warnings} == {"running_header"}


def test_a_paragraph_cut_in_two_is_a_doubtful_continuation():
    document = read(HEADING, p("1. The court decided that the"), p("matter was closed."), p("2. Two."))

    assert counts(document, "numbered_paragraphs", "unnumbered_continuations") == {
        "numbered_paragraphs": 2,
        "unnumbered_continuations": 1,
    }
    assert document.blocks[2].doubts == [Doubt.CUT]


def test_a_number_twice_and_a_number_missing_are_doubtful():
    document = read(HEADING, p("1. One."), p("2. Two."), p("2. Two again."), p("4. Four."))

    assert [block.doubts for block in document.blocks[1:]] == [[], [], [Doubt.AGAIN], [Doubt.GAP]]
    assert refs(document.blocks) == ["h-i", "1", "2", "2.2", "4"]


def test_tracked_changes_count_as_accepted_and_hidden_text_does_not_count():
    inside = (
        "<w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:ins>"
        + run(" new")
        + "</w:ins>"
        + run(" secret", "<w:vanish/>")
    )

    document = read(HEADING, p("1. The", inside=inside))

    assert document.blocks[1].text == "The new"
    assert {warning.code for warning in document.warnings} == {"tracked_changes", "hidden_text"}


def test_links_keep_text_and_address_and_nothing_outside_is_followed():
    rels = (
        f'<Relationships xmlns="{RELS}"><Relationship Id="r1" Type="{LINK}/hyperlink" Target="https://law.example/act" TargetMode="External"/>'
        f'<Relationship Id="r2" Type="{LINK}/hyperlink" Target="javascript:alert(1)" TargetMode="External"/></Relationships>'
    )
    template = f'<Relationships xmlns="{RELS}"><Relationship Id="r1" Type="{LINK}/attachedTemplate" Target="http://192.0.2.1/x.dotm" TargetMode="External"/></Relationships>'
    inside = f'<w:hyperlink r:id="r1">{run("the Act")}</w:hyperlink><w:hyperlink r:id="r2">{run(" trap")}</w:hyperlink>'

    document = read(
        HEADING,
        p("1. See ", inside=inside),
        parts={"word/_rels/document.xml.rels": rels, "word/_rels/settings.xml.rels": template},
    )

    assert document.blocks[1].html == 'See <a href="https://law.example/act">the Act</a> trap'
    assert {warning.code for warning in document.warnings} == {"linked_template"}


def test_markup_in_the_text_stays_text():
    document = read(HEADING, p("1. &lt;script&gt;alert(1)&lt;/script&gt; &amp;amp;"))

    assert document.blocks[1].html == "&lt;script&gt;alert(1)&lt;/script&gt; &amp;amp;"


def test_bold_and_italic_are_kept_in_paragraphs_and_bold_lines_may_be_headings():
    document = read(
        HEADING, p("1. One."), p("Housing after the floods", look="<w:b/>"), p("2. ", inside=run("Two", "<w:i/>"))
    )

    assert document.blocks[2].doubts == [Doubt.HEADING]
    assert document.blocks[3].html == "<em>Two</em>"
