"""Reads of which addresses get nothing because mail came back."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.core.ids import digest
from consult.core.ranges import one_of_keys
from consult.mail.keys import address_key
from consult.mail.models import Bounce, BounceKind, OutboxMail, Suppression
from consult.mail.rules import SOFT_WINDOW


def find_bounced_mail(db: Session, token: str) -> OutboxMail | None:
    """The mail to whose sender a message came back; None for a token that is none of ours."""
    return db.scalars(select(OutboxMail).where(OutboxMail.bounce_digest == digest(token))).one_or_none()


def find_bounce(db: Session, mail_id: int) -> Bounce | None:
    """What is known already of a mail that came back."""
    return db.scalars(select(Bounce).where(Bounce.mail_id == mail_id)).one_or_none()


def standing(db: Session, key: bytes | None) -> Suppression | None:
    """Why nothing is sent to the address of a key now; None where mail may go there."""
    query = select(Suppression).where(Suppression.address_key == key, Suppression.lifted_at.is_(None))
    return db.scalars(query).one_or_none()


def count_soft(db: Session, key: bytes, *, now: datetime) -> int:
    """How many mails to an address came back lately without a final word, those before the last lifting not counted."""
    lifted = select(func.max(Suppression.lifted_at)).where(Suppression.address_key == key)
    since = max(one for one in (db.scalar(lifted), now - SOFT_WINDOW) if one is not None)
    query = select(func.count()).select_from(Bounce)
    return db.scalar(query.where(Bounce.address_key == key, Bounce.kind == BounceKind.SOFT, Bounce.at > since)) or 0


def find_suppression(db: Session, ref: str) -> Suppression | None:
    """The suppression of a reference, lifted or not."""
    return db.scalars(select(Suppression).where(Suppression.ref == ref)).one_or_none()


def suppressions_of(db: Session, addresses: Iterable[str]) -> dict[str, Suppression]:
    """Those of some addresses to which nothing is sent now, with why."""
    asked: dict[bytes, list[str]] = {}
    for address in addresses:
        if address:
            asked.setdefault(address_key(address), []).append(address)
    query = select(Suppression).where(
        one_of_keys(Suppression.address_key, list(asked)), Suppression.lifted_at.is_(None)
    )
    return {address: one for one in db.scalars(query) for address in asked[one.address_key]}


def standing_codes(db: Session, addresses: Iterable[str]) -> dict[str, str]:
    """Those of some addresses to which nothing is sent now, with the code of the last mail that came back."""
    return {address: one.status for address, one in suppressions_of(db, addresses).items()}
