"""Reads of people's own entries."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.consultations.models import Participant
from consult.consultations.models_entry import EntryAct, EntryChange, FreshLink, NameWish
from consult.core import ids
from consult.mail.keys import address_key
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.queries_doubles import whole_of


def find_own_entry(db: Session, participant: Participant) -> Stakeholder | None:
    """The entry of the registry that holds for a participant: the one theirs was merged into, where it was."""
    if participant.stakeholder_id is None:
        return None
    return whole_of(db, db.get_one(Stakeholder, participant.stakeholder_id))


def find_fresh_link(db: Session, token: str, act: EntryAct) -> FreshLink | None:
    """The link of a token, if it is one for this act."""
    query = select(FreshLink).where(FreshLink.digest == ids.digest(token), FreshLink.act == act)
    found = db.scalars(query).one_or_none()
    return found if found is not None and is_theirs(db, found) else None


def is_theirs(db: Session, link: FreshLink) -> bool:
    """Whether whoever a link is about has still the address that they had when it was mailed."""
    if link.mailbox is None:
        return True
    if link.stakeholder_id is not None:
        address = whole_of(db, db.get_one(Stakeholder, link.stakeholder_id)).email
    else:
        address = db.get_one(Participant, link.participant_id).email
    return bool(address) and address_key(address) == link.mailbox


def link_for(db: Session, stakeholder_id: int, act: EntryAct) -> FreshLink | None:
    """The newest link of an entry for an act, used or not."""
    query = select(FreshLink).where(FreshLink.stakeholder_id == stakeholder_id, FreshLink.act == act)
    return db.scalars(query).one_or_none()


class OwnChange(NamedTuple):
    """What somebody changed of their own entry at once."""

    at: datetime
    fields: list[str]


def list_own_changes(db: Session, ids_: list[int], *, limit: int) -> list[OwnChange]:
    """What people changed of entries by themselves, the newest first."""
    e = EntryChange
    query = select(e.at, e.field).where(e.stakeholder_id.in_(ids_)).order_by(e.id.desc()).limit(limit)
    found: dict[datetime, list[str]] = {}
    for at, field in db.execute(query):
        found.setdefault(at, []).append(field)
    return [OwnChange(at, sorted(fields)) for at, fields in found.items()]


class Wished(NamedTuple):
    """A name that an organisation asks for."""

    ref: str
    known_as: str
    name: str
    at: datetime


def list_wishes(db: Session) -> list[Wished]:
    """The names that wait for the secretariat, the oldest first."""
    s, w = Stakeholder, NameWish
    query = select(s.ref, s.name, w.name, w.at).join(w, w.stakeholder_id == s.id).where(s.merged_into.is_(None))
    return [Wished(*row) for row in db.execute(query.order_by(w.at, s.id))]
