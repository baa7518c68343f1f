"""Personal links: who takes part in a consultation, the door of each, and what a browser holds after entering.

Only the POST of a door page enters; a GET shows the name of an organisation at most. Source: DESIGN section 4.
"""

import hmac
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from consult.accounts.models import SessionKind, SignedIn
from consult.accounts.operations import begin_session
from consult.consultations import rules
from consult.consultations.leaving import has_left, is_left
from consult.consultations.models import Consultation, ConsultationState, Door, Participant, participant_ref
from consult.core import ids
from consult.core.db import lock, refusing
from consult.mail.models_delivery import BY_OFFICER
from consult.stakeholders.models import Protection, Stakeholder, StakeholderKind
from consult.stakeholders.queries import left_addresses
from consult.stakeholders.queries_doubles import whole_of
from consult.stakeholders.queries_duty import is_office, offices_of
from consult.stakeholders.rules import may_be_written_to

UNCONFIRMED_LINKS = 3  # an hour, to an address that nobody has confirmed
LINKS_ASKED = 5  # mailed at once to who asks for their link

_key = b""


class Entered(NamedTuple):
    """What a door leads to."""

    door: Door
    participant: Participant
    consultation: Consultation


def use_key(key: bytes) -> None:
    """Make and recognise tokens with this key: one a process, derived from the installation's secret."""
    global _key
    _key = key


def token_of(door: Door) -> str:
    """The token of a personal link, 32 hex digits: for a mail that is being rendered, and kept nowhere."""
    return token_at(door.id, door.generation)


def token_at(door_id: int, generation: int) -> str:
    """The same, of a door that is known by its id."""
    return ids.link_token(_key, "door", door_id, generation)


def leave_token_of(door: Door) -> str:
    """The token of the link that does nothing but leave: likewise, and of the same generation."""
    return leave_token_at(door.id, door.generation)


def leave_token_at(door_id: int, generation: int) -> str:
    """The same, of a door that is known by its id."""
    return ids.link_token(_key, "leave", door_id, generation)


def other_token(purpose: str, row_id: int, generation: int) -> str:
    """The token of a link of another kind: it opens no door, nor does a door's token open what it is for."""
    return ids.link_token(_key, purpose, row_id, generation)


def keyed_digest(purpose: str, words: str) -> bytes:
    """What the database keeps of something too short to be digested without a key: whoever reads it cannot try all of them."""
    return hmac.digest(_key, f"{purpose}={words}".encode(), "sha256")


def find_door(db: Session, token: str) -> Entered | None:
    """What a token leads to; None for one that was never made, or was replaced."""
    return _find(db, Door.digest == ids.digest(token))


def find_leaver(db: Session, token: str) -> Entered | None:
    """Who leaves with a token, from which consultation; None likewise. A door's token is none of these, nor the other way round."""
    return _find(db, Door.leave_digest == ids.digest(token))


def _find(db: Session, is_it: ColumnElement[bool]) -> Entered | None:
    query = (
        select(Door, Participant, Consultation)
        .join(Participant, Participant.id == Door.participant_id)
        .join(Consultation, Consultation.id == Participant.consultation_id)
        .where(is_it)
    )
    row = db.execute(query).one_or_none()
    return Entered(*row) if row else None


def door_of(db: Session, participant: Participant) -> Door:
    """The door of a participant, made where there is none yet."""
    found = db.scalars(select(Door).where(Door.participant_id == participant.id)).one_or_none()
    return found or make_door(db, participant)


def make_door(db: Session, participant: Participant) -> Door:
    """The first door of a participant who has none."""
    made = Door(participant_id=participant.id, generation=1)
    db.add(made)
    db.flush()
    keep_digests(made)  # written with the next flush
    return made


def keep_digests(door: Door) -> None:
    """Write down what both links of a door's generation are known by."""
    door.digest, door.leave_digest = digests_of(door.id, door.generation)


def digests_of(door_id: int, generation: int) -> tuple[bytes, bytes]:
    """What both links of a generation of a door are known by: the door itself, and the one that only leaves."""
    return ids.digest(token_at(door_id, generation)), ids.digest(leave_token_at(door_id, generation))


def replace_door(db: Session, participant: Participant) -> Door:
    """A new link for a participant; the ones before, also to leave, lead nowhere from now on. Returns the door."""
    door = lock(db, door_of(db, participant))
    door.generation += 1
    keep_digests(door)
    db.flush()
    return door


