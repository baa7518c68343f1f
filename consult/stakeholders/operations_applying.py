"""A list whose preview was read: its rows are applied in steps."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.audit.operations import Actor
from consult.core.db import lock
from consult.core.refusals import Refused
from consult.stakeholders import operations
from consult.stakeholders.entries import Entry
from consult.stakeholders.import_entries import entry_of
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.models_import import ImportRow, ImportState, RowState, StakeholderImport
from consult.stakeholders.operations import Told
from consult.stakeholders.operations_import import merged
from consult.stakeholders.operations_import_contacts import take_people
from consult.stakeholders.queries_consents import withdrawn

STEP = 50  # rows a transaction, at most: well under 200 ms, also where all of them are corrections


def begin_applying(db: Session, made: StakeholderImport) -> bool:
    """Let a list that was looked at be applied. Returns False where it is applied already, or is no more: a second press."""
    if lock(db, made).state is not ImportState.PREVIEW:
        return False
    made.state = ImportState.APPLYING
    db.flush()
    return True


def apply_rows(
    db: Session, made: StakeholderImport, *, after: int = 0, most: int = STEP, by: Actor, now: datetime
) -> list[int]:
    """Apply the next few rows that are new or changed, beyond a line. Returns their lines; none when all are done.

    A row that has meanwhile become impossible (someone added the same by hand) turns wrong, with its reason.
    Records what add_stakeholder and change_stakeholder record.
    """
    wanted = (RowState.NEW, RowState.CHANGED)
    query = select(ImportRow).where(ImportRow.import_id == made.id, ImportRow.line > after)
    query = query.where(ImportRow.state.in_(wanted), ~ImportRow.applied).order_by(ImportRow.line).limit(most)
    rows = {row.line: row for row in db.scalars(query)}
    known = _known(db, [row.stakeholder_id for row in rows.values() if row.stakeholder_id])
    entries = {line: entry_of(row.values, made.basis, made.category, news=made.news)[0] for line, row in rows.items()}
    no_more = withdrawn(db, list(known))
    new = {line: entry for line, entry in entries.items() if (rows[line].stakeholder_id or 0) not in known}
    told = Told(made.how, made.wording)
    refused = operations.add_stakeholders(db, new, by=by, now=now, told=told)
    for line, row in rows.items():
        row.applied = True
        if line in new:
            continue
        try:
            with db.begin_nested():
                one = known[row.stakeholder_id or 0]
                left = merged(Entry.of(one), entries[line], row.values, no_more.get(one.id, frozenset()))
                operations.change_stakeholder(db, one, left, by=by, now=now, told=told)
        except Refused as problem:
            refused[line] = problem
    for line, why in refused.items():
        rows[line].state = RowState.WRONG
        rows[line].problems = [{"column": "name", "code": why.code, "value": ""}]
    done = [(None if line in new else row.stakeholder_id, entries[line], row.values)
            for line, row in rows.items() if line not in refused]  # fmt: skip
    take_people(db, done, by=by, now=now)
    db.flush()
    return list(rows)


def _known(db: Session, stakeholder_ids: list[int]) -> dict[int, Stakeholder]:
    query = select(Stakeholder).where(Stakeholder.id.in_(stakeholder_ids))
    return {one.id: one for one in db.scalars(query)} if stakeholder_ids else {}
