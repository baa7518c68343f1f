"""Signing up to lists, confirming and ending. Leaving by the link of a mail: operations_lists_leaving.py."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.core import ids
from consult.core.db import lock, rows_touched
from consult.mail.keys import address_key
from consult.mail.models import Mail
from consult.mail.operations import queue_mail
from consult.mail.operations_suppressions import lift_by_reader
from consult.mail.rules import check_queue_mail
from consult.mailings import list_links, queries_lists, rules_lists
from consult.mailings.models_lists import (
    PROMISE,
    ListLeaving,
    ListLeavingScope,
    MailingList,
    SignUpMailbox,
    SignUpWay,
    Subscription,
    SubscriptionAct,
    SubscriptionState,
    SubscriptionStep,
)
from consult.mailings.rules_leaving import UNDO_LASTS
from consult.mailings.rules_lists import CONFIRM_LASTS, LEFT_PAUSE
from consult.stakeholders.queries import left_addresses
from consult.stakeholders.rules import checked_address

CONFIRMATION = "list_confirmation"  # the template's name
SELF = "self"
SWEPT = 1_000  # rows a sweep
NO_ADDRESS = {"address": None, "email_key": None}


def sign_up(db: Session, mailing_list: MailingList, address: str, language: str, *, now: datetime) -> None:
    """Mail the link that confirms to an address that somebody typed on the page of a list.

    What happens is not said, and takes the same time, whether the address is known, on the list, gone or bounced.
    Raises AddressWrong, MailAddressWrong, SignUpClosed, ListLanguageUnknown.  Nothing is recorded: nobody knows whose act it is.
    """
    rules_lists.check_sign_up(mailing_list, language, by_staff=False)
    try:
        _ask(db, mailing_list, address, language, how=SignUpWay.PAGE, by=SELF, now=now)
    except rules_lists.MailedEnough:
        return  # said to nobody: it would tell that somebody else asked for this address


def add_subscriber(
    db: Session, mailing_list: MailingList, address: str, language: str, *, how: SignUpWay, by: Staff, now: datetime
) -> Subscription:
    """Enter somebody who asked by letter, by telephone or in a meeting: they are on the list when they have confirmed.

    Returns the subscription.  Raises AddressWrong, MailAddressWrong, SignUpClosed, ListLanguageUnknown, MailedEnough.
    Records ``subscription.asked`` (list, subscription ref, how).
    """
    rules_lists.check_sign_up(mailing_list, language, by_staff=True)
    found = _ask(db, mailing_list, address, language, how=how, by=by.actor, now=now)
    record(db, "subscription.asked", by=by, list=mailing_list.slug, subscription=found.ref, how=how.value)
    return found


def _ask(
    db: Session, mailing_list: MailingList, address: str, language: str, *, how: SignUpWay, by: str, now: datetime
) -> Subscription:
    address = checked_address(address)
    check_queue_mail(address)
    mailbox = _hold_mailbox(db, address_key(address), now=now)
    mailed = [datetime.fromisoformat(at) for at in mailbox.mailed]
    has_left = bool(left_addresses(db, [address]))
    found = queries_lists.find_by_address(db, mailing_list.id, address, hold=True)
    rules_lists.check_mail_sign_up(mailed, has_left=has_left, now=now)
    kept = [at for at in mailed if at > now - LEFT_PAUSE][-rules_lists.MAILS_AN_HOUR :]
    mailbox.mailed = [at.astimezone(UTC).isoformat() for at in (*kept, now)][-rules_lists.MAILS_AN_HOUR :]
    if found is None or found.state is not SubscriptionState.CONFIRMED:
        found = _begin(db, mailing_list, found, address, language, how=how, by=by, now=now)
    _mail_link(db, found, now=now)
    return found


def _hold_mailbox(db: Session, key: bytes, *, now: datetime) -> SignUpMailbox:
    """What went to a mailbox lately, held: whoever else signs it up at this moment waits."""
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    until = now + LEFT_PAUSE
    made = dialect.insert(SignUpMailbox).values(key=key, mailed=[], until=until)
    db.execute(made.on_conflict_do_update(index_elements=["key"], set_={"until": until}))  # which holds the row
    query = select(SignUpMailbox).where(SignUpMailbox.key == key)
    return db.scalars(query.execution_options(populate_existing=True)).one()


def _begin(
    db: Session,
    mailing_list: MailingList,
    found: Subscription | None,
    address: str,
    language: str,
    *,
    how: SignUpWay,
    by: str,
    now: datetime,
) -> Subscription:
    """A sign-up that waits for its confirming: a new one, or the one there is. Its link stays while it waits."""
    is_new = found is None
    if found is None:
        found = Subscription(ref=ids.random_code(), list_id=mailing_list.id, key=address_key(address))
        found.state = SubscriptionState.ENDED
        db.add(found)
    if found.state is SubscriptionState.ENDED:
        found.generation = ids.random_number()
    found.address, found.language, found.how, found.asked_by = address, language, how, by
    found.words, found.asked_at, found.state = mailing_list.revision, now, SubscriptionState.ASKED
    if is_new:
        found.confirm_digest = ids.digest(found.ref)  # for a moment: the link is made of the id
        db.flush()
    list_links.keep_digests(found)
    db.flush()
    return found


def _mail_link(db: Session, subscription: Subscription, *, now: datetime) -> None:
    assert subscription.address is not None, "whoever is asked or confirmed has one: CHECK"
    parameters = {"subscription": subscription.id, "generation": subscription.generation}
    cause = f"sign_up:{ids.random_code()}"
    person, address, language = subscription.person_ref, subscription.address, subscription.language
    queue_mail(db, Mail(CONFIRMATION, person, cause, address, language, parameters), now=now)


def confirm_subscription(db: Session, subscription: Subscription, *, words: int, now: datetime) -> Subscription:
    """Be on a list, because whoever reads the mailbox says so. Leaving all mail before does not stand against it: it is theirs.

    Mail that had come back does not either: the mailbox works.

    `words` is the number of what they have read. Returns the subscription; pressed again nothing changes.
    Raises ConfirmOver, SignUpClosed, ListWordsChanged.
    Nothing is recorded: it is their own act, kept as such.
    """
    lock(db, subscription)
    mailing_list = db.get_one(MailingList, subscription.list_id)
    rules_lists.check_confirm_subscription(subscription, mailing_list, now=now)
    assert subscription.address is not None, "whoever is asked or confirmed has one: CHECK"
    lift_by_reader(db, subscription.address, f"sign-up confirmed: {subscription.ref}", now=now)
    if subscription.state is SubscriptionState.CONFIRMED:
        return subscription
    rules_lists.check_words_shown(mailing_list, words)
    asked_under, subscription.words = _wording(subscription), words
    subscription.state, subscription.confirmed_at, subscription.ended_at = SubscriptionState.CONFIRMED, now, None
    how = subscription.how.value
    by, asked_at = subscription.asked_by, subscription.asked_at
    keep_act(db, subscription, SubscriptionStep.ASKED, how, wording=asked_under, by=by, now=asked_at)
    keep_act(db, subscription, SubscriptionStep.CONFIRMED, "link", wording=_wording(subscription), now=now)
    mine = ListLeaving.subscription_id == subscription.id  # they want mail of the list again, whatever it is about
    one_consultation = ListLeaving.scope == ListLeavingScope.CONSULTATION
    db.execute(update(ListLeaving).where(mine, one_consultation, ListLeaving.undone_at.is_(None)).values(undone_at=now))
    db.flush()
    return subscription


def _wording(subscription: Subscription) -> str:
    return f"{subscription.words}/{subscription.language}/{PROMISE}"


def keep_act(
    db: Session,
    subscription: Subscription,
    step: SubscriptionStep,
    how: str,
    *,
    wording: str = "",
    by: str = SELF,
    now: datetime,
) -> None:
    """Write down what somebody said."""
    db.add(SubscriptionAct(subscription_id=subscription.id, step=step, how=how, wording=wording, by=by, at=now))


def end_subscription(db: Session, subscription: Subscription, *, by: Staff, now: datetime) -> None:
    """Take somebody who asked for it off a list. The address goes at once; what stays cannot bring them back.

    Raises NotOnList.  Records ``subscription.ended`` (list, subscription ref).
    """
    lock(db, subscription)
    rules_lists.check_end_subscription(subscription)
    mailing_list = db.get_one(MailingList, subscription.list_id)
    subscription.state, subscription.ended_at, subscription.address = SubscriptionState.ENDED, now, None
    keep_act(db, subscription, SubscriptionStep.ENDED, "desk", by=by.actor, now=now)
    db.flush()
    record(db, "subscription.ended", by=by, list=mailing_list.slug, subscription=subscription.ref)


def end_all(db: Session, key: bytes, *, how: str, now: datetime) -> list[Subscription]:
    """Take a mailbox off all lists that it is on, because its reader wants no more mail. Returns what ended.

    The addresses stay for as long as that can be undone: see the sweep.
    """
    s = Subscription
    query = select(s).where(s.key == key, s.state == SubscriptionState.CONFIRMED).order_by(s.id)
    found = list(db.scalars(queries_lists.held(query)))
    for one in found:
        one.state, one.ended_at = SubscriptionState.ENDED, now
        keep_act(db, one, SubscriptionStep.ENDED, how, now=now)
    db.flush()
    return found


def undo_all(
    db: Session, key: bytes, *, ended_at: datetime, how: str, now: datetime, only: int | None = None
) -> list[Subscription]:
    """Put a mailbox back on the lists that it left at an instant, or on the one of an id. Returns what came back."""
    s = Subscription
    query = select(s).where(s.key == key, s.state == SubscriptionState.ENDED, s.ended_at == ended_at)
    query = query.where(s.address.is_not(None), *([s.id == only] if only else []))
    found = list(db.scalars(queries_lists.held(query.order_by(s.id))))
    for one in found:
        one.state, one.ended_at = SubscriptionState.CONFIRMED, None
        keep_act(db, one, SubscriptionStep.UNDONE, how, now=now)
    db.flush()
    return found


def sweep_subscriptions(db: Session, *, now: datetime) -> int:
    """Delete what nobody confirmed in seven days, and the addresses of those who left when that cannot be undone any more.

    Returns how many rows.
    """
    s, old = Subscription, now - CONFIRM_LASTS
    waits = (s.state == SubscriptionState.ASKED) & (s.asked_at < old)
    due = select(s.id).where(waits).order_by(s.id).limit(SWEPT).with_for_update(skip_locked=True)
    asked = db.scalars(due).all()
    known = exists().where(SubscriptionAct.subscription_id == s.id)
    # one that was on the list before goes back to being a tombstone
    back = update(s).where(s.id.in_(asked), known).values(state=SubscriptionState.ENDED, **NO_ADDRESS)
    db.execute(back.execution_options(synchronize_session=False))
    gone = delete(s).where(s.id.in_(asked), s.state == SubscriptionState.ASKED, ~known)
    db.execute(gone.execution_options(synchronize_session=False))
    left = (s.state == SubscriptionState.ENDED) & s.address.is_not(None) & (s.ended_at < now - UNDO_LASTS - MINUTE)
    wiped = db.execute(update(s).where(left).values(**NO_ADDRESS).execution_options(synchronize_session=False))
    quiet = db.execute(delete(SignUpMailbox).where(SignUpMailbox.until < now))
    return len(asked) + rows_touched(wiped) + rows_touched(quiet)


MINUTE = timedelta(minutes=1)
