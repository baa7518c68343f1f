"""Whether somebody left, by their mailbox: what every mail asks before it is queued, and again when it is made."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, exists, false, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from consult.consultations.models import Participant
from consult.mail.keys import address_key
from consult.stakeholders.models import LeftAddress, Stakeholder

_gone, _entry, _gone_entry, _own = (
    aliased(Participant),
    aliased(Stakeholder),
    aliased(Stakeholder),
    aliased(Stakeholder),
)
# an entry that was merged, and the one that holds for it, are one: whoever left under either left with the address of both
_registered = and_(_gone_entry.id == _gone.stakeholder_id, _gone.left_at.is_not(None))
_merged = and_(_own.id == _gone.stakeholder_id, _gone_entry.id == _own.merged_into, _gone.left_at.is_not(None))
_gave = and_(_gone.email != "", _gone.left_at.is_not(None))


def has_left(email: Any, consultation: Any) -> ColumnElement[bool]:
    """Whether somebody left from an address (casefolded): from all mail as an entry of the registry, or from a consultation.

    For a list of addresses: who left the consultation is found once a statement. Row by row the database would go through all who
    take part each time. `stakeholders.queries.left_addresses` knows, by their keys, those who are in no registry.
    """
    here = _gone.consultation_id == consultation
    # Not EXISTS: of a long list PostgreSQL would first find all that left among all entries, for every part of the list again.
    entry_left = select(true()).where(_entry.email_key == email, _entry.has_left).limit(1).scalar_subquery()
    return or_(
        func.coalesce(entry_left, false()),
        email.in_(select(_gone.email_key).where(_gave, here)),
        email.in_(select(_gone_entry.email_key).where(_registered, here)),
        email.in_(select(_gone_entry.email_key).where(_merged, here)),
    )


# The same for one address, which is looked up by itself: every comment with an address asks. Built once.
_EMAIL: BindParameter[str] = bindparam("email")
_HERE: BindParameter[int] = bindparam("consultation")
_LEFT = select(
    or_(
        exists().where(_entry.email_key == _EMAIL, _entry.has_left),
        _HERE.in_(select(_gone.consultation_id).where(_gave, _gone.email_key == _EMAIL)),
        _HERE.in_(select(_gone.consultation_id).where(_registered, _gone_entry.email_key == _EMAIL)),
        _HERE.in_(select(_gone.consultation_id).where(_merged, _gone_entry.email_key == _EMAIL)),
        exists().where(LeftAddress.key == bindparam("key")),
    )
)


def is_left(db: Session, address: str, consultation_id: int) -> bool:
    """Whether nothing of a consultation may go to an address, because somebody who reads it left."""
    asked = {"email": address.casefold(), "key": address_key(address), "consultation": consultation_id}
    return bool(db.scalar(_LEFT, asked))


_EMAILS: BindParameter[str] = bindparam("emails", expanding=True)
_AMONG = (
    select(_entry.email_key).where(_entry.email_key.in_(_EMAILS), _entry.has_left),
    select(_gone.email_key).where(_gave, _gone.consultation_id == _HERE, _gone.email_key.in_(_EMAILS)),
    select(_gone_entry.email_key).where(
        _registered, _gone.consultation_id == _HERE, _gone_entry.email_key.in_(_EMAILS)
    ),
    select(_gone_entry.email_key).where(_merged, _gone.consultation_id == _HERE, _gone_entry.email_key.in_(_EMAILS)),
)
_KEYS = select(LeftAddress.key).where(LeftAddress.key.in_(bindparam("keys", expanding=True)))


def left_among(db: Session, addresses: Iterable[str], consultation_id: int) -> set[str]:
    """Those of some addresses, casefolded, to which nothing of a consultation may go: `is_left` for hundreds at once."""
    by_key = {address_key(address): address.casefold() for address in addresses}
    if not by_key:
        return set()
    asked = {"emails": list(by_key.values()), "consultation": consultation_id}
    left = {email for part in _AMONG for email in db.scalars(part, asked)}
    return left | {by_key[key] for key in db.scalars(_KEYS, {"keys": list(by_key)})}
