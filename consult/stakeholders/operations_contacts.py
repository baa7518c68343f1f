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
    lock(db, organisation)
    rules.check_contact(organisation, contact.name, contact.email, contact.language)
    newest = db.scalar(select(func.max(ContactPerson.number)).where(ContactPerson.stakeholder_id == organisation.id))
    added = ContactPerson(stakeholder_id=organisation.id, number=(newest or 0) + 1, **asdict(contact))
    db.add(added)
    organisation.updated_at = now
    db.flush()
    record(db, "stakeholder.contact_added", by=by, stakeholder=organisation.ref, number=added.number)
    return added


def change_contact(
    db: Session, organisation: Stakeholder, known: ContactPerson, contact: Contact, *, by: Actor, now: datetime
) -> None:
    """Correct a contact person.

    Raises what check_contact raises.  Records ``stakeholder.contact_changed`` (stakeholder ref, number).
    """
    rules.check_contact(organisation, contact.name, contact.email, contact.language)
    for name, value in asdict(contact).items():
        setattr(known, name, value)
    organisation.updated_at = now
    db.flush()
    record(db, "stakeholder.contact_changed", by=by, stakeholder=organisation.ref, number=known.number)


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
