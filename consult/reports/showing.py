"""A published report as people read it: the frozen document with what its participants said, in the words of a language."""

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from consult.core.i18n import _, _l
from consult.core.texts import Texts
from consult.drafts.redline import suggested_wording_html
from consult.reports.document import Pieces
from consult.reports.models import ReportItem
from consult.responses.forms import CATEGORIES, OUTCOMES
from consult.rounds.models import WHOLE
from consult.vocabularies import tables

HIDDEN = {
    "author": _l("The author does not want this comment to be published. It is answered and counted."),
    "threats": _l("Not published, because it contains threats. It is answered and counted."),
    "hatred": _l("Not published, because it incites hatred. It is answered and counted."),
}


@dataclass(frozen=True, slots=True)
class ShownItem:
    """One comment with its answer, as a page or a file shows it."""

    ref: str
    note: str  # said in place of the comment: withdrawn, or not published; "" = shown
    author: str
    text: str
    suggestion: str
    difference: Markup | None  # the suggestion as changes of the paragraph
    evidence: str
    language: str
    outcome: str  # code
    outcome_name: str
    reason: str
    reason_language: str
    is_reason_foreign: bool  # not there in the reader's language


@dataclass(frozen=True, slots=True)
class ShownParagraph:
    """A paragraph that was commented on, and what became of it."""

    ref: str
    name: str
    quoted: list[str]
    ref_now: str | None
    is_changed: bool
    is_gone: bool
    items: list[ShownItem]

    @property
    def standing(self) -> str:
        """What became of it in the newest version, in words; "" for the whole draft."""
        if self.ref == WHOLE:
            return ""
        if self.is_gone:
            return _("This paragraph is no longer in the draft.")
        words = _("Changed") if self.is_changed else _("Not changed")
        moved = self.ref_now and self.ref_now != self.ref
        return f"{words}, {_('now paragraph %(ref)s', ref=self.ref_now)}" if moved else words


def show(document: dict[str, Any], personal: dict[int, dict[str, Any] | None]) -> list[ShownParagraph]:
    """Every paragraph of a report with its comments, in the current language. `personal` by position; None = a tombstone."""
    return [
        ShownParagraph(
            ref=one["ref"],
            name=_("The whole draft") if one["ref"] == WHOLE else _("Paragraph %(ref)s", ref=one["ref"]),
            quoted=[line for line in one["quoted"].split("\n") if line],
            ref_now=one["ref_now"],
            is_changed=one["is_changed"],
            is_gone=one["is_gone"],
            items=[_item(item, personal.get(item["position"])) for item in one["items"]],
        )
        for one in document["paragraphs"]
    ]


def personal_of(items: dict[int, ReportItem]) -> dict[int, dict[str, Any] | None]:
    """What was said, by position, for `show()`."""
    return {position: with_category(item.personal, item.author_category) for position, item in items.items()}


def with_category(said: dict[str, Any] | None, category: str | None) -> dict[str, Any] | None:
    """What was said, with the category of its author where they are shown by it."""
    return said if said is None or category is None else {**said, "author": {"category": category}}


def _item(item: dict[str, Any], said: dict[str, Any] | None) -> ShownItem:
    shown = said if said and not item["hidden"] else {}
    suggestion = words_of(shown.get("suggestion", []))
    quoted = shown.get("quoted", "")
    reason = Texts(item["reasons"]).shown()
    return ShownItem(
        ref=item["comment"],
        note=_note(item, said),
        author=author_of(shown.get("author", {})) if shown else "",
        text=words_of(shown.get("text", [])),
        suggestion=suggestion,
        difference=(suggested_wording_html(quoted, suggestion) if quoted else escape(suggestion))
        if suggestion
        else None,
        evidence=words_of(shown.get("evidence", [])),
        language=shown.get("language", ""),
        outcome=item["outcome"],
        outcome_name=str(dict(OUTCOMES)[item["outcome"]]),
        reason=reason.text,
        reason_language=reason.language,
        is_reason_foreign=reason.fallback,
    )


def _note(item: dict[str, Any], said: dict[str, Any] | None) -> str:
    if said is None:
        return _("Withdrawn by its author after publication.")
    return str(HIDDEN[item["hidden"]]) if item["hidden"] else ""


def author_of(author: dict[str, str]) -> str:
    """The author as they consented to be shown."""
    if "category" in author:
        found = tables.categories().get(author["category"])
        return str(found.names) if found else _("A participant")
    named = [words for words in (author.get("name"), author.get("organisation")) if words]
    return " · ".join(named) or _("A participant")


def words_of(pieces: Pieces) -> str:
    """A text with each blacked out passage replaced by its category in brackets."""
    names = dict(CATEGORIES)
    return "".join(
        _("[blacked out: %(category)s]", category=str(names[category])) if category else text
        for category, text in pieces
    )
