"""Entries that staff write down: a new yes comes with how it was said, and to which text."""

from datetime import datetime

from sqlalchemy.orm import Session

from consult.audit.operations import Actor
from consult.core.db import lock
from consult.stakeholders.entries import Entry
from consult.stakeholders.models import Basis, Stakeholder
from consult.stakeholders.operations import Told, add_stakeholder, change_stakeholder
from consult.stakeholders.rules_told import check_tell_consent


def add_as_told(db: Session, entry: Entry, told: Told, *, by: Actor, now: datetime) -> Stakeholder:
    """Put an entry into the registry as somebody here was told.

    Returns the entry.  Raises ConsentUntold and what add_stakeholder raises.  Records what add_stakeholder records.
    """
    if says_yes_anew(entry, None):
        check_tell_consent(told.how, told.wording)
    return add_stakeholder(db, entry, by=by, now=now, told=told)


def change_as_told(
    db: Session, stakeholder: Stakeholder, entry: Entry, told: Told, *, by: Actor, now: datetime
) -> Stakeholder:
    """Correct an entry as somebody here was told.

    Returns the entry.  Raises ConsentUntold and what change_stakeholder raises.  Records what change_stakeholder records.
    """
    lock(db, stakeholder)
    if says_yes_anew(entry, Entry.of(stakeholder)):
        check_tell_consent(told.how, told.wording)
    return change_stakeholder(db, stakeholder, entry, by=by, now=now, told=told)


def says_yes_anew(entry: Entry, before: Entry | None) -> bool:
    """Whether an entry holds a yes that it did not hold before."""
    official = entry.basis is Basis.CONSENT and (before is None or before.basis is not Basis.CONSENT)
    return official or (entry.news and not (before and before.news))
