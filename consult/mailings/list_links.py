"""The two links in the mails of a list: the one that confirms a sign-up, and the one that leaves."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core import ids
from consult.mailings.models_lists import Subscription
from consult.mailings.queries_lists import held

_key = b""


def use_key(key: bytes) -> None:
    """Make and recognise tokens with this key: one a process, derived from the installation's secret."""
    global _key
    _key = key


def confirm_token_of(subscription: Subscription) -> str:
    """The token that confirms what was asked last: for a mail that is being rendered, and kept nowhere."""
    return ids.link_token(_key, "confirm", subscription.id, subscription.generation)


def leave_token_of(subscription: Subscription) -> str:
    """The token of the link that does nothing but leave. It stays the same: old mails go on saying how to leave."""
    return leave_token_at(subscription.id)


def leave_token_at(subscription_id: int) -> str:
    """The same, of the subscription of an id."""
    return ids.link_token(_key, "leave list", subscription_id, 1)


def keep_digests(subscription: Subscription) -> None:
    """Write down what both links are known by."""
    subscription.confirm_digest = ids.digest(confirm_token_of(subscription))
    subscription.leave_digest = ids.digest(leave_token_of(subscription))


def find_to_confirm(db: Session, token: str, *, hold: bool = False) -> Subscription | None:
    """The sign-up that a token confirms, or has confirmed; None for one that was never made, or was replaced.

    Held until the transaction ends, where asked for: a sweep may delete it.
    """
    query = select(Subscription).where(Subscription.confirm_digest == ids.digest(token))
    return db.scalars(held(query) if hold else query).one_or_none()


def find_subscriber(db: Session, token: str) -> Subscription | None:
    """Who leaves with a token; None likewise. A token that confirms is none of these, nor that of a door."""
    return db.scalars(select(Subscription).where(Subscription.leave_digest == ids.digest(token))).one_or_none()
