"""Being forgotten, and a copy of what is held, for whoever asks on paper, by telephone or in person."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.consultations.models import Participant
from consult.core import ids
from consult.core.days import day_of
from consult.core.db import lock, refusing
from consult.mail.keys import address_key
from consult.mail.models import Mail
from consult.mail.operations import queue_mail
from consult.privacy import rules_on_behalf as rules
from consult.privacy.mails_on_behalf import FORGETTING_TOLD
from consult.privacy.models_own import AskedWay, ForgetWish, IdentityCheck
from consult.privacy.operations_own import erase_entry, erase_visitors, holds_seat
from consult.privacy.queries_on_behalf import cause_of, find_wish, keys_told
from consult.privacy.queries_own import PARTS, Rows, collect_parts
from consult.privacy.queries_visitors import collect_visitors
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.queries_doubles import ids_as_one

Somebody = Stakeholder | Participant  # an entry that holds, or a participant who is in no registry
ONCE = dict.fromkeys(("uq_forget_wish_stakeholder_id", "uq_forget_wish_participant_id"), rules.WishNoted)
TOLD = {AskedWay.IN_PERSON: "meeting"}  # as the history of consent says it
THEIRS_ALONE = "declared"  # what no staff may read as theirs, not even to hand it out


@dataclass(frozen=True, slots=True)
class Heard:
    """How somebody asked, and how staff made sure that it is they."""

    way: AskedWay
    asked_on: date | None
    checked: IdentityCheck
    note: str  # beside the check: what no code says

    def codes(self, whose: Somebody) -> dict[str, str]:
        """As the journal keeps it."""
        of = "stakeholder" if isinstance(whose, Stakeholder) else "participant"
        return {of: whose.ref, "way": self.way.value, "asked_on": str(self.asked_on), "checked": self.checked.value}


def hand_out_copy(db: Session, whose: Somebody, heard: Heard, *, by: Staff, now: datetime) -> dict[str, Rows]:
    """What is held of somebody, to be sent by post: all but what they declared of themselves, which no staff read.

    Raises what check_hear raises.  Records ``copy.handed_out`` (stakeholder or participant ref, way, day, check; the note).
    """
    rules.check_hear(whose, heard.asked_on, today=day_of(now))
    record(db, "copy.handed_out", by=by, reason=heard.note, **heard.codes(whose))
    if isinstance(whose, Participant):
        return collect_visitors(db, Participant.id == whose.id, whose.email)
    parts = {part: read for part, read in PARTS.items() if part != THEIRS_ALONE}
    return collect_parts(db, whose, parts)


def note_wish(db: Session, whose: Somebody, heard: Heard, *, operator: str, by: Staff, now: datetime) -> ForgetWish:
    """Note that somebody wants to be forgotten, for a second person. Their mailboxes are told, those of merged entries too.

    Returns the wish.  Raises what check_note_wish raises, WishNoted.
    Records ``forgetting.noted`` (stakeholder or participant ref, way, day, check; the note).
    """
    lock(db, whose)
    rules.check_note_wish(whose, heard.asked_on, today=day_of(now), holds_seat=_holds_seat(db, whose))
    assert heard.asked_on is not None, "the rule has asked"
    is_entry = isinstance(whose, Stakeholder)
    made = ForgetWish(
        ref=ids.random_code(), stakeholder_id=whose.id if is_entry else None, participant_id=None if is_entry else whose.id,
        way=heard.way, asked_on=heard.asked_on, checked=heard.checked, by_id=by.id, at=now,
    )  # fmt: skip
    with refusing(db, ONCE):
        db.add(made)
    record(db, "forgetting.noted", by=by, reason=heard.note, **heard.codes(whose))
    for one in mailboxes_of(db, whose):
        _tell(db, one, made.ref, wish_id=made.id, operator=operator, now=now)
    return made


class Mailbox(NamedTuple):
    """Where somebody is told of it: as whom, at which address, in which language."""

    person: str
    address: str
    language: str


def mailboxes_of(db: Session, whose: Somebody) -> list[Mailbox]:
    """The mailboxes of what is erased together: an entry that was merged is erased with the one that holds."""
    rows: list[Somebody] = [whose]
    if isinstance(whose, Stakeholder):
        rows += db.scalars(select(Stakeholder).where(Stakeholder.merged_into == whose.id).order_by(Stakeholder.id))
    found: dict[bytes, Mailbox] = {}
    for one in rows:
        if one.email:
            found.setdefault(address_key(one.email), Mailbox(one.person_ref, one.email, one.language))
    return list(found.values())


def hold_wish(db: Session, ref: str) -> ForgetWish | None:
    """The wish of a reference, held; before it who it is about, as their own link does, or the two would wait for each other."""
    wish = find_wish(db, ref)
    if wish is None:
        return None
    lock(db, whose_wish(db, wish))
    return find_wish(db, ref, hold=True)


def whose_wish(db: Session, wish: ForgetWish) -> Somebody:
    """Who wants to be forgotten."""
    if wish.stakeholder_id is not None:
        return db.get_one(Stakeholder, wish.stakeholder_id)
    return db.get_one(Participant, wish.participant_id)


def call_off_wish(db: Session, wish: ForgetWish, *, by: Staff) -> None:
    """Erase nobody: it was not they, or they changed their mind.  Records ``forgetting.called_off`` (ref)."""
    whose = whose_wish(db, wish)
    of = "stakeholder" if isinstance(whose, Stakeholder) else "participant"
    record(db, "forgetting.called_off", by=by, **{of: whose.ref})
    db.delete(wish)
    db.flush()


def carry_out_wish(db: Session, wish: ForgetWish, *, day: str, operator: str, by: Staff, now: datetime) -> None:
    """Erase what is held of whoever wants to be forgotten, the wish too, exactly as their own link does. See `hold_wish`.

    Their mailboxes are told that it was done; `day` is from when on it can be, in words.
    Raises SecondPersonNeeded, MailboxUntold, MailboxWaits, OfficeStays, MergedAway, EntryProtected.
    Records ``forgetting.carried_out`` (stakeholder or participant ref, way, day, check, who noted it).
    """
    whose = lock(db, whose_wish(db, wish))
    mailboxes, ref, heard = mailboxes_of(db, whose), wish.ref, Heard(wish.way, wish.asked_on, wish.checked, "")
    keys, told = {address_key(one.address) for one in mailboxes}, keys_told(db, ref)
    rules.check_carry_out_wish(wish, by_id=by.id, mailboxes=keys, told=told, day=day, now=now)
    rules.check_note_wish(whose, wish.asked_on, today=day_of(now), holds_seat=_holds_seat(db, whose))
    codes = {**heard.codes(whose), "noted_by": f"staff:{wish.by_id}"}
    if isinstance(whose, Stakeholder):
        erase_entry(db, whose, now=now, how=TOLD.get(heard.way, heard.way.value))
    else:
        erase_visitors(db, Participant.id == whose.id, whose.email, now=now)
    record(db, "forgetting.carried_out", by=by, **codes)
    for one in mailboxes:
        _tell(db, one, f"{ref}:done", wish_id=None, operator=operator, now=now)


def _holds_seat(db: Session, whose: Somebody) -> bool:
    return isinstance(whose, Stakeholder) and holds_seat(db, ids_as_one(db, whose))


def _tell(db: Session, to: Mailbox, cause: str, *, wish_id: int | None, operator: str, now: datetime) -> None:
    parameters = {"wish": wish_id, "operator": operator}
    mail = Mail(FORGETTING_TOLD.name, to.person, cause_of(cause), to.address, to.language, parameters)
    queue_mail(db, mail, now=now)
