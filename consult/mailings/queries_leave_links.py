"""Whose link to leave it is: the mailbox that a mail went to, by the door or the subscription that its link named."""

from typing import NamedTuple

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.consultations.leaving import is_left
from consult.consultations.models import Consultation, Participant
from consult.core import ids
from consult.mail.keys import address_key
from consult.mailings.models_leave_links import LeaveAct, LeaveLink
from consult.mailings.models_lists import ListLeaving, Subscription, SubscriptionState
from consult.mailings.queries_lists import held
from consult.stakeholders.models import Basis, LeftAddress, Purpose, Stakeholder
from consult.stakeholders.queries import left_addresses
from consult.stakeholders.queries_duty import entries_of, is_office

PURPOSES = {LeaveAct.OFFICIAL: Purpose.CONSULTATIONS, LeaveAct.NEWS: Purpose.NEWS}


class Reader(NamedTuple):
    """Whose mail it is: somebody who takes part, or a mailbox on a list; and the consultation that it was about."""

    participant: Participant | None
    subscription: Subscription | None
    consultation: Consultation | None


class Mailbox(NamedTuple):
    """Where mail to a reader goes. `key` is that of the address, also where the address itself is gone ("")."""

    key: bytes | None
    address: str
    language: str
    person_ref: str


def mailbox_of(db: Session, reader: Reader) -> Mailbox:
    """Where the mails of a reader go now."""
    if reader.subscription is not None:
        one = reader.subscription
        return Mailbox(one.key, one.address or "", one.language, one.person_ref)
    participant = reader.participant
    assert participant is not None, "a reader is one of the two"
    address = doors.address_given(db, participant)
    key = address_key(address) if address else participant.address_key
    if participant.kept_id is None:
        return Mailbox(key, address, participant.language, participant.person_ref)
    entry = db.get_one(Stakeholder, participant.kept_id)
    return Mailbox(key, address, entry.language, entry.person_ref)


def has_no_mailbox(db: Session, participant: Participant) -> bool:
    """Whether an entry of the registry has no e-mail address with us: nobody could confirm by mail what its link is to stop.

    Protected entries, to whom an officer hands everything, and whoever came with the code of a letter or a call.
    """
    return participant.stakeholder_id is not None and not doors.address_given(db, participant)


def is_reached(db: Session, reader: Reader, mailbox: Mailbox, act: LeaveAct) -> bool:
    """Whether what an act would stop still goes to a mailbox."""
    if not mailbox.address:
        return False
    if act is LeaveAct.LIST:
        return reader.subscription is not None and _is_on(db, reader.subscription)
    if left_addresses(db, [mailbox.address]):
        return _is_on_any(db, mailbox.address)  # whoever signed up again after leaving everything gets that list
    if act in PURPOSES:
        return reader.participant is not None and _agrees(db, reader.participant, PURPOSES[act])
    if reader.participant is not None and doors.is_at_office(db, reader.participant):
        return _ends_at_office(db, mailbox.address, act)
    if act is LeaveAct.EVERYTHING:
        return True
    if reader.subscription is not None and reader.consultation is not None:
        return not _has_left_here(db, reader.subscription, reader.consultation)
    assert reader.participant is not None, "whoever is on no list takes part"
    return reader.participant.left_at is None and not is_left(db, mailbox.address, reader.participant.consultation_id)


def _ends_at_office(db: Session, address: str, act: LeaveAct) -> bool:
    """Whether the link of an office would end something: news, lists with everything, or what others there agreed to."""
    agreed = any(one.news or (one.basis is Basis.CONSENT and not is_office(db, one)) for one in entries_of(db, address))
    return agreed or (act is LeaveAct.EVERYTHING and _is_on_any(db, address))


def _agrees(db: Session, participant: Participant, purpose: Purpose) -> bool:
    if participant.kept_id is None:
        return False
    entry = db.get_one(Stakeholder, participant.kept_id)
    return entry.news if purpose is Purpose.NEWS else entry.basis is Basis.CONSENT


def _is_on(db: Session, subscription: Subscription) -> bool:
    left = db.get(LeftAddress, subscription.key)
    confirmed_at = subscription.confirmed_at
    if subscription.state is not SubscriptionState.CONFIRMED or confirmed_at is None:
        return False
    return left is None or left.at < confirmed_at


def _is_on_any(db: Session, address: str) -> bool:
    query = select(Subscription).where(Subscription.key == address_key(address))
    return any(_is_on(db, one) for one in db.scalars(query))


def _has_left_here(db: Session, subscription: Subscription, consultation: Consultation) -> bool:
    left = exists().where(
        ListLeaving.key == subscription.key, ListLeaving.consultation_id == consultation.id, ListLeaving.undone_at.is_(None)
    )  # fmt: skip
    return bool(db.scalar(select(left)))


def find_leave_link(db: Session, token: str, *, hold: bool = False) -> LeaveLink | None:
    """The link of a token, held until the transaction ends where asked for; None for one that was never made, or was replaced."""
    query = select(LeaveLink).where(LeaveLink.digest == ids.digest(token))
    return db.scalars(held(query) if hold else query).one_or_none()


def reader_of(db: Session, link: LeaveLink) -> Reader:
    """Whose link it is."""
    if link.subscription_id is not None:
        about = db.get_one(Consultation, link.consultation_id) if link.consultation_id is not None else None
        return Reader(None, db.get_one(Subscription, link.subscription_id), about)
    participant = db.get_one(Participant, link.participant_id)
    return Reader(participant, None, db.get_one(Consultation, participant.consultation_id))
