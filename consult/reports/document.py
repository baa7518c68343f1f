"""The frozen document of a report, made once from the answered comments; every format is rendered from it.

It holds no name and no text of a participant: those stand in items beside it, each with its digest in the document.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

from consult.consultations.models import Participant
from consult.drafts.queries import ParagraphRow
from consult.mail.keys import address_key
from consult.reports.queries import Settled
from consult.reports.rules import ENOUGH
from consult.responses.blacking_out import blacked_out
from consult.responses.models import Outcome, RedactedField
from consult.rounds.models import WHOLE, Consent

Pieces = list[list[str]]  # [category or "", text]; a blacked out passage has a category and no text


class Personal(NamedTuple):
    """What stands beside the document for one comment."""

    said: dict[str, Any] | None  # None = withdrawn after an earlier report had published it
    category: str | None  # of its author, where that is how they are shown; apart, for it goes when others withdraw


class Made(NamedTuple):
    """A document, and the personal part of each of its items by position."""

    document: dict[str, Any]
    personal: list[Personal]


class Standing(NamedTuple):
    """Where a paragraph stands in the newest public version."""

    ref: str | None  # None = it is gone
    is_changed: bool


def canonical(value: Any) -> str:
    """A value as canonical JSON: the same value gives the same words."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest_of(content: str) -> str:
    """SHA-256 of canonical JSON, hex."""
    return hashlib.sha256(content.encode()).hexdigest()


def make_document(
    settled: Sequence[Settled],
    *,
    standing: Mapping[str, Standing],
    order: Mapping[str, int],
    unanswered: int,
) -> Made:
    """The document of answered comments, by paragraph in the order of the draft.

    `standing` tells by paragraph key what became of it, `order` gives the place of each ref in the draft.
    """
    shared = _shared_categories(settled)
    by_place: dict[str, list[Settled]] = defaultdict(list)
    for one in settled:
        by_place[one.comment.paragraph_ref].append(one)
    paragraphs: list[dict[str, Any]] = []
    personal: list[Personal] = []
    for ref in sorted(by_place, key=lambda ref: (ref != WHOLE, order.get(ref, len(order)), ref)):
        items = []
        for one in by_place[ref]:
            said = _personal(one, shared)
            items.append(_item(one, position=len(personal), digest=digest_of(canonical(said.said))))
            personal.append(said)
        paragraphs.append(_paragraph(by_place[ref][0], ref, standing) | {"items": items})
    outcomes = Counter(one.answer.outcome for one in settled)
    numbers = {
        "comments": len(settled) + unanswered,
        "answered": len(settled),
        "unanswered": unanswered,
        "withheld": sum(one.response.withheld is not None for one in settled),
        "paragraphs": sum(ref != WHOLE for ref in by_place),
        "changed": sum(paragraph["is_changed"] for paragraph in paragraphs),
        "by_outcome": {outcome.value: outcomes[outcome] for outcome in Outcome},
    }
    return Made({"numbers": numbers, "paragraphs": paragraphs}, personal)


def _paragraph(first: Settled, ref: str, standing: Mapping[str, Standing]) -> dict[str, Any]:
    comment = first.comment
    now = standing.get(comment.paragraph_key or "")
    return {
        "ref": ref,
        "key": comment.paragraph_key,
        "quoted": comment.quoted_text,
        "ref_now": now.ref if now else None,
        "is_changed": bool(now and now.is_changed),
        "is_gone": bool(now and now.ref is None),
    }


def _item(one: Settled, *, position: int, digest: str) -> dict[str, Any]:
    return {
        "position": position,
        "comment": one.comment.ref,
        "hidden": _hidden(one),
        "outcome": one.answer.outcome.value,
        "reasons": {one.answer.language: one.answer.reason, **one.translations} if one.answer.reason else {},
        "digest": digest,
    }


def _hidden(one: Settled) -> str:
    """Why neither text nor author are shown: "author" (they do not want it), or the grounds for withholding; "" = shown."""
    if one.response.withheld is not None:
        return one.response.withheld.value
    return "author" if one.comment.consent is Consent.NOT_PUBLISHED else ""


def _shared_categories(settled: Sequence[Settled]) -> set[str]:
    """The categories that at least five participants share who chose to be shown by category only. Source: invariant 4."""
    holders: dict[str, set[Hashable]] = defaultdict(set)
    for one in settled:
        if category := _category(one):
            holders[category].add(who(one.author))
    return {category for category, people in holders.items() if len(people) >= ENOUGH}


def _category(one: Settled) -> str:
    """The category by which an author wants to be shown; "" where by none, or where nothing of them is shown."""
    is_shown = one.comment.consent is Consent.CATEGORY_ONLY and one.comment.withdrawn_at is None and not _hidden(one)
    return one.author.category if one.author is not None and is_shown else ""


def who(author: Participant | None) -> Hashable:
    """Who a participant is, as far as we can tell: whoever comments five times under one name or address is one.

    So are two entries of the registry that were merged.
    """
    if author is None:
        return None
    if author.stakeholder_id is not None:
        return author.kept_id or author.stakeholder_id
    if author.email or author.address_key:  # retention erases the address, and leaves its key
        return address_key(author.email) if author.email else author.address_key
    return (author.name.casefold().strip(), author.organisation.casefold().strip())


def _personal(one: Settled, shared: set[str]) -> Personal:
    """What is shown of a comment: its author as they consented, and its words with the passages blacked out.

    The seal keeps anyone from finding out by its digest what a withdrawn comment said, or who said it: it goes with the words.
    """
    if one.comment.withdrawn_at is not None:
        return Personal(None, None)
    if _hidden(one):
        return Personal({}, None)
    category = _category(one)
    return Personal(_said(one), category if category in shared else None)


def _said(one: Settled) -> dict[str, Any]:
    return {
        "author": shown_author(one),
        "language": one.comment.language,
        "seal": hashlib.sha256(b"report item" + one.comment.once).hexdigest()[:32],
        "text": _pieces(one, RedactedField.TEXT),
        "suggestion": _pieces(one, RedactedField.SUGGESTION),
        "quoted": one.comment.quoted_text if one.comment.suggestion else "",
        "evidence": _pieces(one, RedactedField.EVIDENCE),
    }


def shown_author(one: Settled) -> dict[str, str]:
    """The author as they consented to be named; {} = a participant, or by category. Source: DESIGN invariant 4."""
    author, consent = one.author, one.comment.consent
    if author is None:
        return {}
    if consent is Consent.WITH_NAME:
        return {"name": author.name, "organisation": author.organisation}
    if consent is Consent.ORGANISATION_ONLY:
        return {"name": "", "organisation": author.organisation}
    return {}


def _pieces(one: Settled, field: RedactedField) -> Pieces:
    text = getattr(one.comment, field.value)
    return [
        [piece.category.value if piece.category else "", piece.text]
        for piece in blacked_out(text, one.redactions_of(field))
    ]


def standing_of(old: Sequence[ParagraphRow], new: Sequence[ParagraphRow]) -> dict[str, Standing]:
    """What became of each paragraph of `old` in `new`, by key. A paragraph is its text with all that belongs to it."""
    before, after = _whole_texts(old), _whole_texts(new)
    return {
        key: Standing(after[key][0], after[key][1] != words) if key in after else Standing(None, True)
        for key, (_, words) in before.items()
    }


def _whole_texts(rows: Sequence[ParagraphRow]) -> dict[str, tuple[str, list[str]]]:
    inner: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.parent_ref:
            inner[row.parent_ref].append(row.text)
    return {row.key: (row.ref, [row.text, *inner[row.ref]]) for row in rows}
