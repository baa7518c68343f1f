"""What people do with their own entry. Nothing is recorded in the journal: it is their own act, and has rows of its own."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.consultations import queries_entry as queries
from consult.consultations import rules_entry as rules
from consult.consultations.leaving import is_left
from consult.consultations.mails_entry import ADDRESS_MOVED, FRESH_LINK, fresh_token
from consult.consultations.models import Participant
from consult.consultations.models_entry import EntryAct, EntryChange, FreshLink, NameWish
from consult.core import ids
from consult.core.db import lock
from consult.mail.keys import address_key
from consult.mail.models import Mail
from consult.mail.operations import queue_mail
from consult.stakeholders.entries import Entry
from consult.stakeholders.models import Channel, ContactPerson, Stakeholder, StakeholderKind
from consult.stakeholders.operations import change_stakeholder, correct_entry
from consult.stakeholders.operations_contacts import Contact, keep_contact
from consult.stakeholders.queries import left_addresses
from consult.stakeholders.rules import checked_address


@dataclass(frozen=True, slots=True)
class Own:
    """What somebody says of themselves. Not the e-mail address: that moves by links to both."""

    name: str
    language: str
    also_languages: tuple[str, ...]
    groups: tuple[str, ...]  # of organisations
    region: str
    channel: Channel | None
    postal_address: str
    phone: str
    access_needs: str


def change_entry(
    db: Session, participant: Participant | None, entry: Stakeholder, own: Own, *, now: datetime
) -> list[str]:
    """Correct one's own entry. The name of an organisation becomes a wish, about which the secretariat decides.

    Returns the names of the fields that changed.  Raises what check_change_entry and correct_entry raise.
    """
    lock(db, entry)
    is_person = entry.kind is StakeholderKind.PERSON
    wanted = replace(
        Entry.of(entry),
        name=own.name if is_person else entry.name,
        language=own.language,
        also_languages=own.also_languages,
        groups=own.groups,
        region=own.region,
        channel=own.channel,
        postal_address=own.postal_address,
        phone=own.phone,
        access_needs=own.access_needs,
    )
    rules.check_change_entry(Stakeholder(**wanted.columns()))
    changed = correct_entry(db, entry, wanted, now=now)
    if not is_person and _wish(db, entry, own.name, now=now):
        changed.append("name")
    _keep(db, participant, entry, changed, now=now)
    return changed


def change_language(
    db: Session, participant: Participant | None, entry: Stakeholder, code: str, *, now: datetime
) -> None:
    """Choose the language in which somebody protected is written to: it stands open, and is theirs to say.

    Raises what check_change_language raises.
    """
    lock(db, entry)
    rules.check_change_language(entry, code)
    if entry.language != code:
        entry.language, entry.updated_at = code, now
        _keep(db, participant, entry, ["language"], now=now)


def _wish(db: Session, entry: Stakeholder, name: str, *, now: datetime) -> bool:
    """Keep the name that an organisation asks for; whether that is a new wish."""
    known = db.get(NameWish, entry.id)
    if name in (entry.name, known.name if known else None) or not name:
        return False
    if known is None:
        db.add(NameWish(stakeholder_id=entry.id, name=name, at=now))
    else:
        known.name, known.at = name, now
    db.flush()
    return True


def decide_name(db: Session, entry: Stakeholder, *, takes: bool, by: Staff, now: datetime) -> None:
    """Give an organisation the name it asks for, or leave the one it has. Nothing happens where it asks for none.

    Raises AlreadyThere.  Records ``stakeholder.changed`` where the name is taken.
    """
    lock(db, entry)
    wish = db.get(NameWish, entry.id, populate_existing=True)
    if wish is None:
        return
    if takes:
        change_stakeholder(db, entry, replace(Entry.of(entry), name=wish.name), by=by, now=now)
    db.delete(wish)
    db.flush()


def keep_own_contact(
    db: Session,
    participant: Participant | None,
    entry: Stakeholder,
    known: ContactPerson | None,
    contact: Contact,
    *,
    now: datetime,
) -> None:
    """Name a colleague, or correct one (`known`). They get no mail.  Raises what check_contact raises."""
    keep_contact(db, entry, known, contact, now=now)
    _keep(db, participant, entry, ["contacts"], now=now)


def remove_own_contact(
    db: Session, participant: Participant | None, entry: Stakeholder, known: ContactPerson, *, now: datetime
) -> None:
    """Take a colleague away again."""
    db.execute(delete(ContactPerson).where(ContactPerson.id == known.id))
    entry.updated_at = now
    _keep(db, participant, entry, ["contacts"], now=now)


def _keep(
    db: Session, participant: Participant | None, entry: Stakeholder, changed: list[str], *, now: datetime
) -> None:
    through = participant.id if participant is not None else None
    db.add_all(EntryChange(stakeholder_id=entry.id, participant_id=through, field=name, at=now) for name in changed)
    db.flush()


def ask_fresh_link(
    db: Session, participant: Participant | None, entry: Stakeholder, act: EntryAct, *, now: datetime
) -> None:
    """Mail a link for one act to the address that the entry has; one that was mailed before for it leads nowhere any more.

    Who came by no door came by a link that was mailed to that address: also who left all mail asks for it there.
    Raises NoAddressForLink, LeftForLink, LinkMailedJustNow.
    """
    lock(db, entry)
    known = queries.link_for(db, entry.id, act)
    has_left = participant is not None and (entry.has_left or is_left(db, entry.email, participant.consultation_id))
    rules.check_ask_fresh_link(entry, known, has_left=has_left, now=now)
    _mail_link(db, participant.id if participant is not None else None, entry, act, known, to=entry.email, now=now)


def _mail_link(
    db: Session,
    participant_id: int | None,
    entry: Stakeholder,
    act: EntryAct,
    known: FreshLink | None,
    *,
    to: str,
    now: datetime,
) -> None:
    link = known or FreshLink(stakeholder_id=entry.id, act=act, generation=0)
    link.participant_id = participant_id
    make_link(db, link, mailbox=address_key(entry.email), until=None, now=now)  # to a new one as long as it has the old
    if act is EntryAct.ARRIVE:
        link.address = to
        db.flush()
    parameters = {"link": link.id, "generation": link.generation}
    cause = f"fresh_link:{link.id}:{link.generation}"
    queue_mail(db, Mail(FRESH_LINK.name, entry.person_ref, cause, to, entry.language, parameters), now=now)


def make_link(db: Session, link: FreshLink, *, mailbox: bytes, until: datetime | None, now: datetime) -> None:
    """Give a link its next generation: the one before leads nowhere any more. It is good as long as the mailbox is theirs."""
    link.made_at, link.generation, link.until, link.mailbox = now, link.generation + 1, until, mailbox
    db.add(link)
    db.flush()
    link.digest = ids.digest(fresh_token(link))
    db.flush()


def use_fresh_link(db: Session, link: FreshLink, *, now: datetime) -> Stakeholder:
    """Use a link up.  Returns the entry it is about.  Raises FreshLinkOver, also for the second of two at once."""
    entry = db.get_one(Stakeholder, link.stakeholder_id)
    lock(db, entry)
    use_up(db, link, now=now)
    return entry


def use_up(db: Session, link: FreshLink, *, now: datetime) -> None:
    """Use a link up, of an entry or a visitor that is locked.  Raises FreshLinkOver, also where the address is not theirs any more."""
    lock(db, link)
    rules.check_use_fresh_link(link if queries.is_theirs(db, link) else None, now=now)
    link.address, link.digest, link.mailbox = "", None, None
    db.flush()


def ask_to_move(db: Session, link: FreshLink, address: str, *, now: datetime) -> None:
    """Mail a link to the address that somebody wants to move to, having come by one that was mailed to the old.

    Raises AddressWrong, SameAddress, FreshLinkOver.  No mail goes to an address whose reader asked for none; nobody is told.
    """
    address = checked_address(address)
    rules.check_move_address(db.get_one(Stakeholder, link.stakeholder_id), address)
    entry = use_fresh_link(db, link, now=now)
    if left_addresses(db, [address]):
        return
    known = queries.link_for(db, entry.id, EntryAct.ARRIVE)
    _mail_link(db, link.participant_id, entry, EntryAct.ARRIVE, known, to=address, now=now)


def move_address(db: Session, link: FreshLink, *, operator: str, now: datetime) -> None:
    """The entry has its new address from now on, and the old one is told. Links that went to the old lead nowhere any more.

    Raises FreshLinkOver and what correct_entry raises.
    """
    address = link.address
    entry = use_fresh_link(db, link, now=now)
    old = entry.email
    changed = correct_entry(db, entry, replace(Entry.of(entry), email=address), now=now)
    through = db.get_one(Participant, link.participant_id) if link.participant_id is not None else None
    _keep(db, through, entry, changed, now=now)
    others = update(FreshLink).where(FreshLink.stakeholder_id == entry.id)
    db.execute(others.values(digest=None, address="", mailbox=None))
    if old:
        cause, parameters = f"fresh_link:{link.id}:{link.generation}", {"old": old, "operator": operator}
        queue_mail(db, Mail(ADDRESS_MOVED.name, entry.person_ref, cause, old, entry.language, parameters), now=now)
