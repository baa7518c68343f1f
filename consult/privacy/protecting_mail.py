"""What mail holds of an entry that is to be protected: mails that wait, their traces, what came back, lists."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from consult.consultations.models import Participant, participant_ref
from consult.consultations.models_entry import FreshLink
from consult.consultations.models_requests import ParticipationRequest
from consult.mail.keys import address_key
from consult.mail.models import FINAL, TRACES, WAITING, Bounce, Mail, MailState, OutboxMail, Suppression
from consult.mail.models_delivery import BY_OFFICER
from consult.mail.operations_causes import HELD
from consult.mail.operations_delivery import prepare_deliveries
from consult.mailings.models_leave_links import LeaveLink
from consult.mailings.models_lists import (
    SignUpMailbox,
    Subscription,
    SubscriptionAct,
    SubscriptionState,
    SubscriptionStep,
)
from consult.mailings.operations_subscriptions import keep_act
from consult.privacy.models_own import ForgetWish, OwnAsk
from consult.privacy.protecting_people import participants_kept
from consult.stakeholders.models import stakeholder_ref

if TYPE_CHECKING:
    from consult.privacy.operations_protecting import Leaving

HOW = "protected"  # as the history of a subscription says it


def end_subscriptions(db: Session, leaving: "Leaving") -> None:
    """Take the mailbox off all lists. The address goes at once; a sign-up that nobody confirmed goes altogether."""
    s = Subscription
    for one in db.scalars(select(s).where(s.key.in_(_keys(leaving))).order_by(s.id)):
        known = db.scalar(select(SubscriptionAct.id).where(SubscriptionAct.subscription_id == one.id).limit(1))
        if known is None:
            db.delete(one)
            continue
        if one.state is SubscriptionState.CONFIRMED:
            keep_act(db, one, SubscriptionStep.ENDED, HOW, now=leaving.now)
        one.state, one.ended_at, one.address = SubscriptionState.ENDED, one.ended_at or leaving.now, None
    db.flush()


def cancel_mails(db: Session, leaving: "Leaving") -> None:
    """Let no mail go that has not gone; what waits is handed over by an officer instead, but for links to an address.

    One that a worker has in hand goes out; nothing of it stays here.
    """
    _hand_on(db, leaving)
    mine = _mine(db, leaving) & OutboxMail.state.not_in(FINAL)
    gone = {"state": MailState.SUPPRESSED, "next_at": None, "lease_until": None, "finished_at": leaving.now}
    over = update(OutboxMail).where(mine).values(**gone, address=None, parameters=None, **dict.fromkeys(TRACES))
    db.execute(over, execution_options={"synchronize_session": False})


def _hand_on(db: Session, leaving: "Leaving") -> None:
    """What waits for any of them goes to the one who is still written to, unless they have had it."""
    o, own, kept = OutboxMail, participants_kept(db, leaving), stakeholder_ref(leaving.ids[0])
    people = [stakeholder_ref(one) for one in leaving.ids] + [participant_ref(one) for one in own]
    had = select(o.template, o.cause).where(o.person == kept, o.state == MailState.SENT)
    told = {(row.template, row.cause) for row in db.execute(had)}
    mails = []
    for one in db.scalars(select(o).where(o.person.in_(people), o.state.in_(WAITING)).order_by(o.id)):
        whose = own.get((one.parameters or {}).get("participant", 0))
        if one.parameters is None or whose is None or (one.template, one.cause) in told:
            continue
        person = one.person if one.person == participant_ref(whose) else kept
        said = {**one.parameters, "participant": whose}
        mails.append(Mail(one.template, person, one.cause, BY_OFFICER, one.language, said, not_before=_turn(one)))
    prepare_deliveries(db, mails, now=leaving.now)


def _turn(mail: OutboxMail) -> datetime | None:
    """From when on it may go; None = at once. What is held back with its campaign waits for that instead."""
    return mail.next_at if mail.next_at is not None and mail.next_at < HELD else None


def drop_traces(db: Session, leaving: "Leaving") -> None:
    """Take from mails that went out what could trace them, and forget what came back, and that nothing is sent there."""
    keys, mine = _keys(leaving), _mine(db, leaving)
    db.execute(
        delete(Bounce).where(Bounce.mail_id.in_(select(OutboxMail.id).where(mine)) | Bounce.address_key.in_(keys))
    )
    db.execute(delete(Suppression).where(Suppression.address_key.in_(keys)))
    db.execute(delete(SignUpMailbox).where(SignUpMailbox.key.in_(keys)))
    theirs = LeaveLink.participant_id.in_(select(Participant.id).where(Participant.stakeholder_id.in_(leaving.ids)))
    db.execute(delete(LeaveLink).where(LeaveLink.key.in_(keys) | theirs))
    links = update(FreshLink).where(FreshLink.mailbox.in_(keys)).values(digest=None, address="", mailbox=None)
    db.execute(links, execution_options={"synchronize_session": False})
    for ask in db.scalars(select(OwnAsk)).all():  # of some seconds: few
        if ask.address.casefold() in leaving.sought.addresses:
            db.delete(ask)
    db.execute(delete(ForgetWish).where(ForgetWish.stakeholder_id.in_(leaving.ids)))
    wiped = update(OutboxMail).where(mine, OutboxMail.finished_at.is_not(None)).values(**dict.fromkeys(TRACES))
    db.execute(wiped, execution_options={"synchronize_session": False})


def _keys(leaving: "Leaving") -> list[bytes]:
    return [address_key(one) for one in leaving.sought.addresses]


def _mine(db: Session, leaving: "Leaving") -> ColumnElement[bool]:
    """Mails to them, under whichever name the outbox knows them, and all that go or went to one of their addresses."""
    o, addresses, keys = OutboxMail, list(leaving.sought.addresses), _keys(leaving)
    theirs = select(Participant.id).where(Participant.stakeholder_id.in_(leaving.ids))
    asked = ParticipationRequest.stakeholder_id.in_(leaving.ids) | ParticipationRequest.email_key.in_(addresses)
    people = [stakeholder_ref(one) for one in leaving.ids]
    people += [participant_ref(one) for one in db.scalars(theirs)]
    people += [f"request:{one}" for one in db.scalars(select(ParticipationRequest.id).where(asked))]
    return or_(o.person.in_(people), o.address_key.in_(keys), func.lower(o.address).in_(addresses))
