"""Whoever types an address gets the same answer, for the same work. The worker looks later whether a mail goes there."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from consult.consultations.models_entry import EntryAct, FreshLink
from consult.consultations.operations_entry import make_link
from consult.consultations.queries_entry import link_for
from consult.core import ids
from consult.core.db import lock
from consult.core.refusals import permits
from consult.jobs.queue import enqueue
from consult.mail.keys import address_key
from consult.mail.models import Mail
from consult.mail.operations import queue_mail
from consult.mail.operations_suppressions import lift_by_reader
from consult.mail.queries_suppressions import standing
from consult.mailings.models_leave_links import OPENS, LeaveAct, LeaveLink
from consult.mailings.operations_leave_links import hold_row
from consult.privacy import queries_asked as queries
from consult.privacy import rules_asking as rules
from consult.privacy.mails_asked import OWN_LINKS
from consult.privacy.models_own import OwnAsk
from consult.privacy.queries_asked import HeldOf
from consult.stakeholders.queries import left_addresses
from consult.stakeholders.rules import checked_address

ANSWER = "privacy.answer_ask"
SWEPT = 200  # a sweep
LEFT_LYING = timedelta(minutes=1)
KEPT_AT_MOST = timedelta(days=1)
EVIDENCE = "link to the own entry used"  # by what the mailbox is known to work
OF_VISITORS = (EntryAct.TAKE, EntryAct.FORGET)


def ask_for_entry(db: Session, address: str, *, now: datetime) -> None:
    """Note that somebody typed an address. Nothing is looked up here: known or not, the work and what is kept are the same.

    Raises AddressWrong.  Nothing is recorded: nobody knows whose act it is.
    """
    made = OwnAsk(address=checked_address(address), at=now)
    db.add(made)
    db.flush()
    enqueue(db, ANSWER, made.id)


def answer_ask(db: Session, ask_id: int, *, now: datetime) -> None:
    """Mail the links of whoever reads the address that was typed, and forget that it was. Nothing happens the second time."""
    query = select(OwnAsk).where(OwnAsk.id == ask_id).with_for_update()
    ask = db.scalars(query).one_or_none()
    if ask is None:
        return
    for address in queries.mailboxes_of(db, ask.address):
        mail_own_links(db, address, now=now)
    db.delete(ask)
    db.flush()


def mail_own_links(db: Session, address: str, *, now: datetime) -> None:
    """Mail to an address the links to what is held of its reader: one for each entry, those of their lists. Older ones are over.

    Whether a mail goes out is told to nobody. It goes to who left all mail too, and where mail came back, once a day: it is they
    who ask, or a stranger.
    """
    first = queries.held_of(db, address)
    if first.person is None:
        return
    for one in first.rows:  # before the row of the mailbox, as whoever uses a link holds them
        lock(db, one)
    known = hold_row(db, address_key(address), LeaveAct.OPEN, now=now)
    held = queries.held_of(db, address)  # as it stands after the wait
    seldom = bool(left_addresses(db, [address])) or standing(db, address_key(address)) is not None
    if held.person is None or not permits(rules.check_mail_own_links, known, seldom=seldom, now=now):
        return
    known.made_at, known.generation = now, ids.random_number()
    known.unused += 1
    until = now + rules.own_links_last(known.unused, seldom=seldom)
    parameters = {
        "mailbox": known.id,
        "generation": known.generation,
        "links": [[one.id, one.generation] for one in _links(db, held, address, until=until, now=now)],
        "lists": [one.id for one in held.subscriptions],
        "hours": rules.own_links_last(known.unused, seldom=seldom).total_seconds() / 3600,
    }
    person, language = held.person
    cause = f"own_links:{ids.random_code()}"
    queue_mail(db, Mail(OWN_LINKS.name, person, cause, address, language, parameters), now=now)


def _links(db: Session, held: HeldOf, address: str, *, until: datetime, now: datetime) -> list[FreshLink]:
    """A new link to each entry; and for who gave the address with a comment one to take a copy, one to be forgotten."""
    made = []
    for entry in held.entries:
        lock(db, entry)
        known = link_for(db, entry.id, EntryAct.OPEN)
        made.append(known or FreshLink(stakeholder_id=entry.id, act=EntryAct.OPEN, generation=0))
    if held.visitor is not None:
        visitor = lock(db, held.visitor)
        query = select(FreshLink).where(FreshLink.stakeholder_id.is_(None), FreshLink.participant_id == visitor.id)
        there = {one.act: one for one in db.scalars(query)}
        made += [there.get(act) or FreshLink(participant_id=visitor.id, act=act, generation=0) for act in OF_VISITORS]
    for link in made:
        link.address = ""
        make_link(db, link, mailbox=address_key(address), until=until, now=now)
    return made


def note_used(db: Session, address: str, *, now: datetime) -> None:
    """A link that was mailed to an address was used there: the next waits no longer than the first, and the mailbox works.

    Records what lift_by_reader records.
    """
    lift_by_reader(db, address, EVIDENCE, now=now)
    own = LeaveLink.key == address_key(address)
    db.execute(update(LeaveLink).where(own, OPENS).values(unused=0), execution_options={"synchronize_session": False})


def sweep_asks(db: Session, *, now: datetime) -> int:
    """Wake a worker for addresses that a dead one left; what could not be answered for a day is forgotten. Returns how many."""
    db.execute(delete(OwnAsk).where(OwnAsk.at < now - KEPT_AT_MOST))
    query = select(OwnAsk.id).where(OwnAsk.at < now - LEFT_LYING).order_by(OwnAsk.id).limit(SWEPT)
    found = list(db.scalars(query))
    for ask_id in found:
        enqueue(db, ANSWER, ask_id)
    return len(found)
