"""A list into the registry: read into a preview that says row by row what would happen, then applied in small steps.

Applying the same list again finds every row the same: nothing doubles.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from consult.audit import record
from consult.audit.operations import Actor
from consult.core import i18n, ids
from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.stakeholders import operations, rules
from consult.stakeholders.models import (
    NAME_MAX,
    Basis,
    ImportRow,
    ImportState,
    RowState,
    Stakeholder,
    StakeholderImport,
    StakeholderKind,
)
from consult.stakeholders.operations import Entry
from consult.stakeholders.sheets import Row
from consult.vocabularies import tables

STEP = 100  # rows a transaction: well under 200 ms, also where all of them are corrections

KIND_WORDS = {
    StakeholderKind.ORGANISATION: {"organisation", "organization", "org", "منظمة", "组织", "机构"},
    StakeholderKind.PERSON: {"person", "individual", "شخص", "فرد", "个人"},
}


class KindUnknown(Refused):
    """A kind that is neither organisation nor person."""

    message = _l("Write “organisation” or “person”.")


class TwiceInList(Refused):
    """The same entry on an earlier line."""

    message = _l("This is the same as line %(line)s.")


# Refusals by code, for showing a stored problem in the reader's language.
PROBLEMS: dict[str, type[Refused]] = {
    problem.__name__: problem
    for problem in (
        rules.NameMissing,
        rules.NameTooLong,
        rules.AddressWrong,
        rules.AddressMissing,
        rules.CategoryUnknown,
        rules.GroupUnknown,
        rules.GroupsOfAPerson,
        rules.LanguageNotOurs,
        rules.AlreadyThere,
        KindUnknown,
        TwiceInList,
    )
}


@dataclass(frozen=True, slots=True)
class Known:
    """An entry of the registry, as far as comparing needs it."""

    id: int
    entry: Entry


class Registry:
    """The registry as a list is compared with it: by name and address, by address alone, by name alone."""

    def __init__(self, known: Iterable[Known]) -> None:
        self.by_both: dict[tuple[str, str, str], Known] = {}
        self.by_address: dict[str, list[Known]] = {}
        self.by_name: dict[tuple[str, str], list[Known]] = {}
        for one in known:
            name, address = one.entry.name.casefold(), one.entry.email.casefold()
            self.by_both[one.entry.kind, name, address] = one
            if address:
                self.by_address.setdefault(address, []).append(one)
            self.by_name.setdefault((one.entry.kind, name), []).append(one)

    def find(self, entry: Entry, *, shared: bool) -> Known | None:
        """The entry that a row is about. An address that several share (in the list or here) says nothing alone."""
        name, address = entry.name.casefold(), entry.email.casefold()
        if both := self.by_both.get((entry.kind, name, address)):
            return both
        same_address = self.by_address.get(address, [])
        if address and not shared and len(same_address) == 1:
            return same_address[0]
        same_name = self.by_name.get((entry.kind, name), [])
        if len(same_name) == 1 and (not address or not same_name[0].entry.email):
            return same_name[0]
        return None


def read_registry(db: Session) -> Registry:
    """The whole registry as column rows: one query."""
    s = Stakeholder
    rows = db.execute(select(s.id, s.kind, s.name, s.category, s.language, s.email, s.groups, s.basis, s.note))
    return Registry(
        Known(row.id, Entry(row.kind, row.name, row.category, row.language, row.email,
                            tuple(code for code in row.groups.split(",") if code), row.basis, row.note))
        for row in rows
    )  # fmt: skip


def preview_rows(rows: list[Row], registry: Registry, basis: Basis) -> list[dict[str, object]]:
    """What applying each row would do, as values of ImportRow: new, same, changed or wrong, with column and reason."""
    addresses = Counter(row.cells.get("email", "").casefold() for row in rows)
    seen: dict[tuple[str, str, str], int] = {}
    made = []
    for row in rows:
        entry, problems = entry_of(row.cells, basis)
        found = registry.find(entry, shared=addresses[entry.email.casefold()] > 1)
        if found:  # a known entry may leave out what does not change
            problems = [problem for problem in problems if problem["value"]]
        key = (entry.kind, entry.name.casefold(), entry.email.casefold())
        if not problems and key in seen:
            problems = [{"column": "name", "code": "TwiceInList", "value": str(seen[key])}]
        seen.setdefault(key, row.line)
        state = RowState.WRONG if problems else _state(entry, row.cells, found)
        made.append(
            {
                "line": row.line,
                "state": state,
                "values": row.cells,
                "problems": problems,
                "stakeholder_id": found.id if found else None,
            }
        )
    return made


def _state(entry: Entry, cells: dict[str, str], found: Known | None) -> RowState:
    if found is None:
        return RowState.NEW
    return RowState.SAME if merged(found.entry, entry, cells) == found.entry else RowState.CHANGED


def merged(known: Entry, entry: Entry, cells: dict[str, str]) -> Entry:
    """An entry of the registry as a row would leave it: only what the row says changes; consent is never taken away."""
    said = {name: getattr(entry, name) for name in ("name", "category", "language", "email", "note") if cells.get(name)}
    if cells.get("groups"):
        said["groups"] = tuple(sorted(set(entry.groups)))
    if known.basis is Basis.NONE and (said.get("email") or known.email):
        said["basis"] = entry.basis
    return replace(known, **said)


def entry_of(cells: dict[str, str], basis: Basis) -> tuple[Entry, list[dict[str, str]]]:
    """A row as an entry, and what is wrong with it: [{column, code of the refusal, value}]."""
    problems: list[dict[str, str]] = []

    def attempt(column: str, understand: Callable[[str], object], otherwise: object) -> object:
        try:
            return understand(cells.get(column, ""))
        except Refused as problem:
            problems.append({"column": column, "code": problem.code, "value": cells.get(column, "")[:80]})
            return otherwise

    kind = attempt("kind", kind_of, StakeholderKind.ORGANISATION)
    name = attempt("name", _name_of, "")
    category = attempt("category", category_of, "other")
    language = attempt("language", language_of, i18n.languages()[0].code)
    email = attempt("email", lambda text: rules.checked_address(text) if text else "", "")
    groups = attempt("groups", lambda text: groups_of(text, kind), ())  # type: ignore[arg-type]
    email_basis = basis if email else Basis.NONE
    entry = Entry(kind, name, category, language, email, groups, email_basis, cells.get("note", ""))  # type: ignore[arg-type]
    return entry, problems


def _name_of(text: str) -> str:
    if not text:
        raise rules.NameMissing
    if len(text) > NAME_MAX:
        raise rules.NameTooLong(limit=NAME_MAX)
    return text


def kind_of(text: str) -> StakeholderKind:
    """The kind that a cell means; an empty one means an organisation. Raises KindUnknown."""
    if not text:
        return StakeholderKind.ORGANISATION
    for kind, words in KIND_WORDS.items():
        if text.casefold() in words:
            return kind
    raise KindUnknown


def category_of(text: str) -> str:
    """The code of a category written as code or as name in any language. Raises CategoryUnknown."""
    for category in tables.categories().values():
        if text.casefold() in {category.code, *(name.casefold() for name in category.names.values())}:
            return category.code
    raise rules.CategoryUnknown


def groups_of(text: str, kind: StakeholderKind) -> tuple[str, ...]:
    """The codes of groups written as codes or names, separated by commas or semicolons. Raises GroupUnknown, GroupsOfAPerson."""
    found = []
    for part in (
        part.strip().casefold() for part in text.replace(";", ",").replace("،", ",").replace("、", ",").split(",")
    ):
        if part:
            match = next(
                (
                    g.code
                    for g in tables.groups().values()
                    if part in {g.code, *(name.casefold() for name in g.names.values())}
                ),
                part,
            )
            found.append(str(match))
    rules.check_groups(kind, found)
    return tuple(sorted(set(found)))


def language_of(text: str) -> str:
    """The code of a language written as code or by its own name; an empty cell is the site's. Raises LanguageNotOurs."""
    if not text:
        return i18n.languages()[0].code
    for record_ in i18n.languages():
        if text.casefold() in (record_.code.casefold(), record_.name.casefold()):
            return record_.code
    raise rules.LanguageNotOurs


