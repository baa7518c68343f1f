"""A line of a file before we know what it is: pieces of text with their looks, its style, its automatic number."""

from dataclasses import dataclass, field
from html import escape

from consult.core.richtext import clean
from consult.drafts.document import NOTE_MARK, Note

DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹０１２３４５６７８９", "0123456789" * 3)
SCHEMES = ("http://", "https://", "mailto:")


@dataclass(slots=True)
class Piece:
    """Text with one look, or a note's mark (then `note` is its place in the line's notes and `text` is empty)."""

    text: str
    bold: bool = False
    italic: bool = False
    raised: str = ""  # "sup", "sub" or nothing
    href: str = ""
    note: int | None = None


@dataclass(slots=True)
class Auto:
    """A number that the program counts: how it is written, its value, its depth, and which list it is in."""

    form: str  # decimal, letter, roman, bullet, other
    value: int
    label: str
    depth: int
    list_id: str


@dataclass(slots=True)
class Line:
    """One paragraph of the file, or a table."""

    pieces: list[Piece] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    heading: int = 0  # level by style; 0 = none
    auto: Auto | None = None
    is_toc: bool = False
    rows: list[list[str]] | None = None  # of a table: cleaned HTML of each cell
    header_rows: int = 0

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
        return Line(pieces, self.notes, self.heading, self.auto, self.is_toc, self.rows, self.header_rows)

    def html(self) -> str:
        """The line as cleaned HTML, with NOTE_MARK where a note is called."""
        made = "".join(_rendered(piece) for piece in _merged(self.pieces))
        return clean(" ".join(made.split()))


def _merged(pieces: list[Piece]) -> list[Piece]:
    """Pieces of the same look in one: programs cut runs where the script changes."""
    merged: list[Piece] = []
    for piece in pieces:
        if piece.note is not None:
            merged.append(Piece(NOTE_MARK))
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


def _row(cells: list[str], tag: str) -> str:
    scope = ' scope="col"' if tag == "th" else ""
    return "<tr>" + "".join(f"<{tag}{scope}>{cell}</{tag}>" for cell in cells) + "</tr>"
