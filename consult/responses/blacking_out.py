"""Finding passages in a comment and showing it without them. No tables: texts and ranges in, texts out."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from markupsafe import Markup

from consult.core.i18n import _
from consult.drafts.redline import suggested_wording_html
from consult.responses.models import RedactedField, Redaction, RedactionCategory
from consult.rounds.models import Comment

BAR = "█████"  # always as long, whatever it covers: the length of a name is a hint
MARKS = {category: chr(0xE000 + place) for place, category in enumerate(RedactionCategory)}  # signs for private use
UNMARKED = dict.fromkeys(map(ord, MARKS.values()))

Words = Mapping[str, object]  # what to say for the value of each category


class Piece(NamedTuple):
    """A run of a text: shown as it is, or blacked out with its category and no text at all."""

    category: RedactionCategory | None  # None = shown
    text: str  # "" where blacked out: what is not here cannot leak from a template


def find_passages(text: str, passage: str) -> list[tuple[int, int]]:
    """Where a passage stands in a text: (start, stop) in characters, in order, none overlapping; [] where nowhere.

    Blanks and line ends count as the same, for a line that was copied from a page has lost its line ends. A passage that begins
    or ends with a letter of a script with capitals, or a figure, is found as whole words only: "Ana" does not black out a part
    of "Analysis". Scripts that join words (Arabic) or write none (Chinese) are searched as they stand.
    """
    words = passage.split()
    if not words:
        return []
    pattern = r"\s+".join(re.escape(word) for word in words)
    if _is_apart(words[0][0]):
        pattern = r"(?<!\w)" + pattern
    if _is_apart(words[-1][-1]):
        pattern += r"(?!\w)"
    return [found.span() for found in re.finditer(pattern, text)]


def _is_apart(sign: str) -> bool:
    """Whether words of this sign's script stand apart, so that a word's edge can be seen."""
    return sign.isdecimal() or sign.lower() != sign.upper()


def blacked_out(text: str, redactions: Iterable[Redaction]) -> list[Piece]:
    """A text in the pieces to show, blacked out where a redaction says so. `redactions` are those of this field.

    The pieces of blacked out passages hold their category and no text. Ranges beyond the text, as of a comment that was withdrawn,
    give nothing.
    """
    pieces: list[Piece] = []
    at = 0
    for one in sorted(redactions, key=lambda redaction: redaction.start):
        if one.start >= len(text):
            break
        if one.start > at:
            pieces.append(Piece(None, text[at : one.start]))
        pieces.append(Piece(one.category, ""))
        at = max(at, one.stop)
    if at < len(text):
        pieces.append(Piece(None, text[at:]))
    return pieces


def blacked_text(text: str, redactions: Iterable[Redaction]) -> str:
    """The same in one string, with a bar for each passage: for files of plain text."""
    return "".join(piece.text if piece.category is None else BAR for piece in blacked_out(text, redactions))


def blacked_html(text: str, redactions: Iterable[Redaction], words: Words) -> Markup:
    """The same as HTML: line breaks are shown, and each bar says its category, to those who do not see it too."""
    made = Markup("")
    for piece in blacked_out(text, redactions):
        made += Markup("<br>").join(piece.text.split("\n")) if piece.category is None else _bar(piece.category, words)
    return made


def blacked_difference_html(quoted: str, suggestion: str, redactions: Iterable[Redaction], words: Words) -> Markup:
    """A suggested wording as changes of the paragraph, without what is blacked out in it.

    The passages are taken out before the texts are compared, so that no change can betray them; one sign stands for each meanwhile.
    """
    marked = "".join(
        piece.text.translate(UNMARKED) if piece.category is None else MARKS[piece.category]
        for piece in blacked_out(suggestion, redactions)
    )
    made = str(suggested_wording_html(quoted.translate(UNMARKED), marked))
    for category, mark in MARKS.items():
        made = made.replace(mark, str(_bar(category, words)))
    return Markup(made)  # noqa: S704  # escaped by the two functions it comes from


def shown_blacked(comment: Comment, redactions: Iterable[Redaction], words: Words) -> dict[str, Markup]:
    """A comment as its readers will see it: its text, suggested wording and evidence, "" where there is none."""
    by_field: dict[str, list[Redaction]] = {field.value: [] for field in RedactedField}
    for one in redactions:
        by_field[one.field.value].append(one)
    return {
        "text": blacked_html(comment.text, by_field["text"], words),
        "suggestion": blacked_difference_html(comment.quoted_text, comment.suggestion, by_field["suggestion"], words)
        if comment.suggestion
        else Markup(""),
        "evidence": blacked_html(comment.evidence, by_field["evidence"], words),
    }


def _bar(category: RedactionCategory, words: Words) -> Markup:
    bar = Markup('<span class="black"><span class="vh">{} </span>{}</span>')
    return bar.format(_("Blacked out:"), words[category.value])