def admit_stakeholder(db: Session, consultation: Consultation, entry: Stakeholder, *, now: datetime) -> Participant:
    """Let an entry of the registry take part.

    Returns the participant: the one there is, where it takes part already, or an entry does that was merged into it.
    """
    query = select(Participant).where(
        Participant.consultation_id == consultation.id, Participant.stakeholder_id.in_(_as_one(entry.id))
    )
    found = db.scalars(query.order_by(Participant.stakeholder_id != entry.id, Participant.id).limit(1)).one_or_none()
    if found is not None:
        return found
    is_organisation = entry.kind is StakeholderKind.ORGANISATION
    made = Participant(
        ref=ids.random_code(),
        consultation_id=consultation.id,
        stakeholder_id=entry.id,
        name="" if is_organisation else entry.name,
        organisation=entry.name if is_organisation else "",
        category=entry.category,
        email="",
        language=entry.language,
        created_at=now,
    )
    with refusing(db, {"takes_part_once": rules.TakesPartAlready}):
        db.add(made)
    return made


def _as_one(stakeholder_id: int) -> Select[int]:
    """The ids under which an entry takes part: its own, and those merged into it."""
    s = Stakeholder
    return select(s.id).where((s.id == stakeholder_id) | (s.merged_into == stakeholder_id))


def _kept(db: Session, stakeholder_id: int) -> Stakeholder:
    """The entry that holds for an id: the one it was merged into, where it was."""
    return whole_of(db, db.get_one(Stakeholder, stakeholder_id))


def enter(db: Session, entered: Entered, *, now: datetime, lasts: timedelta) -> str:
    """Go through a door. Returns the secret of the session for the browser.  Raises ConsultationArchived.

    Any number of times; it shows that mail reaches the address, and so confirms it.  Nothing is recorded (invariant 14).
    """
    rules.check_enter(entered.consultation)
    if entered.participant.email and entered.participant.email_confirmed_at is None:
        entered.participant.email_confirmed_at = now
    return begin_session(db, SessionKind.PARTICIPANT, entered.participant.person_ref, now=now, lasts=lasts)


def begin_visit(db: Session, participant_id: int, *, now: datetime, lasts: timedelta) -> str:
    """Keep someone who has just commented under their name entered. Returns the secret of the session."""
    return begin_session(db, SessionKind.PARTICIPANT, participant_ref(participant_id), now=now, lasts=lasts)


def find_entered(db: Session, consultation: Consultation, secret: str, *, now: datetime) -> Participant | None:
    """Whoever holds a session's secret, if it lives and belongs to this consultation, which is not archived."""
    if not secret or consultation.state is ConsultationState.ARCHIVED:
        return None
    query = select(SignedIn.holder).where(
        SignedIn.digest == ids.digest(secret),
        SignedIn.kind == SessionKind.PARTICIPANT,
        SignedIn.expires_at > now,
        SignedIn.revoked_at.is_(None),
    )
    holder = db.scalar(query)
    if holder is None:
        return None
    found = db.get(Participant, int(holder.removeprefix("participant:")))
    return found if found is not None and found.consultation_id == consultation.id else None


def mail_address(db: Session, participant: Participant) -> tuple[str, str] | None:
    """(address, language) for mail to a participant; None where we may not write. Source: DESIGN invariant 6.

    Of somebody protected it is BY_OFFICER: whoever queues a mail with it has it prepared for the officer.

    Leaving is by mailbox, not by entry: nothing goes to an address from which somebody left, whoever gives it again.
    """
    where = _address_of(db, participant)
    if where is None or participant.left_at is not None:
        return None
    if (
        where[0] == BY_OFFICER
    ):  # of whom nobody here knows a mailbox; they leave by their own link, or through the officer
        return where
    return None if is_left(db, where[0], participant.consultation_id) else where


def address_given(db: Session, participant: Participant) -> str:
    """The address that belongs to a participant, whether we may write there or not; "" for none."""
    if participant.stakeholder_id is None:
        return participant.email
    return _kept(db, participant.stakeholder_id).email


def _address_of(db: Session, participant: Participant) -> tuple[str, str] | None:
    if participant.stakeholder_id is None:
        return (participant.email, participant.language) if participant.email else None
    entry = _kept(db, participant.stakeholder_id)
    if not may_be_written_to(entry):
        return None
    return (BY_OFFICER if entry.is_protected else entry.email), entry.language


def is_link_due(db: Session, email: str, *, now: datetime) -> bool:
    """Whether one more link may go to an address that was just given with a comment.

    Anybody can type the address of somebody else: what nobody has confirmed gets a few an hour, however many comments name it.
    """
    since = now - timedelta(hours=1)
    return (db.scalar(_UNCONFIRMED, {"email": email.casefold(), "since": since}) or 0) <= UNCONFIRMED_LINKS


