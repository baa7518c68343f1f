"""A list into the registry: read into a preview that says row by row what would happen, then applied in small steps.

Applying the same list again finds every row the same: nothing doubles.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from consult.audit import record
from consult.audit.operations import Actor
from consult.core import ids
from consult.core.db import Base, rows_touched
from consult.core.files import store
from consult.core.many import insert_many
from consult.stakeholders import import_contacts
from consult.stakeholders.entries import COLUMNS, Entry
from consult.stakeholders.import_contacts import Person, spelled
from consult.stakeholders.import_entries import entry_of, parts_of
from consult.stakeholders.known import Known, Registry
from consult.stakeholders.models import Basis, Purpose
from consult.stakeholders.models_import import ImportColumn, ImportRow, ImportState, RowState, StakeholderImport
from consult.stakeholders.operations import Told
from consult.stakeholders.operations_import_contacts import people_of
from consult.stakeholders.operations_told import says_yes_anew
from consult.stakeholders.rules_told import ConsentUntold, check_tell_consent
from consult.stakeholders.sheets import COLUMNS as COLUMNS_OF_LISTS
from consult.stakeholders.sheets import Row, called

KEPT = timedelta(days=14)  # an uploaded list; the page of its import says so
UNWANTED_AFTER = timedelta(days=1)  # a file without a row: an upload that broke off
SWEPT = 2_000  # rows a sweep
KEPT_APART = frozenset({"kind", "basis", "news"})  # of an entry: what a row of a list never corrects by itself
LEAVE_OUT = "none"  # instead of a column of ours
EXCERPT = 200  # characters of a changed value in a preview
NO_NAME = "–"  # of a file
UNSAID = Told("import")


def preview_rows(
    rows: list[Row],
    registry: Registry,
    basis: Basis,
    category_unsaid: str = "",
    *,
    news: bool = False,
    told: bool = True,
) -> list[dict[str, object]]:
    """What applying each row would do, as values of ImportRow: new, same, changed or wrong, with column and reason.

    Unless it was `told` how and to which text people said yes, a row that says yes to news anew is wrong.
    """
    addresses = Counter(row.cells.get("email", "").casefold() for row in rows)
    seen: dict[tuple[str, str, str], int] = {}
    made = []
    for row in rows:
        entry, problems = entry_of(row.cells, basis, category_unsaid, news=news)
        found = registry.find(entry, shared=addresses[entry.email.casefold()] > 1)
        if (
            found
        ):  # a known entry may leave out what does not change, or say what it had before a list of ours was changed
            problems = [
                one for one in problems if one["value"] and not says_the_same(found.entry, row.cells, one["column"])
            ]
        key = (entry.kind, entry.name.casefold(), entry.email.casefold())
        if not problems and key in seen:
            problems = [{"column": "name", "code": "TwiceInList", "value": str(seen[key])}]
        seen.setdefault(key, row.line)
        made.append(row_as(row, entry, found, problems, told=told))
        if made[-1]["state"] is RowState.NEW and (alike := registry.perhaps(entry)):
            made[-1]["perhaps"] = {"called": entry.name, "entries": alike}
    return made


def row_as(
    row: Row, entry: Entry, found: Known | None, problems: list[dict[str, str]], *, told: bool
) -> dict[str, object]:
    """What applying a row would do that is about a known entry, or a new one, as values of ImportRow."""
    left = merged(found.entry, entry, row.cells, found.withdrew) if found else entry
    if not problems and found and found.is_merged and left != found.entry:
        problems = [{"column": "name", "code": "MergedAway", "value": entry.name[:80]}]
    if not problems and not told and says_yes_anew(left, found.entry if found else None):
        problems = [{"column": "news", "code": ConsentUntold.__name__, "value": row.cells.get("news", "")[:80]}]
    people = [] if problems else people_of(row.cells, entry.kind, found.people if found else ())
    return {
        "line": row.line,
        "state": RowState.WRONG if problems else _state(left, found, people),
        "values": row.cells,
        "problems": problems,
        "changes": _changes(found, left, people) if found and not problems else [],
        "stakeholder_id": found.id if found else None,
        "perhaps": None,
    }


def _state(left: Entry, found: Known | None, people: list[Person]) -> RowState:
    if found is None:
        return RowState.NEW
    return RowState.SAME if left == found.entry and not people else RowState.CHANGED


def _changes(found: Known, left: Entry, people: list[Person]) -> list[dict[str, str]]:
    changes = changes_of(found.entry, left)
    if people:
        old, new = spelled(found.people)[:EXCERPT], spelled(people)[:EXCERPT]
        changes.append({"column": import_contacts.COLUMN, "old": old, "new": new})
    return changes


def says_the_same(known: Entry, cells: Mapping[str, str], column: str) -> bool:
    """Whether a cell says the very code that an entry has: also one that has gone from a list of the operator since."""
    said, has = cells.get(column, ""), getattr(known, column, "")
    return bool(said) and (set(parts_of(said)) == set(has) if isinstance(has, tuple) else said == str(has))


def merged(known: Entry, entry: Entry, cells: dict[str, str], withdrew: frozenset[Purpose] = frozenset()) -> Entry:
    """An entry of the registry as a row would leave it: only what the row says changes.

    Consent is never taken away, nor given again for whoever withdrew it.
    """
    said: dict[str, Any] = {
        name: getattr(entry, name)
        for name in COLUMNS
        if name not in KEPT_APART and cells.get(name) and not says_the_same(known, cells, name)
    }
    if (
        known.basis is Basis.NONE and Purpose.CONSULTATIONS not in withdrew
    ):  # a row without any address says nothing of it
        said["basis"] = entry.basis
    if entry.news and Purpose.NEWS not in withdrew:
        said["news"] = True
    left = replace(known, **said)
    return replace(left, also_languages=tuple(code for code in left.also_languages if code != left.language))


def changes_of(old: Entry, new: Entry) -> list[dict[str, str]]:
    """What a row would change of an entry: [{column, old, new}]."""
    return [
        {"column": name, "old": _in_words(getattr(old, name)), "new": _in_words(getattr(new, name))}
        for name in COLUMNS
        if getattr(old, name) != getattr(new, name)
    ]


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"  # as an export says it
    return ", ".join(value) if isinstance(value, tuple) else str(value or "")[:EXCERPT]


def begin_import(
    db: Session,
    *,
    file_name: str,
    file_key: str,
    basis: Basis,
    by: Actor,
    now: datetime,
    told: Told = UNSAID,
    category: str = "",
    news: bool = False,
) -> StakeholderImport:
    """Note an uploaded list. Returns the import. Raises ConsentUntold. Records ``stakeholders.import_uploaded`` (import ref)."""
    if basis is Basis.CONSENT or news:
        check_tell_consent(told.how, told.wording)
    made = StakeholderImport(
        ref=ids.random_code(),
        file_name=file_name[:200],
        file_key=file_key,
        state=ImportState.READING,
        basis=basis,
        how=told.how,
        wording=told.wording,
        category=category,
        news=news,
        owner=by.actor,
        created_at=now,
    )
    db.add(made)
    db.flush()
    record(db, "stakeholders.import_uploaded", by=by, import_ref=made.ref)
    return made


def name_columns(db: Session, made: StakeholderImport, named: Mapping[str, str]) -> bool:
    """Remember what columns of a list are, ours or "none" for one to leave out, and let the list be read again.

    Returns whether anything was said: what is no column of ours says nothing.
    """
    said = {called(header): "" if ours == LEAVE_OUT else ours for header, ours in named.items()
            if called(header) and (ours in COLUMNS_OF_LISTS or ours == LEAVE_OUT)}  # fmt: skip
    for name, column in said.items():
        db.merge(ImportColumn(called=name, column=column))
    if said:
        made.state = ImportState.READING
    db.flush()
    return bool(said)


def by_name(row: Mapping[str, Any]) -> str:
    """In which order the rows of a preview are kept: see `operations_applying.lines_to_apply`."""
    return str(row["values"].get("name", "")).casefold()


def keep_preview(db: Session, import_id: int, rows: list[dict[str, object]]) -> None:
    """Store part of a preview."""
    of_it = [{"import_id": import_id, "applied": False, **row} for row in rows]
    insert_many(db, Base.metadata.tables["stakeholder_import_row"], of_it)


def forget_preview(db: Session, import_id: int) -> None:
    """Remove a preview, whole or half made: before it is made again."""
    db.execute(delete(ImportRow).where(ImportRow.import_id == import_id))


EMPTY: dict[str, object] = {
    "values": {}, "changes": [], "problems": [], "applied": True, "state": RowState.WRONG, "stakeholder_id": None,
    "perhaps": None,
}  # fmt: skip


def forget_rows(db: Session, entries: Collection[int], addresses: Collection[str] = ()) -> None:
    """Empty the rows of lists that are about some entries, or hold one of some addresses (casefolded), as a new entry would.

    And that they were about them, for whoever has the list reads its lines.
    """
    typed = func.lower(ImportRow.values["email"].as_string())
    own = update(ImportRow).where(or_(ImportRow.stakeholder_id.in_(entries), typed.in_(addresses)))
    db.execute(own.values(**EMPTY), execution_options={"synchronize_session": False})


def doom_lists(db: Session) -> None:
    """Let nothing come of any list that was uploaded until now, and wait for `drop_lists`."""
    gone = {"state": ImportState.FAILED, "file_name": NO_NAME, "wording": "", "ignored": []}
    db.execute(update(StakeholderImport).values(**gone), execution_options={"synchronize_session": False})


def drop_lists(db: Session, *, before: datetime) -> bool:
    """Delete some rows of lists that came to nothing, uploaded before an instant, or at last the lists. Returns whether any is left."""
    gone = StakeholderImport.state == ImportState.FAILED, StakeholderImport.created_at <= before
    part = select(ImportRow.id).where(ImportRow.import_id.in_(select(StakeholderImport.id).where(*gone))).limit(SWEPT)
    if rows_touched(db.execute(delete(ImportRow).where(ImportRow.id.in_(part)))) == SWEPT:
        return True
    db.execute(delete(StakeholderImport).where(*gone))
    return False


def goes_on(db: Session, import_id: int, state: ImportState) -> bool:
    """Whether a list that is worked on is still wanted: all of them are dropped when an entry is protected."""
    query = select(StakeholderImport).where(StakeholderImport.id == import_id).with_for_update(key_share=True)
    made = db.scalars(query.execution_options(populate_existing=True)).one_or_none()
    return made is not None and made.state is state


def sweep_imports(db: Session, *, now: datetime) -> int:
    """Remove lists that were uploaded long ago, applied or not: their rows a part a sweep, then the list. Returns how many.

    What they brought stands in the registry, and who brought it in the journal; a half-finished one brings nothing any more.
    """
    old = select(StakeholderImport.id).where(StakeholderImport.created_at < now - KEPT)
    part = select(ImportRow.id).where(ImportRow.import_id.in_(old)).limit(SWEPT)
    gone = rows_touched(db.execute(delete(ImportRow).where(ImportRow.id.in_(part))))
    if gone < SWEPT:
        gone += rows_touched(db.execute(delete(StakeholderImport).where(StakeholderImport.id.in_(old))))
    wanted = set(db.scalars(select(StakeholderImport.file_key)))
    store().sweep("lists", wanted, before=(now - UNWANTED_AFTER).timestamp())
    return gone