def begin_import(
    db: Session, *, file_name: str, file_key: str, basis: Basis, by: Actor, now: datetime
) -> StakeholderImport:
    """Note an uploaded list. Returns the import. Records ``stakeholders.import_uploaded`` (import ref)."""
    made = StakeholderImport(
        ref=ids.random_code(),
        file_name=file_name[:200],
        file_key=file_key,
        state=ImportState.READING,
        basis=basis,
        owner=by.actor,
        created_at=now,
    )
    db.add(made)
    db.flush()
    record(db, "stakeholders.import_uploaded", by=by, import_ref=made.ref)
    return made


def keep_preview(db: Session, import_id: int, rows: list[dict[str, object]]) -> None:
    """Store part of a preview."""
    db.execute(insert(ImportRow), [{"import_id": import_id, "applied": False, **row} for row in rows])


def forget_preview(db: Session, import_id: int) -> None:
    """Remove a preview, whole or half made: before it is made again."""
    db.execute(delete(ImportRow).where(ImportRow.import_id == import_id))


def apply_rows(db: Session, made: StakeholderImport, *, after: int = 0, by: Actor, now: datetime) -> list[int]:
    """Apply the next few rows that are new or changed, beyond a line. Returns their lines; none when all are done.

    A row that has meanwhile become impossible (someone added the same by hand) turns wrong, with its reason.
    Records what add_stakeholder and change_stakeholder record.
    """
    wanted = (RowState.NEW, RowState.CHANGED)
    query = select(ImportRow).where(ImportRow.import_id == made.id, ImportRow.line > after)
    query = query.where(ImportRow.state.in_(wanted), ~ImportRow.applied).order_by(ImportRow.line).limit(STEP)
    rows = {row.line: row for row in db.scalars(query)}
    known = _known(db, [row.stakeholder_id for row in rows.values() if row.stakeholder_id])
    entries = {line: entry_of(row.values, made.basis)[0] for line, row in rows.items()}
    new = {line: entry for line, entry in entries.items() if rows[line].stakeholder_id not in known}
    refused = operations.add_stakeholders(db, new, by=by, now=now, how="import")
    for line, row in rows.items():
        row.applied = True
        if line in new:
            continue
        try:
            with db.begin_nested():
                _change(db, known[row.stakeholder_id or 0], row, entries[line], by=by, now=now)
        except Refused as problem:
            refused[line] = problem
    for line, why in refused.items():
        rows[line].state = RowState.WRONG
        rows[line].problems = [{"column": "name", "code": why.code, "value": ""}]
    db.flush()
    return list(rows)


def _known(db: Session, stakeholder_ids: list[int]) -> dict[int | None, Stakeholder]:
    query = select(Stakeholder).where(Stakeholder.id.in_(stakeholder_ids))
    return {one.id: one for one in db.scalars(query)} if stakeholder_ids else {}


def _change(db: Session, known: Stakeholder, row: ImportRow, entry: Entry, *, by: Actor, now: datetime) -> None:
    present = Entry(
        known.kind,
        known.name,
        known.category,
        known.language,
        known.email,
        tuple(known.group_codes),
        known.basis,
        known.note,
    )
    operations.change_stakeholder(db, known, merged(present, entry, row.values), by=by, now=now, how="import")
