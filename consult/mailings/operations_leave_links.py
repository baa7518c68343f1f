"""Stopping mail with a link that may be anybody's by now: a link of its own is mailed to the mailbox, and that one acts, once."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consult.consultations import doors, rules_entry
from consult.consultations.doors import Entered
from consult.consultations.operations_consent import choose_purpose
from consult.core import ids
from consult.core.db import rows_touched
from consult.core.refusals import permits
from consult.mail.models import Mail
from consult.mail.operations import queue_mail
from consult.mailings import queries_leave_links as queries
from consult.mailings import rules_leave_links as rules
from consult.mailings.mails_leave_links import LEAVE_LINK, leave_link_token
from consult.mailings.models_leave_links import OPENS, STOPS, LeaveAct, LeaveLink
from consult.mailings.models_leaving import Leaving, LeavingScope, LeavingWay
from consult.mailings.models_lists import ListLeaving, ListLeavingScope, SubscriptionState
from consult.mailings.operations_leaving import leave_mails
from consult.mailings.operations_lists_leaving import leave_list
from consult.mailings.queries_leave_links import Reader
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.queries_seats import holds_seat

KEPT = timedelta(days=7)


class Left(NamedTuple):
    """What a link did: which purpose it ended, and for whom; the act of leaving, None where it took back a yes of an entry."""

    what: LeaveAct
    reader: Reader
    act: Leaving | ListLeaving | None


def ask_to_leave(db: Session, reader: Reader, act: LeaveAct, *, now: datetime) -> None:
    """Mail a link for one act to the mailbox that a reader's mails go to; one mailed before leads nowhere any more.

    Whether a mail goes out is told to nobody: not twice within ten minutes, later and later where nobody uses
    what was mailed, and not where nothing would be stopped.
    Nothing is recorded: nobody knows whose act it is.
    """
    mailbox = queries.mailbox_of(db, reader)
    if mailbox.key is None:
        return
    link = hold_row(
        db, mailbox.key, act, now=now, consultation_id=_about(reader, act),
        participant_id=reader.participant.id if reader.participant is not None else None,
        subscription_id=reader.subscription.id if reader.subscription is not None else None,
    )  # fmt: skip
    is_reached = queries.is_reached(db, reader, mailbox, act)
    if not permits(rules.check_mail_leave_link, link, is_reached=is_reached, now=now):
        return
    link.act, link.made_at, link.generation = act, now, ids.random_number()
    link.unused += 1
    link.participant_id = reader.participant.id if reader.participant is not None else None
    link.subscription_id = reader.subscription.id if reader.subscription is not None else None
    link.consultation_id = _about(reader, act)
    link.used_at = link.once = None
    link.digest = ids.digest(leave_link_token(link))
    db.flush()
    parameters = {"link": link.id, "generation": link.generation}
    cause = f"leave_link:{ids.random_code()}"
    queue_mail(
        db, Mail(LEAVE_LINK.name, mailbox.person_ref, cause, mailbox.address, mailbox.language, parameters), now=now
    )


def ask_to_stop(db: Session, reader: Reader, entry: Stakeholder, act: LeaveAct, *, now: datetime) -> None:
    """Mail a link with which an entry takes its yes to one kind of mail back, because somebody asked behind its door.

    Raises OfficialMailStays, NoAddressForLink.
    """
    purpose = queries.PURPOSES[act]
    rules_entry.check_choose_purpose(entry, purpose, agrees=False, holds_seat=holds_seat(db, entry.id))
    if not entry.email:
        raise rules_entry.NoAddressForLink
    ask_to_leave(db, reader, act, now=now)


def hold_row(db: Session, key: bytes, act: LeaveAct, *, now: datetime, **about: int | None) -> LeaveLink:
    """The row of a mailbox, held: whoever else asks for it at this moment waits. What stops mail and what opens have one each."""
    which = OPENS if act is LeaveAct.OPEN else STOPS
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    made = dialect.insert(LeaveLink).values(key=key, act=act, generation=0, made_at=now, unused=0, **about)
    db.execute(
        made.on_conflict_do_update(index_elements=["key"], index_where=which, set_={"key": key})
    )  # which holds it
    query = select(LeaveLink).where(LeaveLink.key == key, which)
    return db.scalars(query.execution_options(populate_existing=True)).one()


def _about(reader: Reader, act: LeaveAct) -> int | None:
    """The consultation, where a list's mail was about one and that alone is to stop."""
    is_told = reader.subscription is not None and act is LeaveAct.CONSULTATION
    return reader.consultation.id if is_told and reader.consultation is not None else None


def leave_by_link(db: Session, token: str, *, once: str, now: datetime) -> Left:
    """Stop what the link of a token is for. `once` is the key of the form that was pressed; pressed twice it is one act.

    Returns what was left.  Raises LeaveLinkOver.  Nothing is recorded: it is their own act.
    """
    link = queries.find_leave_link(db, token, hold=True)  # by its token, also after a wait: a newer one may be for more
    if link is None:
        raise rules.LeaveLinkOver
    reader = queries.reader_of(db, link)
    again = _done_by(db, link, reader, once)
    if again is not None:
        return again
    rules.check_use_leave_link(link, queries.mailbox_of(db, reader).key or b"", now=now)
    link.used_at, link.once, link.unused = now, ids.digest(once), 0
    db.flush()
    return Left(link.act, reader, _leave(db, link, reader, once=once, now=now))


def _leave(db: Session, link: LeaveLink, reader: Reader, *, once: str, now: datetime) -> Leaving | ListLeaving | None:
    if reader.subscription is not None:
        scope = ListLeavingScope(link.act.value)
        return leave_list(
            db, reader.subscription, scope, way=LeavingWay.PAGE, consultation=reader.consultation, once=once, now=now
        )
    participant, consultation = reader.participant, reader.consultation
    assert participant is not None, "whoever is on no list takes part"
    assert consultation is not None, "and takes part in a consultation"
    if link.act in queries.PURPOSES:
        entry = db.get_one(Stakeholder, participant.kept_id)
        choose_purpose(db, entry, queries.PURPOSES[link.act], agrees=False, is_confirmed=True, now=now)
        return None
    leaver = Entered(doors.door_of(db, participant), participant, consultation)
    return leave_mails(db, leaver, LeavingScope(link.act.value), way=LeavingWay.PAGE, once=once, now=now)


def _done_by(db: Session, link: LeaveLink, reader: Reader, once: str) -> Left | None:
    """What this very form did already, if it holds: pressed twice, it says so again, and brings nobody out who came back."""
    if link.used_at is None or link.once != ids.digest(once):
        return None
    if link.act in queries.PURPOSES:
        return Left(link.act, reader, None)
    if reader.subscription is None:
        mine, m = Leaving.participant_id == link.participant_id, Leaving
        act = db.scalars(select(m).where(mine, m.once == link.once, m.undone_at.is_(None))).first()
        return Left(link.act, reader, act) if act is not None else None
    if link.act is not LeaveAct.CONSULTATION and reader.subscription.state is SubscriptionState.CONFIRMED:
        return None
    mine, ll = ListLeaving.subscription_id == reader.subscription.id, ListLeaving
    left = db.scalars(select(ll).where(mine, ll.once == link.once, ll.undone_at.is_(None))).first()
    return Left(link.act, reader, left) if left is not None else None


def sweep_leave_links(db: Session, *, now: datetime) -> int:
    """Delete links whose time is long over. Returns how many."""
    return rows_touched(db.execute(delete(LeaveLink).where(LeaveLink.made_at < now - KEPT)))
