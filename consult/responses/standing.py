"""Where a commented paragraph stands now: read from the alignment of the versions, never written into the comment."""

from dataclasses import dataclass
from enum import StrEnum

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.drafts.alignment import State
from consult.drafts.changes import changes, whole_paragraphs
from consult.drafts.models import DraftVersion, Paragraph
from consult.drafts.queries import read_paragraphs
from consult.drafts.redline import redline_html
from consult.rounds.models import Comment


class Standing(StrEnum):
    """What became of the paragraph. Source: DESIGN invariant 2."""

    CARRIED = "carried"
    CHANGED = "changed"
    MOVED = "moved"
    MOVED_CHANGED = "moved_changed"
    ORPHANED = "orphaned"


@dataclass(frozen=True, slots=True)
class PlaceNow:
    """A commented paragraph in the newest version: its number there, and its difference from what the author saw."""

    standing: Standing
    version: int  # number
    ref: str | None  # None = it is gone
    difference: Markup


def _newest(db: Session, consultation_id: int) -> tuple[int, int] | None:
    """Id and number of the newest version that has a text, published or not."""
    row = db.execute(
        select(DraftVersion.id, DraftVersion.number)
        .where(DraftVersion.consultation_id == consultation_id)
        .where(select(Paragraph.id).where(Paragraph.version_id == DraftVersion.id).exists())
        .order_by(DraftVersion.number.desc())
        .limit(1)
    ).one_or_none()
    return (row[0], row[1]) if row else None


def place_now(db: Session, consultation_id: int, comment: Comment, languages: list[str]) -> PlaceNow | None:
    """Where the paragraph of a comment stands in the newest version. None for the whole draft, or where no newer version is."""
    newest = _newest(db, consultation_id)
    if newest is None or comment.paragraph_key is None or newest[0] == comment.version_id:
        return None
    newest_id, number = newest
    old, new = (
        read_paragraphs(db, version, _preferring(comment.language, languages))
        for version in (comment.version_id, newest_id)
    )
    ref = next((row.ref for row in new if row.key == comment.paragraph_key), None)
    if ref is None:
        return PlaceNow(Standing.ORPHANED, number, None, Markup(""))
    before, after = (
        next((one.text for one in whole_paragraphs(rows) if one.ref == wanted), "")
        for rows, wanted in ((old, comment.paragraph_ref), (new, ref))
    )
    moved = any(
        one.state in (State.MOVED, State.MOVED_CHANGED) and one.old_ref == comment.paragraph_ref
        for one in changes(old, new)
    )
    same = before == after
    standing = {
        (True, False): Standing.CARRIED,
        (True, True): Standing.MOVED,
        (False, False): Standing.CHANGED,
        (False, True): Standing.MOVED_CHANGED,
    }[same, moved]
    return PlaceNow(standing, number, ref, Markup("") if same else redline_html(before, after))


def _preferring(code: str, languages: list[str]) -> list[str]:
    return [code, *(one for one in languages if one != code)]


def refs_now(db: Session, consultation_id: int, keys: list[str]) -> dict[str, str | None]:
    """For paragraph keys, the numbers under which they stand in the newest version; None = gone. {} before a second version."""
    newest = _newest(db, consultation_id)
    if newest is None:
        return {}
    query = select(Paragraph.key, Paragraph.ref).where(Paragraph.version_id == newest[0], Paragraph.key.in_(keys))
    found = {row.key: row.ref for row in db.execute(query)}
    return {key: found.get(key) for key in keys}
