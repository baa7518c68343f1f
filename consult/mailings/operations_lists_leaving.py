"""Leaving by the link in a list's mail: the list, a consultation, or all mail; and undoing it in the same window."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.consultations.models import Consultation, Participant
from consult.core import ids
from consult.mailings import rules_lists
from consult.mailings.models_leaving import LeavingWay
from consult.mailings.models_lists import (
    ListLeaving,
    ListLeavingScope,
    Subscription,
    SubscriptionState,
    SubscriptionStep,
)
from consult.mailings.operations_leaving import HOW, take_part_with
from consult.mailings.operations_leaving_news import agree_again, end_agreed
from consult.mailings.operations_subscriptions import end_all, keep_act, undo_all
from consult.mailings.queries_lists import held
from consult.stakeholders.models import LeftAddress
from consult.stakeholders.operations_leaving import come_back, drop_left, keep_left, leave_everywhere
from consult.stakeholders.queries_duty import entries_of, offices_of


def leave_list(
    db: Session,
    subscription: Subscription,
    scope: ListLeavingScope,
    *,
    way: LeavingWay,
    consultation: Consultation | None = None,
    once: str = "",
    now: datetime,
) -> ListLeaving:
    """Send no more mail of a list, or about a consultation, or nothing at all, to the mailbox that a list's mail went to.

    At an office's mailbox the official mail is a duty and stays: the lists end, and what was agreed to.
    `once` is the key of the form that was pressed. Returns the act: the one there is, where they pressed twice, or have left the
    list already.  Nothing is recorded: it is their own act.
    """
    about = consultation.id if consultation is not None and scope is ListLeavingScope.CONSULTATION else None
    together = _take_part(db, subscription, about)
    subscription = _held(db, subscription)
    is_office = bool(offices_of(db, subscription.address or ""))
    before = _newest(db, subscription, scope, about)
    if scope is ListLeavingScope.LIST:
        if subscription.state is not SubscriptionState.CONFIRMED and before is not None:
            return before
        _end(db, subscription, now=now)
    elif scope is ListLeavingScope.CONSULTATION:
        here = [one for one in together if one.left_at is None and not is_office]
        if before is not None and not here:
            return before
        for one in here:
            one.left_at = now
    else:
        ended = bool(end_all(db, subscription.key, how=HOW, now=now))
        if is_office:
            ended = _leave_agreed(db, subscription, now=now) or ended
            if before is not None and not ended:
                return before
        elif before is not None and not ended and db.get(LeftAddress, subscription.key) is not None:
            return before
        else:
            _leave_everything(db, subscription, now=now)
    key = ids.digest(once) if once else None
    made = ListLeaving(
        subscription_id=subscription.id, key=subscription.key, scope=scope, consultation_id=about, way=way, once=key, at=now
    )  # fmt: skip
    db.add(made)
    db.flush()
    return made


def undo_list_leaving(db: Session, subscription: Subscription, once: str, *, now: datetime) -> ListLeaving:
    """Take back an act of leaving. What they had left before stays as it was.

    Returns the act.  Raises ListUndoOver, also for whoever did not press the button, and where the address is gone by now.
    Nothing is recorded: it is their own act.
    """
    query = select(ListLeaving).where(
        ListLeaving.subscription_id == subscription.id, ListLeaving.once == ids.digest(once)
    )
    query = query.order_by(ListLeaving.id.desc()).execution_options(populate_existing=True)
    asked = db.scalars(query).first()
    together = _take_part(db, subscription, asked.consultation_id if asked else None)
    subscription = _held(db, subscription)
    found = db.scalars(query).first()  # as it stands after the wait
    rules_lists.check_undo_list_leaving(found, now=now)
    assert found is not None, "the rule has asked"
    if found.scope is ListLeavingScope.CONSULTATION:
        for one in together:
            if one.left_at == found.at:
                one.left_at = None
    else:
        only = subscription.id if found.scope is ListLeavingScope.LIST else None
        back = undo_all(db, subscription.key, ended_at=found.at, how=HOW, now=now, only=only)
        if only and not back:
            raise rules_lists.ListUndoOver  # signed up again meanwhile, or never was on it
        if only is None and subscription.address:
            come_back(db, subscription.address, left_at=found.at, now=now, how=HOW)
            for entry in entries_of(db, subscription.address):
                agree_again(db, entry, ended_at=found.at, how=HOW, now=now)
        elif only is None:
            drop_left(db, subscription.key, left_at=found.at)
    found.undone_at = now
    db.flush()
    return found


def _take_part(db: Session, subscription: Subscription, consultation_id: int | None) -> list[Participant]:
    """Who takes part in a consultation with the address; held before the subscriptions, as where a door's link leaves."""
    if consultation_id is None or not subscription.address:
        return []
    return take_part_with(db, consultation_id, subscription.address)


def _held(db: Session, subscription: Subscription) -> Subscription:
    """The subscription, held together with all others of its mailbox, in order: two that leave at once wait for one another."""
    query = select(Subscription).where(Subscription.key == subscription.key).order_by(Subscription.id)
    found: list[Subscription] = list(db.scalars(held(query)))
    return next(one for one in found if one.id == subscription.id)


def _end(db: Session, subscription: Subscription, *, now: datetime) -> None:
    if subscription.state is SubscriptionState.CONFIRMED:
        subscription.state, subscription.ended_at = SubscriptionState.ENDED, now
        keep_act(db, subscription, SubscriptionStep.ENDED, HOW, now=now)


def _leave_everything(db: Session, subscription: Subscription, *, now: datetime) -> None:
    """By the address, where it is still here; else by its key, which every mail asks for too."""
    if subscription.address:
        leave_everywhere(db, subscription.address, now=now, how=HOW)
    else:
        keep_left(db, subscription.key, at=now)


def _leave_agreed(db: Session, subscription: Subscription, *, now: datetime) -> bool:
    """At an office's mailbox what was agreed to ends, and the official mail, a duty, stays. Returns whether anything ended."""
    ended = [end_agreed(db, entry, how=HOW, now=now) for entry in entries_of(db, subscription.address or "")]
    return any(ended)


def _newest(
    db: Session, subscription: Subscription, scope: ListLeavingScope, consultation_id: int | None
) -> ListLeaving | None:
    """The newest act by which somebody has left so far already."""
    query = select(ListLeaving).where(
        ListLeaving.subscription_id == subscription.id,
        ListLeaving.scope == scope,
        ListLeaving.consultation_id == consultation_id,
        ListLeaving.undone_at.is_(None),
    )
    return db.scalars(query.order_by(ListLeaving.id.desc())).first()
