"""Keeping who protected entries are: sealed copies put in, replaced, let go. Nothing here can open one."""

from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from consult.core.db import lock
from consult.custody import queries, rules
from consult.custody.models import SealedEntry
from consult.stakeholders.models import Stakeholder


def keep_sealed(db: Session, entry: Stakeholder, sealed: Mapping[int, bytes], *, edition: int) -> None:
    """Keep the copies of an entry by the officers' ids, in place of those before.

    Raises OfficersMissing where nobody serves, OfficersDiffer unless there is one for each officer who serves and for nobody
    else, and EditionOld unless the edition follows the one that is kept.  Records nothing: the caller says what happened.
    """
    lock(db, entry)
    serving = {one.id for one in queries.list_serving(db)}
    rules.check_keep_sealed(serving, set(sealed), edition=edition, kept=edition_of(db, entry))
    drop_sealed(db, entry)
    db.add_all(
        SealedEntry(stakeholder_id=entry.id, officer_id=officer_id, edition=edition, sealed=copy)
        for officer_id, copy in sorted(sealed.items())
    )
    db.flush()


def edition_of(db: Session, entry: Stakeholder) -> int:
    """The edition that is kept of an entry; 0 where none is."""
    query = select(SealedEntry.edition).where(SealedEntry.stakeholder_id == entry.id).limit(1)
    return db.scalar(query) or 0


def drop_sealed(db: Session, entry: Stakeholder) -> None:
    """Let go of every copy: from here on nobody can find out who it was."""
    db.execute(delete(SealedEntry).where(SealedEntry.stakeholder_id == entry.id))
    db.flush()
