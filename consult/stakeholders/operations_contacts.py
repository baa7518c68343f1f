"""Keeping the contact people of an organisation."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from consult.audit import record
from consult.audit.operations import Actor
from consult.core.db import lock, rows_touched
from consult.stakeholders import rules
from consult.stakeholders.models import ContactPerson, Stakeholder


@dataclass(frozen=True, slots=True)
class Contact:
    """What a form says of a contact person."""

    name: str
    role: str
    email: str
    language: str


def add_contact(db: Session, organisation: Stakeholder, contact: Contact, *, by: Actor, now: datetime) -> ContactPerson:
    """Add somebody to speak to in an organisation.

    Returns the contact person (number = 1, 2, ... within the organisation).  Raises what check_contact raises.
    Records ``stakeholder.contact_added`` (stakeholder ref, number).
    """
    added = keep_contact(db, organisation, None, contact, now=now)
    record(db, "stakeholder.contact_added", by=by, stakeholder=organisation.ref, number=added.number)
    return added


def change_contact(
    db: Session, organisation: Stakeholder, known: ContactPerson, contact: Contact, *, by: Actor, now: datetime
) -> None:
    """Correct a contact person.

    Raises what check_contact raises.  Records ``stakeholder.contact_changed`` (stakeholder ref, number).
    """
    keep_contact(db, organisation, known, contact, now=now)
    record(db, "stakeholder.contact_changed", by=by, stakeholder=organisation.ref, number=known.number)


def keep_contact(
    db: Session, organisation: Stakeholder, known: ContactPerson | None, contact: Contact, *, now: datetime
) -> ContactPerson:
    """Write a contact person down, a new one or what holds of a known one; whoever calls keeps who did it.

    Returns the contact person.  Raises what check_contact raises.  Records nothing.
    """
    lock(db, organisation)
    rules.check_contact(organisation, contact.name, contact.email, contact.language)
    if known is None:
        of_it = ContactPerson.stakeholder_id == organisation.id
        newest = db.scalar(select(func.max(ContactPerson.number)).where(of_it))
        known = ContactPerson(stakeholder_id=organisation.id, number=(newest or 0) + 1)
        db.add(known)
    for name, value in asdict(contact).items():
        setattr(known, name, value)
    organisation.updated_at = now
    db.flush()
    return known


def remove_contact(db: Session, organisation: Stakeholder, known: ContactPerson, *, by: Actor, now: datetime) -> None:
    """Forget a contact person altogether; of two clicks at once the second finds nobody, and records nothing.

    Records ``stakeholder.contact_removed`` (stakeholder ref, number).
    """
    lock(db, organisation)
    gone = db.execute(delete(ContactPerson).where(ContactPerson.id == known.id))
    if not rows_touched(gone):
        return
    organisation.updated_at = now
    db.flush()
    record(db, "stakeholder.contact_removed", by=by, stakeholder=organisation.ref, number=known.number)
