"""A new row of a list that may be somebody who is there already: nothing is taken for the same unless somebody says so."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.db import lock
from consult.stakeholders.entries import Entry
from consult.stakeholders.import_entries import entry_of
from consult.stakeholders.known import Known
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.models_import import ImportRow, StakeholderImport
from consult.stakeholders.operations_import import row_as
from consult.stakeholders.operations_import_contacts import read_people_of
from consult.stakeholders.queries_consents import withdrawn
from consult.stakeholders.rules_perhaps import check_take_as, stands
from consult.stakeholders.sheets import Row


def take_as(db: Session, made: StakeholderImport, row: ImportRow, meant: Stakeholder | None) -> None:
    """Let a row be about an entry that is there, or, with None, a new one again. The entry keeps its name; the rest is as in any list.

    Raises what check_take_as raises. Records nothing: applying the list does.
    """
    for one in (made, meant, row):  # in this order, as applying a list and forgetting somebody hold them
        if one is not None:
            lock(db, one)
    check_take_as(made, row, meant)
    perhaps = row.perhaps or {}
    cells = {**row.values, "name": meant.name if meant else perhaps["called"]}
    entry, problems = entry_of(cells, made.basis, made.category, news=made.news)
    found = None
    if meant is not None:
        no_more = withdrawn(db, [meant.id]).get(meant.id, frozenset())
        found = Known(meant.id, Entry.of(meant), withdrew=no_more, people=read_people_of(db, meant))
    made_anew = row_as(Row(row.line, cells), entry, found, problems, told=bool(made.wording))
    for name, value in (made_anew | {"perhaps": perhaps}).items():
        setattr(row, name, value)
    db.flush()


def entries_beside(db: Session, rows: list[ImportRow]) -> dict[int, Stakeholder]:
    """The entries that some rows may be, by their ids: those that stand there still."""
    ids = {one for row in rows if row.perhaps for one, _ in row.perhaps["entries"]}
    query = select(Stakeholder).where(Stakeholder.id.in_(ids))
    return {one.id: one for one in db.scalars(query) if stands(one)} if ids else {}
