"""Contact people of an uploaded list: what of them is new, and taking it into the registry."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.audit.operations import Actor
from consult.stakeholders.entries import Entry
from consult.stakeholders.import_contacts import COLUMN, Person, contacts_of, news_of, plain
from consult.stakeholders.models import ContactPerson, Stakeholder, StakeholderKind
from consult.stakeholders.operations_contacts import Contact, add_contact, change_contact
from consult.stakeholders.queries_doubles import ids_as_one


def read_people(db: Session) -> defaultdict[int, list[Person]]:
    """All contact people, by the id of their organisation, or the one it was merged into, as cells say them: one query."""
    c, s = ContactPerson, Stakeholder
    found: defaultdict[int, list[Person]] = defaultdict(list)
    query = select(func.coalesce(s.merged_into, s.id).label("kept"), c.name, c.role, c.email)
    for row in db.execute(query.join(s, s.id == c.stakeholder_id).order_by(c.id)):
        found[row.kept].append(plain(row.name, row.role, row.email))
    return found


def read_people_of(db: Session, organisation: Stakeholder) -> tuple[Person, ...]:
    """The contact people of one organisation, and of those merged into it."""
    query = select(ContactPerson).where(ContactPerson.stakeholder_id.in_(ids_as_one(db, organisation)))
    return tuple(plain(one.name, one.role, one.email) for one in db.scalars(query.order_by(ContactPerson.id)))


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
    """A contact person of an entry that was merged into it is left as they are: what the list says of them is the organisation's own."""
    query = select(ContactPerson).where(ContactPerson.stakeholder_id.in_(ids_as_one(db, organisation)))
    there = [(plain(one.name, one.role, one.email), one) for one in db.scalars(query.order_by(ContactPerson.id))]
    by_key = {person.key: one for person, one in there if one.stakeholder_id == organisation.id}
    for person in people_of(cells, organisation.kind, [person for person, _one in there]):
        known = by_key.get(person.key)
        if known is None:
            contact = Contact(person.name, person.role, person.email, organisation.language)
            add_contact(db, organisation, contact, by=by, now=now)
        else:
            contact = Contact(known.name, person.role, person.email, known.language)
            change_contact(db, organisation, known, contact, by=by, now=now)