_UNCONFIRMED = (
    select(func.count())
    .select_from(Participant)
    .where(
        Participant.email_key == bindparam("email"),
        Participant.email != "",
        Participant.email_confirmed_at.is_(None),
        Participant.created_at > bindparam("since"),
    )
)


class Addressed(NamedTuple):
    """Where mail to a participant goes."""

    participant_id: int
    person: str  # opaque reference of the stakeholder, or of the participant who is not in the registry
    address: str
    language: str


def list_addresses(db: Session, consultation_id: int, *, among: Collection[int] | None = None) -> list[Addressed]:
    """Every participant of a consultation to whom we may write, or those of some ids.

    Addresses that nobody confirmed get no further mail.
    """
    p, s, own, here = Participant, Stakeholder, aliased(Stakeholder), consultation_id
    known = select(p.id, s).join(own, own.id == p.stakeholder_id).where(p.consultation_id == here, p.left_at.is_(None))
    is_known = s.protection == Protection.PROTECTED  # to an officer: here they have no mailbox that could have left
    known = known.join(s, s.id == func.coalesce(own.merged_into, own.id)).where(is_known | ~has_left(s.email_key, here))
    others = select(p).where(p.consultation_id == here, p.email != "", p.email_confirmed_at.is_not(None))
    others = others.where(p.left_at.is_(None), ~has_left(p.email_key, here))
    if among is not None:
        known, others = known.where(p.id.in_(among)), others.where(p.id.in_(among))
    found: dict[str, Addressed] = {}  # one mail to those that were merged, though they take part twice
    for participant_id, entry in db.execute(known.order_by(p.id)):
        if may_be_written_to(entry):
            address = BY_OFFICER if entry.is_protected else entry.email
            found.setdefault(entry.person_ref, Addressed(participant_id, entry.person_ref, address, entry.language))
    listed = [
        *found.values(),
        *(Addressed(one.id, one.person_ref, one.email, one.language) for one in db.scalars(others)),
    ]
    left = left_addresses(db, [one.address for one in listed])
    return [one for one in listed if one.address not in left]


def with_address(consultation_id: int) -> Select[int]:
    """The ids of the participants of a consultation who may have an address to write to; `list_addresses` says who has."""
    p = Participant
    is_known = p.stakeholder_id.is_not(None) | p.email_confirmed_at.is_not(None)
    return select(p.id).where(p.consultation_id == consultation_id, is_known)


def list_by_address(db: Session, consultation: Consultation, email: str) -> list[Participant]:
    """The participants of an address: from the registry first, then the newest who gave it with a comment; a few at most.

    Two who gave the same address stay two: whoever commented may read what they wrote, and nothing of the other.
    """
    key, p = email.casefold(), Participant
    s, with_key = Stakeholder, aliased(Stakeholder)
    whole = select(func.coalesce(with_key.merged_into, with_key.id)).where(with_key.email_key == key)
    known = select(p).join(s, s.id == p.stakeholder_id).where(func.coalesce(s.merged_into, s.id).in_(whole))
    others = select(p).where(p.stakeholder_id.is_(None), p.email_key == key, p.email != "")
    here = p.consultation_id == consultation.id
    found = [
        *db.scalars(known.where(here).order_by(p.id)),
        *db.scalars(others.where(here).order_by(p.id.desc()).limit(LINKS_ASKED)),
    ]
    return found[:LINKS_ASKED]


def is_duty(db: Session, participant: Participant) -> bool:
    """Whether mail to a participant is official: to an office that takes part by law or appointment, or whoever holds a seat.

    Such mail offers no leaving.
    """
    return participant.stakeholder_id is not None and is_office(db, _kept(db, participant.stakeholder_id))


def is_at_office(db: Session, participant: Participant) -> bool:
    """Whether a link that was mailed to a participant went to an office, or to the mailbox of one: it ends no official mail."""
    return is_duty(db, participant) or bool(offices_of(db, address_given(db, participant)))


def find_registered(db: Session, email: str) -> Stakeholder | None:
    """The entry of the registry that has an address and may be written to; the oldest where there are several.

    Where the address stands in one that was merged, the entry that holds instead: mail goes to the address of that one.
    """
    own = aliased(Stakeholder)
    whole = select(func.coalesce(own.merged_into, own.id)).where(own.email_key == email.casefold())
    query = select(Stakeholder).where(Stakeholder.id.in_(whole)).order_by(Stakeholder.id)
    return next((entry for entry in db.scalars(query) if may_be_written_to(entry)), None)
