"""Reads of the registry."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.mail.keys import address_key
from consult.stakeholders.models import (
    ImportRow,
    LeftAddress,
    RowState,
    Stakeholder,
    StakeholderImport,
    StakeholderKind,
)

PAGE = 50  # entries a page
PART = 500  # addresses a statement


class Listed(NamedTuple):
    """An entry in a list."""

    ref: str
    name: str
    kind: StakeholderKind
    category: str
    groups: str
    language: str
    email: str
    basis: str
    left: bool


def list_stakeholders(
    db: Session, *, category: str = "", group: str = "", words: str = "", after: tuple[str, int] | None = None
) -> tuple[list[Listed], tuple[str, int] | None]:
    """A page of the registry by name, and where the next page begins (None at the end). Keyset paging."""
    s = Stakeholder
    query = select(
        s.ref,
        s.name,
        s.kind,
        s.category,
        s.groups,
        s.language,
        s.email,
        s.basis,
        s.left_at.is_not(None),
        s.name_key,
        s.id,
    )
    if category:
        query = query.where(s.category == category)
    if group:
        query = query.where(s.groups.contains(f",{group},", autoescape=True))
    if words:
        query = query.where(
            s.name_key.contains(words.casefold(), autoescape=True)
            | s.email_key.contains(words.casefold(), autoescape=True)
        )
    if after:
        query = query.where((s.name_key > after[0]) | ((s.name_key == after[0]) & (s.id > after[1])))
    rows = db.execute(query.order_by(s.name_key, s.id).limit(PAGE + 1)).all()
    more = (rows[PAGE - 1][9], rows[PAGE - 1][10]) if len(rows) > PAGE else None
    return [Listed(*row[:9]) for row in rows[:PAGE]], more


def count_stakeholders(db: Session) -> int:
    """How many entries the registry holds."""
    return db.scalar(select(func.count()).select_from(Stakeholder)) or 0


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


def list_rows(db: Session, import_id: int, *, state: RowState | None, after: int = 0) -> list[ImportRow]:
    """A page of an import's rows by line, after a line."""
    query = select(ImportRow).where(ImportRow.import_id == import_id, ImportRow.line > after)
    if state:
        query = query.where(ImportRow.state == state)
    return list(db.scalars(query.order_by(ImportRow.line).limit(PAGE)))


def left_addresses(db: Session, addresses: Iterable[str]) -> dict[str, datetime]:
    """Those of some addresses to which nothing may be sent any more, with when their readers asked so."""
    keys = {address_key(address): address for address in addresses if address}
    found: dict[str, datetime] = {}
    wanted = list(keys)
    for start in range(0, len(wanted), PART):
        query = select(LeftAddress.key, LeftAddress.at).where(LeftAddress.key.in_(wanted[start : start + PART]))
        found |= {keys[key]: at for key, at in db.execute(query)}
    return found


def names_registered(db: Session, names: Iterable[str]) -> set[str]:
    """Those of some names under which somebody stands in the registry, whatever the case of their letters."""
    given = {name for name in names if name}
    keys = {name.casefold() for name in given}
    known = set(db.scalars(select(Stakeholder.name_key).where(Stakeholder.name_key.in_(keys))))
    return {name for name in given if name.casefold() in known}
