"""A list whose preview was read: its rows are applied in steps."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.audit.operations import Actor
from consult.core.db import Base, lock
from consult.core.many import update_many
from consult.core.ranges import among, one_of
from consult.core.refusals import Refused
from consult.stakeholders import operations
from consult.stakeholders.entries import Entry
from consult.stakeholders.import_contacts import COLUMN, count_contacts
from consult.stakeholders.import_entries import entry_of
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.models_import import ImportRow, ImportState, RowState, StakeholderImport
from consult.stakeholders.operations import Told
from consult.stakeholders.operations_import import merged
from consult.stakeholders.operations_import_contacts import take_people
from consult.stakeholders.queries_consents import withdrawn

STEP = 400  # rows a transaction, at most
HEAVY = 12  # rows that are only added take as long as one that corrects, or one contact person
_WAITING = (ImportRow.state.in_((RowState.NEW, RowState.CHANGED)), ~ImportRow.applied)


def begin_applying(db: Session, made: StakeholderImport) -> bool:
    """Let a list that was looked at be applied. Returns False where it is applied already, or is no more: a second press."""
    if lock(db, made).state is not ImportState.PREVIEW:
        return False
    made.state = ImportState.APPLYING
    db.flush()
    return True


def lines_to_apply(db: Session, made: StakeholderImport) -> list[int]:
    """The lines of all rows that are still to be applied: corrections in the order of the list, then new entries as they are kept.

    They are kept by name, and most indexes of the registry begin with a name. So what a step adds stands together there, and a
    third fewer pages of the database change.
    """
    r = ImportRow
    rows = db.execute(select(r.line, r.state, r.id).where(r.import_id == made.id, *_WAITING))
    ordered = sorted(rows, key=lambda row: (True, row.id) if row.state is RowState.NEW else (False, row.line))
    return [row.line for row in ordered]


def apply_rows(
    db: Session,
    made: StakeholderImport,
    *,
    lines: Sequence[int],
    most: int,
    by: Actor,
    now: datetime,
) -> list[int]:
    """Apply the next few of some rows, by their lines: see `lines_to_apply`.

    Returns those lines, in order; none when all are done. So many as take about as long as `most` rows that are only added.
    A row that has meanwhile become impossible (someone added the same by hand) turns wrong, with its reason.
    Records what add_stakeholder and change_stakeholder record.
    """
    found = _rows_of(db, made, lines[:most])
    weights = accumulate(_weight(found[line]) if line in found else 0 for line in lines[:most])
    taken = list(lines[: max(sum(1 for weight in weights if weight <= most), 1)])
    if rows := [found[line] for line in taken if line in found]:
        _apply(db, made, rows, by=by, now=now)
    return taken


def _apply(db: Session, made: StakeholderImport, rows: Sequence[Any], *, by: Actor, now: datetime) -> None:
    entries = {row.line: entry_of(row.values, made.basis, made.category, news=made.news)[0] for row in rows}
    known = _known(db, [row.stakeholder_id for row in rows if row.stakeholder_id])
    new = {row.line: entries[row.line] for row in rows if row.stakeholder_id not in known}
    told = Told(made.how, made.wording)
    refused = operations.add_stakeholders(db, new, by=by, now=now, told=told)
    corrected = [row for row in rows if row.stakeholder_id in known]
    no_more = withdrawn(db, list(known)) if corrected else {}
    for row in corrected:
        one = known[row.stakeholder_id]
        try:
            with db.begin_nested():
                left = merged(Entry.of(one), entries[row.line], row.values, no_more.get(one.id, frozenset()))
                operations.change_stakeholder(db, one, left, by=by, now=now, told=told)
        except Refused as problem:
            refused[row.line] = problem
    done = [(None if row.line in new else row.stakeholder_id, entries[row.line], row.values)
            for row in rows if row.line not in refused]  # fmt: skip
    take_people(db, done, by=by, now=now)
    db.flush()
    _note_applied(db, rows, refused)


def _rows_of(db: Session, made: StakeholderImport, lines: Sequence[int]) -> dict[int, Any]:
    """Rows by their lines, as columns: those that are still to be applied. Whoever was forgotten meanwhile has none."""
    r = ImportRow
    query = select(r.id, r.line, r.state, r.values, r.stakeholder_id).where(r.import_id == made.id, *_WAITING)
    return {row.line: row for row in db.execute(query.where(one_of(r.line, lines)))}


def _weight(row: Any) -> int:
    """How many rows that are only added take as long as this one."""
    return HEAVY * ((row.state is RowState.CHANGED) + count_contacts(row.values.get(COLUMN, ""))) or 1


def _note_applied(db: Session, rows: Sequence[Any], refused: Mapping[int, Refused]) -> None:
    """Rows come after the entries: in this order whoever forgets somebody locks them too."""
    theirs = update(ImportRow).where(among(ImportRow.id, [row.id for row in rows]))
    db.execute(theirs.values(applied=True), execution_options={"synchronize_session": False})
    problems = [
        {
            "id": row.id,
            "state": RowState.WRONG,
            "problems": [{"column": "name", "code": refused[row.line].code, "value": ""}],
        }
        for row in rows
        if row.line in refused
    ]
    update_many(db, Base.metadata.tables["stakeholder_import_row"], problems)


def _known(db: Session, stakeholder_ids: list[int]) -> dict[int, Stakeholder]:
    query = select(Stakeholder).where(Stakeholder.id.in_(stakeholder_ids))
    return {one.id: one for one in db.scalars(query)} if stakeholder_ids else {}
