"""Markdown, and OpenDocument as LibreOffice writes it from a Word file of ours."""

import subprocess

import pytest

from consult.drafts.document import Document, Kind
from consult.drafts.inspecting import inspect
from consult.drafts.reading import read_draft
from consult.drafts.reading_refusals import FileKindUnknown
from tests.drafts.building import call, docx, notes, p
from tests.support.tools import require


def read(text):
    return read_draft(text.encode(), name="draft.md")


def test_markdown_keeps_the_numbers_as_typed():
    document = read("# I. One\n\n4. Fourth.\n\n7. Seventh.\n")

    assert [block.number for block in document.blocks] == [None, 4, 7]


def test_markdown_tables_notes_and_bullets():
    document = read("# I. One\n\n1. A[^n].\n\n- b\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n[^n]: The note.\n")

    assert [block.kind for block in document.blocks] == [Kind.HEADING, Kind.PARAGRAPH, Kind.BULLET, Kind.TABLE]
    assert document.blocks[1].notes[0].text == "The note."
    assert "<th" in document.blocks[3].html


def test_html_in_markdown_is_text():
    document = read("# I. One\n\n1. <script>alert(1)</script> <b onclick=x>y</b>\n")

    assert "<script" not in document.blocks[1].html
    assert "<b" not in document.blocks[1].html
    assert "alert(1)" in document.blocks[1].text


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"# I\x00", "# I".encode("utf-16")])
def test_markdown_in_another_encoding_is_refused(content):
    with pytest.raises(FileKindUnknown):
        read_draft(content, name="draft.md")


def test_a_document_survives_being_stored():
    document = read("# I. One\n\n1. A[^n].\n\n(a) b\n\n[^n]: The note.\n")

    assert Document.from_json(document.to_json()) == document


def test_libreoffices_odt_of_a_word_file_reads_the_same(tmp_path):
    """Automatic numbers, bullets, sub-items, notes and a contents-free body, written again by another program."""
    program = require("soffice")
    source = docx(
        p("Cover"),
        p("I.\tOverview", style="H1"),
        p("One", number=(1, 0), inside=call("footnote", 2)),
        p("Two:", number=(1, 0)),
        p("an item", number=(1, 1)),
        p("another", number=(1, 1)),
        p("a bullet", number=(2, 0)),
        p("Three.", number=(1, 0)),
        parts={
            "word/footnotes.xml": notes("footnote", "A footnote."),
            "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1"'
            ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
            "</Relationships>",
            "word/_rels/document.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            + "".join(
                f'<Relationship Id="r{n}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{kind}.xml"/>'
                for n, kind in enumerate(("styles", "numbering", "footnotes"))
            )
            + "</Relationships>",
        },
    )
    (tmp_path / "draft.docx").write_bytes(source)
    subprocess.run(
        [program, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "odt", "draft.docx"],
        cwd=tmp_path, capture_output=True, check=True, timeout=120,
    )  # fmt: skip

    word = inspect(read_draft(source, name="draft.docx"))
    odt = inspect(read_draft((tmp_path / "draft.odt").read_bytes(), name="draft.odt"))

    for key in ("counts", "headings", "first_paragraphs", "sub_items", "note_places", "front_matter"):
        assert odt[key] == word[key], key
