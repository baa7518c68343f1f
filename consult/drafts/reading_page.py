"""The reading page from rows: what stands under what, the contents list, the notes. Plain values for the template."""

from dataclasses import dataclass, field

from markupsafe import Markup

from consult.core.i18n import direction_of
from consult.drafts.document import NOTE_MARK, Kind
from consult.drafts.queries import ParagraphRow


@dataclass(slots=True)
class Shown:
    """A block as the page shows it."""

    kind: Kind
    ref: str
    label: str
    html: Markup
    text: str
    level: int
    language: str
    direction: str
    foreign: bool  # in another language than the page
    children: list["Shown"] = field(default_factory=list)
    is_numbered: bool = False

    @property
    def anchor(self) -> str:
        """The id in the page: "p-47"."""
        return f"p-{self.ref}"

    @property
    def mark(self) -> str:
        """What hangs in the margin: the number; of an item of an annex without the annex, which its heading names."""
        return self.ref.rsplit("-", 1)[-1] if self.ref.startswith("annex") else self.ref


@dataclass(slots=True)
class Entry:
    """A line of the contents list."""

    label: str
    text: str
    anchor: str
    language: str
    direction: str
    foreign: bool  # in another language than the page
    children: list["Entry"] = field(default_factory=list)


@dataclass(slots=True)
class Note:
    """A note in the list at the end, and where it is called."""

    number: int
    mark: str
    html: Markup
    anchor: str


@dataclass(slots=True)
class Page:
    """Everything between title and footer."""

    blocks: list[Shown]
    contents: list[Entry]
    notes: list[Note]
    paragraphs: int


def front_lines(front: list[str]) -> list[Markup]:
    """The lines before the first heading."""
    return [Markup(line) for line in front]  # noqa: S704 - cleaned when written


def arrange(rows: list[ParagraphRow], page_language: str) -> Page:
    """Blocks in order, each sub-item, bullet and continuation inside its paragraph."""
    page = Page([], [], [], 0)
    owners: dict[str, Shown] = {}
    for row in rows:
        shown = _shown(row, page_language)
        _call_notes(page, shown, row.notes)
        if row.kind is Kind.PARAGRAPH:
            owners[row.ref] = shown
            page.paragraphs += not row.ref.startswith("annex")
        owner = owners.get(row.parent_ref or "")
        if owner is not None and row.kind is not Kind.PARAGRAPH:
            owner.children.append(shown)
            continue
        if row.kind is Kind.HEADING:
            _enter(page.contents, shown)
        page.blocks.append(shown)
    return page


def _call_notes(page: Page, shown: Shown, notes: list[dict[str, str]]) -> None:
    """Number the notes through the page, and put a link where each is called."""
    for note in notes:
        number = len(page.notes) + 1
        page.notes.append(Note(number, note["mark"], Markup(note["html"].replace(NOTE_MARK, "")), f"call-{number}"))  # noqa: S704
        call = Markup('<sup><a id="call-{n}" href="#note-{n}">{mark}</a></sup>').format(n=number, mark=note["mark"])
        if NOTE_MARK in shown.html:
            shown.html = Markup(shown.html.replace(NOTE_MARK, call, 1))  # noqa: S704 - cleaned when written
        else:
            shown.html += call
    shown.html = Markup(shown.html.replace(NOTE_MARK, ""))  # noqa: S704 - cleaned when written


def _shown(row: ParagraphRow, page_language: str) -> Shown:
    label, html, text = row.label, row.html, row.text
    if row.kind is Kind.HEADING and not label:
        label, html, text = _typed_label(html, text)
    return Shown(
        row.kind,
        row.ref,
        label,
        Markup(html),  # noqa: S704 - cleaned when written
        text,
        row.level,
        row.language,
        direction_of(row.language),
        row.language != page_language,
        is_numbered=row.kind is Kind.PARAGRAPH,
    )


def _typed_label(html: str, text: str) -> tuple[str, str, str]:
    """A heading's typed label hangs in the margin like an automatic one: "III. Justice" is "III." and "Justice"."""
    first, _, rest = text.partition(" ")
    if rest and first[-1:] in ".．、-" and len(first) <= 8 and html.startswith(first + " "):
        return first, html[len(first) + 1 :], rest
    return "", html, text


def _enter(contents: list[Entry], heading: Shown) -> None:
    entry = Entry(heading.label, heading.text, heading.anchor, heading.language, heading.direction, heading.foreign)
    if heading.level <= 1 or not contents:
        contents.append(entry)
    elif heading.level == 2:
        contents[-1].children.append(entry)
