"""Reads of wishes to be forgotten that staff heard."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit.queries import list_about
from consult.consultations.models import Participant, TeamMember
from consult.core.days import day_of
from consult.mail.keys import address_key
from consult.mail.models import OutboxMail
from consult.privacy.mails_on_behalf import FORGETTING_TOLD
from consult.privacy.models_own import ForgetWish
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.queries_doubles import ids_as_one

LOOKED_BACK = 200  # events of the journal about one entry


class Waiting(NamedTuple):
    """A wish with the name it is about, and who noted it."""

    wish: ForgetWish
    name: str
    noted_by: str


def list_wishes(db: Session, staff_id: int) -> list[Waiting]:
    """The wishes to be forgotten that wait for a second person, the oldest first; of visitors those of their own consultations."""
    w, s, p = ForgetWish, Stakeholder, Participant
    name = func.coalesce(s.name, func.nullif(p.name, ""), p.organisation)
    query = select(w, name, Staff.name).join(Staff, Staff.id == w.by_id)
    query = query.outerjoin(s, s.id == w.stakeholder_id).outerjoin(p, p.id == w.participant_id)
    return [Waiting(*row) for row in db.execute(query.where(_concerns(staff_id)).order_by(w.at, w.id))]


def count_wishes(db: Session, *, but_by: int) -> int:
    """How many wait for somebody, who noted none of them themselves."""
    return db.scalar(select(func.count(ForgetWish.id)).where(ForgetWish.by_id != but_by, _concerns(but_by))) or 0


def _concerns(staff_id: int) -> ColumnElement[bool]:
    """Whether somebody of the staff may see a wish: of a visitor of a consultation those on its team."""
    w, p, t = ForgetWish, Participant, TeamMember
    on_team = exists().where(
        p.id == w.participant_id, t.consultation_id == p.consultation_id, t.staff_id == staff_id, t.until.is_(None)
    )
    return or_(w.participant_id.is_(None), on_team)


def find_wish(db: Session, ref: str, *, hold: bool = False) -> ForgetWish | None:
    """The wish of a reference, held until the transaction ends where asked for."""
    query = select(ForgetWish).where(ForgetWish.ref == ref)
    if hold:
        query = query.with_for_update().execution_options(populate_existing=True)
    return db.scalars(query).one_or_none()


def cause_of(ref: str) -> str:
    """What says of a mail that it is about the wish of a reference."""
    return f"forget_wish:{ref}"


def keys_told(db: Session, ref: str) -> set[bytes]:
    """The mailboxes that were told when a wish was noted, by their keys: whatever address the entry has by now."""
    o = OutboxMail
    query = select(o.address_key, o.address).where(o.cause == cause_of(ref), o.template == FORGETTING_TOLD.name)
    return {key or address_key(address or "") for key, address in db.execute(query)}


class Correction(NamedTuple):
    """Who of the staff last changed an entry's e-mail address, and when."""

    by: str
    day: date


def last_address_change(db: Session, entry: Stakeholder) -> Correction | None:
    """The last time that staff changed or took out the address of an entry, or of one merged into it: its reader is told of no wish."""
    refs = list(db.scalars(select(Stakeholder.ref).where(Stakeholder.id.in_(ids_as_one(db, entry)))))
    for one in list_about(db, "stakeholder", refs, limit=LOOKED_BACK):
        who, _, number = one.actor.partition(":")
        if one.event == "stakeholder.changed" and "email" in one.codes["fields"].split(".") and who == "staff":
            return Correction(db.get_one(Staff, int(number)).name, day_of(one.at))
    return None
