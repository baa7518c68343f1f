"""Contact people of an uploaded list: what of them is new, and taking it into the registry."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.audit.operations import Actor
from consult.stakeholders.import_contacts import COLUMN, Person, contacts_of, news_of, plain
from consult.stakeholders.models import ContactPerson, Stakeholder, StakeholderKind
from consult.stakeholders.operations import Entry
from consult.stakeholders.operations_contacts import Contact, add_contact, change_contact


def read_people(db: Session) -> defaultdict[int, list[Person]]:
    """All contact people, by the id of their organisation, as cells say them: one query."""
    c = ContactPerson
    found: defaultdict[int, list[Person]] = defaultdict(list)
    for row in db.execute(select(c.stakeholder_id, c.name, c.role, c.email).order_by(c.id)):
        found[row.stakeholder_id].append(plain(row.name, row.role, row.email))
    return found


def people_of(cells: Mapping[str, str], kind: StakeholderKind, known: Sequence[Person]) -> list[Person]:
    """What a row says of contact people that is not known yet. The row has no problem."""
    return news_of(contacts_of(cells.get(COLUMN, ""), kind), known)


def take_people(
    db: Session, rows: Iterable[tuple[int | None, Entry, Mapping[str, str]]], *, by: Actor, now: datetime
) -> None:
    """Add the contact people of rows whose entries stand in the registry now, and correct those that are there by name.

    Each row with the id of its entry, where it was there before.  Records what add_contact and change_contact record.
    """
    for known_id, entry, cells in rows:
        if cells.get(COLUMN):
            organisation = db.get(Stakeholder, known_id) if known_id else _new(db, entry)
            if organisation is not None:
                _take(db, organisation, cells, by=by, now=now)


def _new(db: Session, entry: Entry) -> Stakeholder | None:
    columns = entry.columns()
    keys = {name: columns[name] for name in ("kind", "name_key", "email_key")}
    query = select(Stakeholder).filter_by(**keys).where(Stakeholder.merged_into.is_(None))
    return db.scalars(query).one_or_none()


def _take(db: Session, organisation: Stakeholder, cells: Mapping[str, str], *, by: Actor, now: datetime) -> None:
    query = select(ContactPerson).where(ContactPerson.stakeholder_id == organisation.id)
    there = {plain(one.name, one.role, one.email): one for one in db.scalars(query.order_by(ContactPerson.id))}
    by_key = {person.key: one for person, one in there.items()}
    for person in people_of(cells, organisation.kind, list(there)):
        known = by_key.get(person.key)
        if known is None:
            contact = Contact(person.name, person.role, person.email, organisation.language)
            add_contact(db, organisation, contact, by=by, now=now)
        else:
            contact = Contact(known.name, person.role, person.email, known.language)
            change_contact(db, organisation, known, contact, by=by, now=now)
