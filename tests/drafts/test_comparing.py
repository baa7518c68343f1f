"""`consult drafts compare`: the samples, and small drafts with the harder cases."""

import json
import os
from pathlib import Path

import pytest

from consult.drafts.comparing import compare, compare_files, units
from consult.drafts.document import Block, Document, Kind
from consult.drafts.reading import read_draft

SAMPLES = Path(os.environ.get("CONSULT_SAMPLES") or Path(__file__).parents[3] / "shared" / "samples")
V1 = SAMPLES / "barbados-national-report.en.docx"
V2 = SAMPLES / "barbados-national-report-v2.en.docx"
EXPECTED = SAMPLES / "barbados-national-report-v2.en.expected.json"
FOR_PEOPLE = ("old", "new")

needs_samples = pytest.mark.skipif(
    not EXPECTED.exists(), reason="The folder of sample drafts is missing (CONSULT_SAMPLES)."
)

POLICE = "Complaints against members of the police are investigated by an independent authority."
PRISONS = "Overcrowding in prisons was reduced by alternative sentences and release on bail."
WATER = "Rural households were connected to the public water supply."


def paragraph(number: int, text: str, annex: int = 0) -> Block:
    return Block(Kind.PARAGRAPH, text, text, number=number, annex=annex, group=1 if annex else 0)


def heading(text: str) -> Block:
    return Block(Kind.HEADING, text, text, level=1)


def below(kind: Kind, text: str, label: str = "") -> Block:
    return Block(kind, text, text, label=label, level=1)


def draft(*blocks: Block) -> Document:
    return Document("en", list(blocks))


@pytest.fixture
def files(tmp_path):
    """Two small drafts as files."""
    old, new = tmp_path / "old.md", tmp_path / "new.md"
    old.write_text(f"# I. Overview\n\n1. {POLICE}\n\n2. {PRISONS}\n", "utf-8")
    new.write_text(f"# I. Overview\n\n1. {POLICE}\n\n2. {WATER}\n\n3. {PRISONS}\n", "utf-8")
    return old, new


@needs_samples
def test_the_two_barbados_drafts_differ_as_recorded(capsys):
    edits = json.loads(EXPECTED.read_text("utf-8"))["edits"]
    edits["reworded"] = [{key: row[key] for key in row if key not in FOR_PEOPLE} for row in edits["reworded"]]

    code = compare_files(V1, V2, as_json=True)

    assert code == 0
    assert json.loads(capsys.readouterr().out) == edits


@needs_samples
@pytest.mark.parametrize("name", ["barbados-national-report.en.docx", "a-hrc-50-64.zh.docx", "a-hrc-50-64.zh.odt"])
def test_a_sample_against_itself_is_unchanged(name):
    document = read_draft((SAMPLES / name).read_bytes(), name=name)

    found = compare(document, document)

    assert [found[key] for key in ("reworded", "deleted", "inserted", "moved")] == [[], [], [], []]
    assert found["unchanged"] == len(found["number_map_v1_to_v2"]) > 50


@needs_samples
def test_the_same_draft_as_docx_and_odt_has_the_same_paragraphs():
    docx, odt = (
        read_draft((SAMPLES / name).read_bytes(), name=name) for name in ("a-hrc-50-64.zh.docx", "a-hrc-50-64.zh.odt")
    )

    found = compare(docx, odt)

    assert all(int(old) == new for old, new in found["number_map_v1_to_v2"].items())
    assert found["moved"] == []


def test_a_paragraph_is_compared_with_its_bullets_sub_items_and_continuations():
    old = draft(
        heading("Overview"),
        paragraph(1, POLICE),
        below(Kind.SUB_ITEM, "the first", "(a)"),
        below(Kind.BULLET, "a bullet", "•"),
        below(Kind.CONTINUATION, "It goes on."),
        paragraph(2, WATER),
    )

    assert [unit.text for unit in units(old)] == ["Overview", f"{POLICE}\n(a) the first\na bullet\nIt goes on.", WATER]


