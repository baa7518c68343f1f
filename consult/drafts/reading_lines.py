"""A line of a file before we know what it is: pieces of text with their looks, its style, its automatic number."""

import re
from dataclasses import dataclass, field
from html import escape

from consult.core.richtext import clean
from consult.drafts.document import NOTE_MARK, Note

DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹０１２３４５６７８９", "0123456789" * 3)
SCHEMES = ("http://", "https://", "mailto:")
# Seen by nobody: hyphens of a line end, overrides of the direction (a name could be made to read as another), our own note mark.
UNSEEN = re.compile(f"[\u00ad\u202d\u202e\ufeff{NOTE_MARK}]")
COUNT_MAX = 32_767  # Word counts no further
LOST_MAX = 20  # told of one line: a hostile one could hold a hundred thousand


def whole(stated: str | None, default: int) -> int:
    """A whole number from 0 that a file states; the default where it states something else."""
    try:
        return min(max(int(stated or ""), 0), COUNT_MAX)
    except ValueError:
        return default


@dataclass(slots=True)
class Piece:
    """Text with one look, or a note's mark (then `note` is its place in the line's notes and `text` is empty)."""

    text: str
    bold: bool = False
    italic: bool = False
    raised: str = ""  # "sup", "sub" or nothing
    href: str = ""
    note: int | None = None

    def __post_init__(self) -> None:
        if UNSEEN.search(self.text):
            self.text = UNSEEN.sub("", self.text)


@dataclass(slots=True)
class Auto:
    """A number that the program counts: how it is written, its value, its depth, and which list it is in."""

    form: str  # decimal, letter, capital, roman, chapter, bullet, other
    value: int
    label: str
    depth: int
    list_id: str  # lists that count together
    run: str = ""  # the part of such a list that began with a number of its own
    joined: bool = False  # the label holds the numbers of levels above: "1.2"


@dataclass(slots=True)
class Cell:
    """A cell of a table: cleaned HTML, and over how many columns and rows it goes."""

    html: str
    columns: int = 1
    rows: int = 1


@dataclass(slots=True)
class Line:
    """One paragraph of the file, or a table."""

    pieces: list[Piece] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    heading: int = 0  # level by style; 0 = none
    auto: Auto | None = None
    is_toc: bool = False
    rows: list[list[Cell]] | None = None  # of a table
    header_rows: int = 0
    lost: list[tuple[str, str]] = field(default_factory=list)  # code and words of what stood here and cannot be kept

    @property
    def raw(self) -> str:
        """The text with its tabs."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def text(self) -> str:
        """The text, blanks as one."""
        return " ".join(self.raw.split())

    @property
    def is_bold(self) -> bool:
        """Whether every visible letter is bold."""
        visible = [piece for piece in self.pieces if piece.text.strip()]
        return bool(visible) and all(piece.bold for piece in visible)

    def without(self, characters: int) -> "Line":
        """The line without its first characters (of `raw`): the typed number is taken off."""
        pieces = []
        for piece in self.pieces:
            cut = min(characters, len(piece.text))
            characters -= cut
            pieces.append(Piece(piece.text[cut:], piece.bold, piece.italic, piece.raised, piece.href, piece.note))
        return Line(pieces, self.notes, self.heading, self.auto, self.is_toc, self.rows, self.header_rows, self.lost)

    def lose(self, code: str, words: str) -> None:
        """Note that something stood here that cannot be kept."""
        if len(self.lost) < LOST_MAX:
            self.lost.append((code, words))

    def labelled_html(self) -> str:
        """The line as a cell of a table shows it: with its automatic number."""
        label = self.auto.label if self.auto and self.auto.form != "bullet" else ""
        return f"{escape(label, quote=False)} {self.html()}" if label else self.html()

    def html(self) -> str:
        """The line as cleaned HTML, with NOTE_MARK where a note is called."""
        made = "".join(_rendered(piece) for piece in _merged(self.pieces))
        made = " ".join(made.split())
        return clean(made) if "<" in made else made  # without a tag it is escaped text: nothing to clean


def _merged(pieces: list[Piece]) -> list[Piece]:
    """Pieces of the same look in one: programs cut runs where the script changes."""
    merged: list[Piece] = []
    for piece in pieces:
        if piece.note is not None:
            mark = Piece("")
            mark.text = NOTE_MARK
            merged.append(mark)
            continue
        if not piece.text:
            continue
        last = merged[-1] if merged else None
        if last and (last.bold, last.italic, last.raised, last.href) == (
            piece.bold,
            piece.italic,
            piece.raised,
            piece.href,
        ):
            last.text += piece.text
        else:
            merged.append(Piece(piece.text, piece.bold, piece.italic, piece.raised, piece.href))
    return merged


def _rendered(piece: Piece) -> str:
    made = escape(piece.text, quote=False).replace("\n", "<br>")
    if not piece.text.strip():
        return made
    for wanted, tag in ((piece.bold, "strong"), (piece.italic, "em"), (piece.raised, piece.raised)):
        if wanted:
            made = f"<{tag}>{made}</{tag}>"
    if piece.href.startswith(SCHEMES):
        made = f'<a href="{escape(piece.href)}">{made}</a>'
    return made


def table_html(line: Line) -> str:
    """A table as cleaned HTML; its first row heads the columns where the file says so."""
    rows = line.rows or []
    head = "".join(_row(row, "th") for row in rows[: line.header_rows])
    body = "".join(_row(row, "td") for row in rows[line.header_rows :])
    return clean("<table>" + (f"<thead>{head}</thead>" if head else "") + f"<tbody>{body}</tbody></table>")


def _row(cells: list[Cell], tag: str) -> str:
    scope = ' scope="col"' if tag == "th" else ""
    return "<tr>" + "".join(f"<{tag}{scope}{_spans(cell)}>{cell.html}</{tag}>" for cell in cells) + "</tr>"


def _spans(cell: Cell) -> str:
    wide = f' colspan="{cell.columns}"' if cell.columns > 1 else ""
    return wide + (f' rowspan="{cell.rows}"' if cell.rows > 1 else "")
