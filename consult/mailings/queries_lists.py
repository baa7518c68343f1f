"""Reads of mailing lists: what they say of themselves, who gets their mail, what was sent."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session

from consult.mail.keys import address_key
from consult.mail.models import Suppression
from consult.mailings.models_lists import (
    ListLeaving,
    ListLeavingScope,
    ListMessage,
    ListState,
    ListWords,
    MailingList,
    Subscription,
    SubscriptionState,
)
from consult.stakeholders.models import LeftAddress

PAGE = 20  # messages a page
FEED = 30  # messages in the feed


class Listed(NamedTuple):
    """A list with the words that hold."""

    mailing_list: MailingList
    words: ListWords


def _with_words() -> Select[MailingList, ListWords]:
    holds = (ListWords.list_id == MailingList.id) & (ListWords.number == MailingList.revision)
    return select(MailingList, ListWords).join(ListWords, holds)


def find_list(db: Session, slug: str) -> Listed | None:
    """The list of an address."""
    row = db.execute(_with_words().where(MailingList.slug == slug)).one_or_none()
    return Listed(*row) if row else None


def find_public_list(db: Session, slug: str) -> Listed | None:
    """Likewise, if everybody may see it."""
    found = find_list(db, slug)
    return found if found and found.mailing_list.is_public else None


def read_list(db: Session, list_id: int) -> Listed:
    """The list of an id."""
    return Listed(*db.execute(_with_words().where(MailingList.id == list_id)).one())


def list_lists(db: Session) -> list[Listed]:
    """All lists, by address."""
    return [Listed(*row) for row in db.execute(_with_words().order_by(MailingList.slug))]


def _takes_sign_up() -> ColumnElement[bool]:
    return (MailingList.state == ListState.OPEN) & MailingList.takes_sign_up


def list_open(db: Session) -> list[Listed]:
    """The lists that anybody may sign up to now, by address."""
    return [Listed(*row) for row in db.execute(_with_words().where(_takes_sign_up()).order_by(MailingList.slug))]


def has_open_list(db: Session) -> bool:
    """Whether there is one at least."""
    return bool(db.scalar(select(exists().where(_takes_sign_up()))))


def subscribers(list_id: int, *, consultation_id: int | None = None) -> Select[int, str, str, bytes]:
    """Who gets mail of a list: id of the subscription, address, language, key of the address.

    Those who confirmed and have not ended it; not who left all mail after that, nor whose mail came back; and of mail about a
    consultation not who wanted no more of that one.  Source: DESIGN invariant 6, docs/decisions/0024-lists.md.
    """
    s = Subscription
    query = select(s.id, s.address, s.language, s.key).where(
        s.list_id == list_id,
        s.state == SubscriptionState.CONFIRMED,
        # who said yes to a list after leaving everything said it about this list, and later
        ~exists().where(LeftAddress.key == s.key, LeftAddress.at >= s.confirmed_at),
        ~exists().where(Suppression.address_key == s.key, Suppression.lifted_at.is_(None)),
    )
    if consultation_id is not None:
        query = query.where(~_wants_none_of(consultation_id))
    return query  # type: ignore[return-value]  # a confirmed one has its address: CHECK


def _wants_none_of(consultation_id: int) -> ColumnElement[bool]:
    return exists().where(
        ListLeaving.key == Subscription.key,
        ListLeaving.consultation_id == consultation_id,
        ListLeaving.scope == ListLeavingScope.CONSULTATION,
        ListLeaving.undone_at.is_(None),
    )


def readers_among(
    db: Session, subscriptions: Sequence[int], *, consultation_id: int | None = None
) -> dict[int, list[int]]:
    """Those of some subscriptions to whom a mail of their list may go now, by the list.  Source: DESIGN invariant 6."""
    among = Subscription.id.in_(subscriptions)
    lists = db.scalars(select(Subscription.list_id).where(among).distinct().order_by(Subscription.list_id)).all()
    wanted = {one: subscribers(one, consultation_id=consultation_id).where(among) for one in lists}
    return {one: [row.id for row in db.execute(query)] for one, query in wanted.items()}


class Count(NamedTuple):
    """How many subscriptions in one language."""

    language: str
    asked: int
    confirmed: int
    ended: int


def count_subscriptions(db: Session, list_id: int) -> list[Count]:
    """How many asked, confirmed and ended, by language."""
    query = select(Subscription.language, Subscription.state, func.count()).where(Subscription.list_id == list_id)
    found: dict[str, dict[SubscriptionState, int]] = {}
    for language, state, count in db.execute(query.group_by(Subscription.language, Subscription.state)):
        found.setdefault(language, {})[state] = count
    return [
        Count(language, *(counts.get(state, 0) for state in SubscriptionState))
        for language, counts in sorted(found.items())
    ]


def find_subscription(db: Session, list_id: int, ref: str) -> Subscription | None:
    """The subscription of a reference, if it is of this list."""
    return db.scalars(
        select(Subscription).where(Subscription.list_id == list_id, Subscription.ref == ref)
    ).one_or_none()


def find_by_address(db: Session, list_id: int, address: str, *, hold: bool = False) -> Subscription | None:
    """The subscription of exactly this address, a tombstone too; held until the transaction ends, where asked for."""
    query = select(Subscription).where(Subscription.list_id == list_id, Subscription.key == address_key(address))
    return db.scalars(held(query) if hold else query).one_or_none()


def held(query: Select[Any]) -> Select[Any]:
    """The same rows, freshly read and held until the transaction ends."""
    return query.with_for_update().execution_options(populate_existing=True)


def list_messages(db: Session, list_id: int, *, before: int = 0, limit: int = PAGE) -> list[ListMessage]:
    """A page of what was sent, the newest first, before a number."""
    query = select(ListMessage).where(ListMessage.list_id == list_id)
    if before:
        query = query.where(ListMessage.number < before)
    return list(db.scalars(query.order_by(ListMessage.number.desc()).limit(limit)))


def newest_number(db: Session, list_id: int) -> int:
    """How many messages were sent to a list."""
    return db.scalar(select(func.max(ListMessage.number)).where(ListMessage.list_id == list_id)) or 0


def find_message(db: Session, list_id: int, number: int) -> ListMessage | None:
    """What was sent under a number."""
    query = select(ListMessage).where(ListMessage.list_id == list_id, ListMessage.number == number)
    return db.scalars(query).one_or_none()
