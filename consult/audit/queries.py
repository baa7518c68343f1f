"""Reads of the journal."""

from sqlalchemy import literal_column, select
from sqlalchemy.orm import Session

from consult.audit.models import JournalEntry


def list_about(db: Session, name: str, refs: list[str], *, limit: int) -> list[JournalEntry]:
    """The newest entries that name one of these under a code ("stakeholder"). Quick only where an index has that code."""
    named = JournalEntry.codes.op("->>")(literal_column(f"'{name}'"))
    query = select(JournalEntry).where(named.in_(refs)).order_by(JournalEntry.number.desc()).limit(limit)
    return list(db.scalars(query))
