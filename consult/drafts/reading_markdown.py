"""A Markdown file into lines (CommonMark with tables and footnotes; HTML in it is text)."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from consult.drafts import reading_refusals as refusals
from consult.drafts.document import Note, NoteKind
from consult.drafts.reading_lines import Auto, Cell, Line, Piece

TEXT_MAX = 5_000_000  # bytes
LINES_MAX = 20_000  # that are not blank
TOKENS_MAX = 200_000  # of the blocks; each takes half a kilobyte
PARAGRAPH_MAX = 50_000  # characters
BRACKETS_MAX = 50_000  # each may begin a link, and is looked at again and again


class _Bounded(list[Token]):
    """Tokens that refuse to become too many: a line of 20 signs can open 20 lists."""

    def append(self, token: Token) -> None:
        if len(self) >= TOKENS_MAX:
            raise refusals.FileUnpacksTooLarge
        super().append(token)


def read_markdown(content: bytes) -> tuple[Iterator[Line], Counter[str], list[str], str]:
    """The lines of a Markdown file, what was dropped, no running headers, no stated language. Raises FileKindUnknown, FileTooLarge."""
    if len(content) > TEXT_MAX:
        raise refusals.FileTooLarge
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refusals.FileKindUnknown from None
    if "\x00" in text:
        raise refusals.FileKindUnknown
    if text.count("[") > BRACKETS_MAX or _lines_in(text) > LINES_MAX:
        raise refusals.FileUnpacksTooLarge
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").use(footnote_plugin, inline=False)
    tokens, env = _Bounded(), dict[str, Any]()
    parser.block.parse(text.replace("\r\n", "\n").replace("\r", "\n"), parser, env, tokens)
    dropped: Counter[str] = Counter()
    return _Walk(parser, env, tokens, dropped).lines(), dropped, [], ""


def _lines_in(text: str) -> int:
    return sum(1 for line in text.split("\n", LINES_MAX * 10) if line.strip())


class _Walk:
    """The tokens of a file, one after the other, with the lists we are inside of."""

    def __init__(self, parser: MarkdownIt, env: dict[str, Any], tokens: list[Token], dropped: Counter[str]) -> None:
        self.parser, self.env = parser, env
        self.notes, self.tokens = _note_texts(tokens)
        self.dropped = dropped
        self.bodies: dict[str, Line] = {}
        self.counted = 0
        self.lists: list[tuple[str, int]] = []  # (form, next value)
        self.fresh = False  # the next paragraph is the first of its item

    def lines(self) -> Iterator[Line]:
        """Every line; the notes are kept apart."""
        place = 0
        while place < len(self.tokens):
            token = self.tokens[place]
            if token.type in ("bullet_list_open", "ordered_list_open"):
                self.lists.append(("bullet" if token.type[0] == "b" else "decimal", int(token.attrs.get("start", 1))))
            elif token.type in ("bullet_list_close", "ordered_list_close"):
                self.lists.pop()
            elif token.type == "list_item_open":
                self.fresh = True
                if token.info.isdecimal():  # the number as typed: CommonMark itself would count on from the first
                    self.lists[-1] = ("decimal", int(token.info))
            elif token.type == "heading_open":
                yield self._line(self.tokens[place + 1], heading=int(token.tag[1]))
            elif token.type == "paragraph_open":
                yield from self._paragraph(self.tokens[place + 1])
            elif token.type == "table_open":
                end = next(at for at in range(place, len(self.tokens)) if self.tokens[at].type == "table_close")
                yield self._table(self.tokens[place:end])
                place = end
            elif token.type in ("code_block", "fence"):
                yield Line([Piece(token.content.strip())])
            place += 1

    def _paragraph(self, inline: Token) -> Iterator[Line]:
        """One paragraph; each line break that the writer forced begins a new one, so that (a), (b) may stand under each other."""
        line = self._line(inline)
        if self.fresh and self.lists:
            self.fresh = False
            form, value = self.lists[-1]
            self.lists[-1] = (form, value + 1)
            line.auto = Auto(
                form, value, f"{value}." if form == "decimal" else "", len(self.lists) - 1, str(len(self.lists))
            )
        yield line

    def _line(self, inline: Token, heading: int = 0) -> Line:
        line = Line(heading=heading)
        bold = italic = False
        href = ""
        for child in self._parsed(inline):
            if child.type in ("strong_open", "strong_close"):
                bold = child.type == "strong_open"
            elif child.type in ("em_open", "em_close"):
                italic = child.type == "em_open"
            elif child.type in ("link_open", "link_close"):
                href = str(child.attrs.get("href", "")) if child.type == "link_open" else ""
            elif child.type in ("text", "code_inline"):
                line.pieces.append(Piece(child.content, bold, italic, "", href))
            elif child.type in ("softbreak", "hardbreak"):
                line.pieces.append(Piece(" " if child.type == "softbreak" else "\n", bold, italic, "", href))
            elif child.type == "footnote_ref":
                self._refer(line, str(child.meta["label"]))
            elif child.type == "image":
                self.dropped["picture"] += 1
        return line

    def _parsed(self, inline: Token) -> list[Token]:
        """What stands in a paragraph, parsed only now: a file must not fill the memory before its lines are counted."""
        if len(inline.content) > PARAGRAPH_MAX:
            raise refusals.FileUnpacksTooLarge
        children: list[Token] = []
        self.parser.inline.parse(inline.content, self.parser, self.env, children)
        return children

    def _refer(self, line: Line, label: str) -> None:
        self.counted += 1
        if label not in self.bodies:
            self.bodies[label] = Line()  # a note that calls itself stays empty inside
            body = Line()
            for inline in self.notes.get(label, []):
                body.pieces.extend(piece for piece in self._line(inline).pieces if piece.note is None)
            self.bodies[label] = body
        body = self.bodies[label]
        note = Note(str(self.counted), NoteKind.FOOTNOTE, self.counted, body.text, body.html())
        line.pieces.append(Piece("", note=len(line.notes)))
        line.notes.append(note)

    def _table(self, tokens: list[Token]) -> Line:
        rows: list[list[Cell]] = []
        table = Line(rows=rows)
        for place, token in enumerate(tokens):
            if token.type == "tr_open":
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                cell = self._line(tokens[place + 1])
                rows[-1].append(Cell(cell.html()))
                table.notes.extend(cell.notes)
                table.pieces.append(Piece(cell.text + " "))
            elif token.type == "thead_close":
                table.header_rows = len(rows)
        return table


def _note_texts(tokens: list[Token]) -> tuple[dict[str, list[Token]], list[Token]]:
    """The paragraphs of each note by its label, and the tokens without them."""
    found: dict[str, list[Token]] = {}
    kept: list[Token] = []
    current: str | None = None
    for token in tokens:
        if token.type == "footnote_reference_open":
            current = str(token.meta["label"])
            found[current] = []
        elif token.type == "footnote_reference_close":
            current = None
        elif current is None:
            kept.append(token)
        elif token.type == "inline":
            found[current].append(token)
    return found, kept
