"""Reads of the registry."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.core.ranges import one_of_keys
from consult.mail.keys import address_key
from consult.stakeholders.models import ContactPerson, LeftAddress, Stakeholder
from consult.stakeholders.models_import import ImportColumn, ImportRow, RowState, StakeholderImport

PAGE = 50  # entries a page


def find_stakeholder(db: Session, ref: str) -> Stakeholder | None:
    """The entry of a reference."""
    return db.scalars(select(Stakeholder).where(Stakeholder.ref == ref)).one_or_none()


def find_import(db: Session, ref: str, owner: str) -> StakeholderImport | None:
    """The import of a reference, if it is this owner's."""
    query = select(StakeholderImport).where(StakeholderImport.ref == ref, StakeholderImport.owner == owner)
    return db.scalars(query).one_or_none()


def count_rows(db: Session, import_id: int) -> dict[RowState, int]:
    """How many rows of an import are new, same, changed, wrong."""
    query = select(ImportRow.state, func.count()).where(ImportRow.import_id == import_id).group_by(ImportRow.state)
    found = {row[0]: row[1] for row in db.execute(query)}
    return {state: found.get(state, 0) for state in RowState}


def names_no_category(db: Session, import_id: int) -> bool:
    """Whether none of the rows of an import says of which category it is, and there are some."""
    of_it = select(ImportRow.id).where(ImportRow.import_id == import_id)
    said = of_it.where(func.coalesce(ImportRow.values["category"].as_string(), "") != "")
    found = db.execute(select(of_it.exists(), said.exists())).one()
    return bool(found[0]) and not found[1]


def count_perhaps(db: Session, import_id: int) -> int:
    """How many rows of an import may be an entry that is there already."""
    query = select(func.count()).where(ImportRow.import_id == import_id, ImportRow.perhaps.is_not(None))
    return db.scalar(query) or 0


def list_rows(
    db: Session, import_id: int, *, state: RowState | None, after: int = 0, perhaps: bool = False
) -> list[ImportRow]:
    """A page of an import's rows by line, after a line: of a state, or those that may be an entry that is there already."""
    query = select(ImportRow).where(ImportRow.import_id == import_id, ImportRow.line > after)
    if perhaps:
        query = query.where(ImportRow.perhaps.is_not(None))
    if state:
        query = query.where(ImportRow.state == state)
    return list(db.scalars(query.order_by(ImportRow.line).limit(PAGE)))


def find_row(db: Session, import_id: int, line: int) -> ImportRow | None:
    """A row of an import."""
    return db.scalars(select(ImportRow).where(ImportRow.import_id == import_id, ImportRow.line == line)).one_or_none()


def iter_wrong(db: Session, import_id: int) -> Iterator[ImportRow]:
    """The rows of an import that are wrong, by line, read a page at a time."""
    after = 0
    while rows := list_rows(db, import_id, state=RowState.WRONG, after=after):
        yield from rows
        after = rows[-1].line


def left_addresses(db: Session, addresses: Iterable[str]) -> dict[str, datetime]:
    """Those of some addresses to which nothing may be sent any more, with when their readers asked so."""
    keys = {address_key(address): address for address in addresses if address}
    query = select(LeftAddress.key, LeftAddress.at).where(one_of_keys(LeftAddress.key, list(keys)))
    return {keys[key]: at for key, at in db.execute(query)}


def remembered_columns(db: Session) -> dict[str, str]:
    """What people said that columns of lists are, by how they are called; "" for one to leave out."""
    return {row.called: row.column for row in db.execute(select(ImportColumn.called, ImportColumn.column))}


def list_contacts(db: Session, stakeholder_id: int) -> list[ContactPerson]:
    """The contact people of an organisation, in the order in which they were added."""
    query = select(ContactPerson).where(ContactPerson.stakeholder_id == stakeholder_id)
    return list(db.scalars(query.order_by(ContactPerson.number)))


def list_contacts_as_one(db: Session, ids: Collection[int]) -> list[tuple[ContactPerson, str]]:
    """The contact people of entries that are one, each with the reference of the entry that names them, its own first."""
    query = select(ContactPerson, Stakeholder.ref).join(Stakeholder, Stakeholder.id == ContactPerson.stakeholder_id)
    query = query.where(ContactPerson.stakeholder_id.in_(ids))
    order = Stakeholder.merged_into.is_not(None), Stakeholder.id, ContactPerson.number
    return [(row[0], row[1]) for row in db.execute(query.order_by(*order))]


def find_contact(db: Session, stakeholder_id: int, number: int) -> ContactPerson | None:
    """A contact person of an organisation."""
    query = select(ContactPerson).where(ContactPerson.stakeholder_id == stakeholder_id, ContactPerson.number == number)
    return db.scalars(query).one_or_none()


def names_registered(db: Session, names: Iterable[str]) -> set[str]:
    """Those of some names under which somebody stands in the registry, whatever the case of their letters."""
    given = {name for name in names if name}
    keys = {name.casefold() for name in given}
    known = set(db.scalars(select(Stakeholder.name_key).where(Stakeholder.name_key.in_(keys))))
    return {name for name in given if name.casefold() in known}
