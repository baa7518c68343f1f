"""Whether somebody left, by their mailbox: what every mail asks before it is queued, and again when it is made."""

from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from consult.consultations.models import Participant
from consult.mail.keys import address_key
from consult.stakeholders.models import LeftAddress, Stakeholder

_gone = aliased(Participant)
_entry, _gone_entry = aliased(Stakeholder), aliased(Stakeholder)


def has_left(email: Any, consultation: Any) -> ColumnElement[bool]:
    """Whether somebody left from an address (casefolded): from all mail as an entry of the registry, or from a consultation.

    `stakeholders.queries.left_addresses` knows, by their keys, those who are in no registry.
    """
    here = (_gone.consultation_id == consultation, _gone.left_at.is_not(None))
    return or_(
        exists().where(_entry.email_key == email, _entry.left_at.is_not(None)),
        exists().where(func.lower(_gone.email) == email, _gone.email != "", *here),
        exists().where(_gone_entry.email_key == email, _gone_entry.id == _gone.stakeholder_id, *here),
    )


_LEFT = select(  # built once: every comment with an address asks
    or_(has_left(bindparam("email"), bindparam("consultation")), exists().where(LeftAddress.key == bindparam("key")))
)


def is_left(db: Session, address: str, consultation_id: int) -> bool:
    """Whether nothing of a consultation may go to an address, because somebody who reads it left."""
    asked = {"email": address.casefold(), "key": address_key(address), "consultation": consultation_id}
    return bool(db.scalar(_LEFT, asked))
