"""Where a paragraph's address leads: to the paragraph in the newest public version, to its new number, or to what became of it."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.drafts.document import Kind
from consult.drafts.models import DraftVersion, Paragraph, VersionState
from consult.drafts.queries import ParagraphRow

SHOWN = frozenset({Kind.PARAGRAPH, Kind.HEADING, Kind.TABLE})  # what has a page of its own; the rest belongs to one


@dataclass(frozen=True, slots=True)
class Place:
    """A paragraph found by a ref: its key, and its ref in the newest version, None where it is gone."""

    key: str
    ref: str | None
    was_ref: str
    was_number: int  # of the version in which the ref was found


def find_place(db: Session, consultation_id: int, newest_id: int, ref: str, number: int | None) -> Place | None:
    """The paragraph that a ref means: in the version of a number, else in the newest that has it. None where none has.

    A sub-item, bullet or continuation is found as the paragraph it belongs to.
    """
    query = (
        select(Paragraph.key, Paragraph.ref, Paragraph.parent_ref, Paragraph.kind, DraftVersion.id, DraftVersion.number)
        .join(DraftVersion, DraftVersion.id == Paragraph.version_id)
        .where(DraftVersion.consultation_id == consultation_id, DraftVersion.state == VersionState.PUBLISHED)
        .where(DraftVersion.is_public, Paragraph.ref == ref)
        .order_by(DraftVersion.number.desc())
    )
    found = db.execute(query if number is None else query.where(DraftVersion.number == number)).first()
    if found is None:
        return None
    if found.kind not in SHOWN and found.parent_ref:
        return find_place(db, consultation_id, newest_id, found.parent_ref, found.number)
    if found.id == newest_id:
        return Place(found.key, found.ref, found.ref, found.number)
    now = select(Paragraph.ref).where(Paragraph.version_id == newest_id, Paragraph.key == found.key)
    return Place(found.key, db.scalar(now), found.ref, found.number)


def paragraph_rows(rows: list[ParagraphRow], ref: str) -> list[ParagraphRow]:
    """A paragraph with all that belongs to it."""
    return [row for row in rows if row.ref == ref or row.parent_ref == ref]


def neighbours(rows: list[ParagraphRow], ref: str) -> tuple[str | None, str | None]:
    """The refs of the numbered paragraphs before and after one."""
    refs = [row.ref for row in rows if row.kind is Kind.PARAGRAPH or row.ref == ref]
    place = refs.index(ref)
    return (refs[place - 1] if place else None), (refs[place + 1] if place + 1 < len(refs) else None)
