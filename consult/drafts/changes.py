"""What changed between two versions, paragraph by paragraph, from rows: plain values for the page."""

from dataclasses import dataclass

from markupsafe import Markup, escape

from consult.core.i18n import direction_of
from consult.drafts.alignment import State, Unit, align
from consult.drafts.document import Kind
from consult.drafts.queries import ParagraphRow
from consult.drafts.redline import redline_html


@dataclass(frozen=True, slots=True)
class Changed:
    """A place of the new version (or what was deleted of the old one) with its difference."""

    state: State
    old_ref: str | None
    new_ref: str | None
    kind: Kind
    html: Markup
    language: str
    direction: str


@dataclass(frozen=True, slots=True)
class _Whole:
    """A paragraph with all that belongs to it, as one text."""

    ref: str
    kind: Kind
    text: str
    heading: str
    language: str


def whole_paragraphs(rows: list[ParagraphRow]) -> list[_Whole]:
    """Each paragraph with its sub-items, bullets and continuations; headings and tables for themselves."""
    found: list[_Whole] = []
    heading = ""
    for row in rows:
        heading = row.text if row.kind is Kind.HEADING else heading
        last = found[-1] if found else None
        if last and row.parent_ref == last.ref and row.kind is not Kind.TABLE:
            text = f"{last.text}\n{row.label} {row.text}".replace("\n ", "\n")
            found[-1] = _Whole(last.ref, last.kind, text, last.heading, last.language)
        else:
            found.append(
                _Whole(row.ref, row.kind, row.text, heading if row.kind is not Kind.HEADING else "", row.language)
            )
    return found


def changes(old_rows: list[ParagraphRow], new_rows: list[ParagraphRow]) -> list[Changed]:
    """Everything that is not the same, in the order of the new text; deleted paragraphs stand where they stood."""
    old, new = whole_paragraphs(old_rows), whole_paragraphs(new_rows)
    pairs = align([_unit(one) for one in old], [_unit(one) for one in new])
    place_of = {pair.old: pair.new for pair in pairs if pair.old is not None and pair.new is not None}
    found: list[tuple[float, Changed]] = []
    for pair in pairs:
        if pair.state is State.SAME:
            continue
        before = old[pair.old] if pair.old is not None else None
        after = new[pair.new] if pair.new is not None else None
        place = float(pair.new) if pair.new is not None else _stood_after(pair.old or 0, place_of)
        found.append((place, _changed(pair.state, before, after)))
    return [change for _, change in sorted(found, key=lambda row: row[0])]


def _unit(one: _Whole) -> Unit:
    is_item = one.kind is Kind.PARAGRAPH and one.ref.startswith("annex")
    return Unit(one.ref, one.text, "annex_item" if is_item else one.kind, one.heading)


def _stood_after(place: int, place_of: dict[int, int]) -> float:
    """Behind the nearest paragraph before it that is still there."""
    for before in range(place - 1, -1, -1):
        if (found := place_of.get(before)) is not None:
            return found + 0.5
    return -0.5


def _changed(state: State, before: _Whole | None, after: _Whole | None) -> Changed:
    shown = after or before
    assert shown is not None
    if before is not None and after is not None and state is State.MOVED:
        html = escape(after.text)
    else:
        html = redline_html(before.text if before else "", after.text if after else "")
    return Changed(
        state,
        before.ref if before else None,
        after.ref if after else None,
        shown.kind,
        html,
        shown.language,
        direction_of(shown.language),
    )
