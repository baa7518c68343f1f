"""Reads of the outbox."""

from datetime import datetime

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from consult.mail.models import UNCERTAIN, OutboxMail, Priority


def next_due(priority: Priority, now: datetime) -> Select[int, str, str | None]:
    """(id, cause, address) of the mail of a priority whose turn it is. One seek in the index, however many rows there are."""
    query = select(OutboxMail.id, OutboxMail.cause, OutboxMail.address).where(
        OutboxMail.priority == priority, OutboxMail.next_at <= now
    )
    return query.order_by(OutboxMail.next_at, OutboxMail.id).limit(1)


def is_due(db: Session, *, now: datetime) -> bool:
    """Whether any mail's turn has come."""
    return any(db.scalar(next_due(priority, now)) is not None for priority in Priority)


def next_instant(db: Session, *, until: datetime) -> datetime | None:
    """When the next mail's turn comes, or came; None where none does until then."""
    found = (
        db.scalar(
            select(OutboxMail.next_at)
            .where(OutboxMail.priority == priority, OutboxMail.next_at <= until)
            .order_by(OutboxMail.next_at)
            .limit(1)
        )
        for priority in Priority
    )
    return min((one for one in found if one is not None), default=None)


def find_mail(db: Session, person: str, cause: str, template: str) -> OutboxMail | None:
    """The mail that a person got, or will get, for a cause."""
    query = select(OutboxMail).where(
        OutboxMail.person == person, OutboxMail.cause == cause, OutboxMail.template == template
    )
    return db.scalars(query).one_or_none()


def list_uncertain(db: Session, *, after: int = 0, limit: int = 50) -> list[OutboxMail]:
    """Mails about which a person decides, oldest first, from beyond an id."""
    query = select(OutboxMail).where(UNCERTAIN, OutboxMail.id > after)
    return list(db.scalars(query.order_by(OutboxMail.id).limit(limit)))


def has_uncertain(db: Session) -> bool:
    """Whether a decision is waiting."""
    return bool(db.scalar(select(exists(OutboxMail.id).where(UNCERTAIN))))
