"""The check page from a document: what the file holds, the doubtful places, every block; and one correction of it."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from consult.core.i18n import LazyText, _l
from consult.core.refusals import Refused
from consult.drafts import editing
from consult.drafts.document import NOTE_MARK, Block, Document, Doubt, Kind, refs
from consult.drafts.inspecting import count_words, inspect
from consult.drafts.models import DraftUpload, UploadState

AROUND = 3  # blocks shown before and after the one in hand

DOUBTS: dict[Doubt, tuple[LazyText, LazyText]] = {
    Doubt.CUT: (_l("Cut in two?"), _l("A line without a number begins in the middle of a sentence.")),
    Doubt.HEADING: (_l("Heading?"), _l("A short line in bold stands alone, without a heading style.")),
    Doubt.AGAIN: (_l("Same number twice"), _l("This number stood before.")),
    Doubt.GAP: (_l("Number missing"), _l("A number is missing before this one.")),
    Doubt.RESTARTED: (
        _l("List begins again"),
        _l("A list begins at 1 inside the text. We took it as part of the paragraph before."),
    ),
    Doubt.CHAPTER: (
        _l("Numbers begin again"),
        _l(
            "The numbers begin at 1 again under this heading, so that some stand twice. Number the paragraphs through, if you can."
        ),
    ),
    Doubt.NUMBER: (
        _l("A number?"),
        _l("A line begins with the number that comes next. It may be a paragraph of its own."),
    ),
    Doubt.LONG: (_l("Long heading"), _l("This heading is as long as a paragraph.")),
    Doubt.NO_NOTE: (_l("Note without text"), _l("A mark calls a note that has no text.")),
}
OFFERS = {
    Doubt.NUMBER: "renumber",
    Doubt.CHAPTER: "renumber_following",
    Doubt.AGAIN: "renumber_following",
    Doubt.GAP: "renumber_following",
}
LEFT_OUT: dict[str, LazyText] = {
    "contents_list": _l("The list of contents (%(times)s lines). We make our own."),
    "running_header": _l("The line “%(text)s”, a copy of a page header or a page number."),
    "tracked_changes": _l("Marks of tracked changes (%(times)s). We took the text as accepted."),
    "comment": _l("Comments in the margin (%(times)s)."),
    "picture": _l("Pictures (%(times)s). Charts and pictures cannot be commented on."),
    "text_box": _l("A text box: “%(text)s”. Move its words into the text if they matter."),
    "symbol": _l("Signs of a font without letters (%(times)s). Write them as text if they matter."),
    "linked_part": _l("Another document that this one only points to (%(times)s). Copy its text into the draft."),
    "hidden_text": _l("Hidden text (%(times)s)."),
    "linked_template": _l("A link to a template on another machine. We did not follow it."),
}

COUNTED = {"picture", "symbol", "linked_part"}  # a warning each, shown as one sentence


class CorrectionUnknown(Refused):
    """A correction that the page does not offer."""

    message = _l("Choose one of the corrections on the page.")


@dataclass(slots=True)
class Place:
    """A block on the check page."""

    place: int
    ref: str
    block: Block
    html: str
    doubts: list[tuple[str, str]]
    before: Block | None
    offers: str  # "renumber" or "renumber_following" where a number would settle the doubt, or nothing
    number: int  # the one that would


@dataclass(slots=True)
class Check:
    """The whole check page."""

    counts: dict[str, Any]
    words: dict[str, int]
    left_out: list[str]
    doubtful: list[Place]
    around: list[Place]
    at: int | None
    blocks: int


@dataclass(frozen=True, slots=True)
class Measured:
    """An upload in the staff's list, with its words and how many places are doubtful."""

    language: str
    file_name: str
    state: UploadState
    task_ref: str | None
    words: int
    doubts: int
    edition: int


def measured(upload: DraftUpload) -> Measured:
    """An upload with its words in the text and its doubtful places."""
    document = Document.from_json(upload.document) if upload.document else None
    return Measured(
        upload.language,
        upload.file_name,
        upload.state,
        upload.task_ref,
        count_words(document)["body"] if document else 0,
        sum(bool(block.doubts) for block in document.blocks) if document else 0,
        upload.edition,
    )


def check(document: Document, *, at: int | None) -> Check:
    """The check page of a document; `at` is the block in hand, if any."""
    names = refs(document.blocks)
    places = [_place(document, names, place) for place in range(len(document.blocks))]
    found = inspect(document)
    around = places[max(at - AROUND, 0) : at + AROUND + 1] if at is not None else places
    return Check(
        counts=found["counts"],
        words=found["words"],
        left_out=_left_out(document),
        doubtful=[place for place in places if place.doubts],
        around=around,
        at=at,
        blocks=len(places),
    )


def _place(document: Document, names: list[str], place: int) -> Place:
    block = document.blocks[place]
    doubts = [(str(DOUBTS[doubt][0]), str(DOUBTS[doubt][1])) for doubt in block.doubts]
    before = document.blocks[place - 1] if place else None
    offers = next((OFFERS[doubt] for doubt in block.doubts if doubt in OFFERS), "")
    number = editing.next_number(document.blocks, place)
    return Place(place, names[place], block, block.html.replace(NOTE_MARK, ""), doubts, before, offers, number)


def _left_out(document: Document) -> list[str]:
    """What was left out, each sentence once."""
    single = Counter(one.code for one in document.warnings)
    sentences = [
        LEFT_OUT[one.code] % {"times": single[one.code] if one.code in COUNTED else one.text, "text": one.text}
        for one in document.warnings
        if one.code in LEFT_OUT
    ]
    return list(dict.fromkeys(sentences))


def corrected(document: Document, *, act: str, place: int, kind: str, number: int | None, begins: str) -> Document:
    """The document after one correction. Raises CorrectionUnknown, and the refusals of editing."""
    if not 0 <= place < len(document.blocks):
        raise CorrectionUnknown
    if act == "join":
        return editing.join(document, place)
    if act == "split":
        return editing.split(document, place, document.blocks[place].text.find(begins) if begins else 0)
    if act in ("renumber", "renumber_following") and number is not None:
        return editing.renumber(document, place, number, following=act == "renumber_following")
    if act == "make" and kind in set(Kind):
        return editing.make(document, place, Kind(kind), level=1 if number is None else number)
    if act == "drop":
        return editing.drop(document, place)
    if act == "settle":
        return editing.settle(document, place)
    raise CorrectionUnknown
