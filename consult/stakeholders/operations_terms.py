"""What an entry is found by: the words of its name and address, its number; and that its name is to be compared with the others."""

from collections.abc import Collection, Mapping

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consult.core.db import Base
from consult.core.many import insert_many
from consult.core.ranges import among
from consult.stakeholders.entries import Entry
from consult.stakeholders.keys import terms_of
from consult.stakeholders.models import Protection, Stakeholder, StakeholderTerm
from consult.stakeholders.models_doubles import NameToCompare


def keep_terms(db: Session, entries: Mapping[int, Entry]) -> None:
    """Keep the words by which entries are found, by their id, in place of those before; and have their names compared."""
    write_terms(db, entries)
    await_comparing(db, entries)


def add_terms(db: Session, entries: Mapping[int, Entry]) -> None:
    """The same for entries that are new, and not protected: none of them has any."""
    _insert_terms(db, entries)
    insert_many(db, Base.metadata.tables["name_to_compare"], [{"stakeholder_id": row_id} for row_id in entries])


def write_terms(db: Session, entries: Mapping[int, Entry]) -> None:
    """The words alone."""
    theirs = delete(StakeholderTerm).where(among(StakeholderTerm.stakeholder_id, entries))
    db.execute(theirs, execution_options={"synchronize_session": False})
    _insert_terms(db, entries)


def _insert_terms(db: Session, entries: Mapping[int, Entry]) -> None:
    rows = [
        {"stakeholder_id": row_id, "term": term, "name_key": entry.name.casefold()}
        for row_id, entry in entries.items()
        for term in terms_of(entry.name, entry.email, list(entry.groups), entry.phone)
    ]
    rows.sort(key=lambda row: (row["term"], row["name_key"]))  # as their index has them: it grows from left to right
    insert_many(db, Base.metadata.tables["stakeholder_term"], rows)


def await_comparing(db: Session, ids: Collection[int] | None = None) -> None:
    """Let the worker compare the names of some entries, or of all, with the others. Never of who is protected."""
    open_ones = select(Stakeholder.id).where(Stakeholder.protection != Protection.PROTECTED)
    if ids is not None:
        open_ones = open_ones.where(among(Stakeholder.id, ids))
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    waiting = dialect.insert(NameToCompare).from_select(["stakeholder_id"], open_ones.order_by(Stakeholder.id))
    db.execute(waiting.on_conflict_do_nothing())
