"""Corrections of what was read: each gives a new document, and no text gets lost."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consult.drafts import editing
from consult.drafts.document import NOTE_MARK, Block, Document, Doubt, Kind
from consult.drafts.reading import read_draft

SOURCE = (
    "Cover\n\n# I. One\n\n1. First **bold part** and *more* of it.[^a] The end.\n\nin the next line.\n\n2. Second.\n\n(a) item\n\n"
    "2. Twice.\n\n| x |\n|---|\n| 1 |\n\n[^a]: A note.\n"
)


def a_document():
    return read_draft(SOURCE.encode(), name="x.md")


def plain(document):
    """All letters of a document, blanks away: what must never get lost."""
    return "".join("".join(block.text.split()) for block in document.blocks)


def shown(block):
    """The letters of a block's HTML, blanks and marks away."""
    return "".join(re.sub(r"<[^>]*>", "", block.html).replace(NOTE_MARK, "").split())


@settings(deadline=None)
@given(st.integers(1, 38))
def test_split_loses_nothing_and_join_makes_it_whole_again(offset):
    document = a_document()
    block = document.blocks[2]

    parted = editing.split(document, 2, offset)
    first, second = parted.blocks[2], parted.blocks[3]
    whole = editing.join(parted, 3)

    assert plain(parted) == plain(document)
    assert (shown(first), shown(second)) == ("".join(first.text.split()), "".join(second.text.split()))
    assert [note.text for note in first.notes + second.notes] == ["A note."]
    assert (first.html + second.html).count(NOTE_MARK) == 1
    assert second.kind is Kind.CONTINUATION
    assert "".join(whole.blocks[2].text.split()) == "".join(block.text.split())
    assert document == a_document(), "the document itself is left alone"


def test_split_closes_and_opens_the_looks():
    parted = editing.split(a_document(), 2, len("First bold"))

    assert parted.blocks[2].html == "First <strong>bold</strong>"
    assert parted.blocks[3].html.startswith("<strong>part</strong> and <em>more</em>")


def test_join_clears_the_doubt_of_the_cut():
    document = a_document()
    assert document.blocks[3].doubts == [Doubt.CUT] or document.blocks[3].kind is Kind.CONTINUATION

    joined = editing.join(document, 3)

    assert joined.blocks[2].text.endswith("The end. in the next line.")
    assert joined.blocks[2].number == 1


def test_join_puts_no_blank_between_chinese():
    document = read_draft("# 一. 甲\n\n1. 委员会建议\n\n缔约国。\n".encode(), name="x.md")

    assert editing.join(document, 2).blocks[1].text == "委员会建议缔约国。"


def test_renumber_moves_the_rest():
    document = a_document()
    twice = next(place for place, block in enumerate(document.blocks) if Doubt.AGAIN in block.doubts)

    alone = editing.renumber(document, twice, 3, following=False)
    moved = editing.renumber(document, 2, 10, following=True)

    assert [block.number for block in alone.blocks if block.kind is Kind.PARAGRAPH] == [1, 2, 3]
    assert [block.number for block in moved.blocks if block.kind is Kind.PARAGRAPH] == [10, 11, 12]
    assert all(Doubt.AGAIN not in block.doubts for block in alone.blocks)


def test_make_turns_a_line_into_a_heading_and_a_paragraph_with_the_next_number():
    document = a_document()

    assert (
        editing.make(document, 3, Kind.HEADING, level=2).blocks[3].kind,
        plain(editing.make(document, 3, Kind.HEADING)),
    ) == (
        Kind.HEADING,
        plain(document),
    )
    assert editing.make(document, 3, Kind.PARAGRAPH).blocks[3].number == 2


def test_drop_and_settle():
    document = a_document()

    assert len(editing.drop(document, 0).blocks) == len(document.blocks) - 1
    assert editing.settle(document, 3).blocks[3].doubts == []


@pytest.mark.parametrize(
    ("act", "refusal"),
    [
        (lambda d: editing.join(d, 0), editing.NothingBefore),
        (lambda d: editing.join(d, 2), editing.CannotJoin),
        (lambda d: editing.join(d, len(d.blocks) - 1), editing.CannotJoin),
        (lambda d: editing.split(d, 2, 0), editing.CannotSplit),
        (lambda d: editing.split(d, 2, 9_999), editing.CannotSplit),
        (lambda d: editing.split(d, len(d.blocks) - 1, 1), editing.CannotSplit),
        (lambda d: editing.renumber(d, 2, 0, following=False), editing.NumberWrong),
        (lambda d: editing.make(d, 2, Kind.HEADING, level=9), editing.LevelWrong),
        (lambda d: editing.make(d, len(d.blocks) - 1, Kind.PARAGRAPH), editing.CannotMake),
        (lambda d: editing.make(d, 2, Kind.TABLE), editing.CannotMake),
    ],
)
def test_impossible_corrections_are_refused(act, refusal):
    with pytest.raises(refusal):
        act(a_document())


def test_a_corrected_document_can_be_stored():
    corrected = editing.split(editing.renumber(a_document(), 2, 5, following=True), 2, 10)

    assert Document.from_json(corrected.to_json()) == corrected


def test_a_line_that_becomes_the_paragraph_it_says_does_not_say_its_number_twice():
    document = Document(
        "en",
        [
            Block(Kind.PARAGRAPH, "Two.", "Two.", number=2),
            Block(Kind.CONTINUATION, "3 Judges &c.", "3 Judges &amp;c.", doubts=[Doubt.NUMBER]),
        ],
    )

    made = editing.renumber(document, 1, 3, following=False).blocks[1]

    assert (made.kind, made.number, made.text, made.html, made.doubts) == (
        Kind.PARAGRAPH, 3, "Judges &c.", "Judges &amp;c.", [],
    )  # fmt: skip


def test_numbers_that_begin_again_are_counted_through_in_one_act():
    blocks = [Block(Kind.PARAGRAPH, "x", "x", number=number) for number in (1, 2, 1, 2)]
    blocks[2].doubts = [Doubt.CHAPTER]

    made = editing.renumber(Document("en", blocks), 2, 3, following=True)

    assert [(block.number, block.doubts) for block in made.blocks] == [(1, []), (2, []), (3, []), (4, [])]