@pytest.mark.parametrize("kind", [Kind.BULLET, Kind.SUB_ITEM, Kind.CONTINUATION])
def test_a_change_below_a_paragraph_rewords_it(kind):
    old = draft(heading("Overview"), paragraph(1, POLICE), below(kind, "as it was", "(a)"), paragraph(2, WATER))
    new = draft(heading("Overview"), paragraph(1, POLICE), below(kind, "as it is", "(a)"), paragraph(2, WATER))

    found = compare(old, new)

    assert found["reworded"] == [{"v1": 1, "v2": 1}]
    assert found["unchanged"] == 1


def test_another_sign_before_a_bullet_is_no_change():
    old = draft(paragraph(1, POLICE), below(Kind.BULLET, "a bullet", "•"))
    new = draft(paragraph(1, POLICE), below(Kind.BULLET, "a bullet", "–"))

    assert compare(old, new)["unchanged"] == 1


def test_a_paragraph_may_move_and_change():
    rest = [
        paragraph(number, f"{text} {number}") for number, text in enumerate((PRISONS, WATER, "Courts sit at night."), 2)
    ]
    old = draft(heading("Police"), paragraph(1, POLICE), heading("Others"), *rest)
    moved = [paragraph(block.number - 1, block.text) for block in rest]
    new = draft(heading("Police"), heading("Others"), *moved, paragraph(4, POLICE.replace("independent", "impartial")))

    found = compare(old, new)

    assert found["moved"] == [
        {"v1": 1, "v2": 4, "after_v1": 4, "heading_v1": "Police", "heading_v2": "Others", "text_unchanged": False}
    ]
    assert found["reworded"] == [{"v1": 1, "v2": 4}]
    assert found["unchanged"] == 3


def test_what_is_inserted_at_the_very_beginning_comes_after_nothing():
    found = compare(
        draft(heading("I"), paragraph(1, WATER)), draft(heading("I"), paragraph(1, POLICE), paragraph(2, WATER))
    )

    assert found["inserted"] == [{"v2": 1, "after_v1": None, "under_heading": "I", "text": POLICE}]
    assert found["number_map_v1_to_v2"] == {"1": 2}


def test_items_of_an_annex_are_not_paragraphs_of_the_report():
    old = draft(heading("I"), paragraph(1, WATER), heading("Annex"), paragraph(1, POLICE, annex=1))
    new = draft(heading("I"), paragraph(1, WATER), paragraph(2, POLICE))

    found = compare(old, new)

    assert found["number_map_v1_to_v2"] == {"1": 1}
    assert [row["v2"] for row in found["inserted"]] == [2]


def test_a_number_that_stands_twice_is_told_apart():
    old = draft(paragraph(1, POLICE), paragraph(1, WATER))
    new = draft(paragraph(1, POLICE), paragraph(2, WATER))

    assert compare(old, new)["number_map_v1_to_v2"] == {"1": 1, "1.2": 2}


def test_drafts_without_paragraphs_have_no_edits():
    assert compare(draft(), draft()) == {
        "number_map_v1_to_v2": {},
        "reworded": [],
        "deleted": [],
        "inserted": [],
        "moved": [],
        "unchanged": 0,
    }


def test_compare_files_tells_people_in_lines(files, capsys):
    code = compare_files(*files, as_json=False)

    assert code == 0
    assert capsys.readouterr().out.splitlines() == ["Unchanged: 2", f"New: 2 {WATER[:60]}"]


def test_compare_files_names_the_file_it_cannot_read(files, tmp_path, capsys):
    old, _ = files

    code = compare_files(old, tmp_path / "missing.md", as_json=True)

    printed = capsys.readouterr()
    assert code == 1
    assert printed.out == ""
    assert printed.err == "missing.md: No such file or directory\n"


def test_compare_files_says_why_a_file_is_refused(files, tmp_path, capsys):
    old, _ = files
    broken = tmp_path / "broken.docx"
    broken.write_bytes(b"PK\x03\x04 and no more")

    code = compare_files(old, broken, as_json=True)

    printed = capsys.readouterr()
    assert code == 1
    assert printed.out == ""
    assert printed.err.startswith("broken.docx: ")
