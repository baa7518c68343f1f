"""All mails of one cause that still wait: held back, let go on, or dropped. A chunk a transaction, for there may be 50,000."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, bindparam, exists, select, update
from sqlalchemy.orm import Session

from consult.core.db import Base
from consult.mail.models import WAITING, MailState, OutboxMail
from consult.mail.waking import wake

CHUNK = 1_000  # mails a transaction
HELD = datetime(9999, 1, 1, tzinfo=UTC)  # when the turn of a mail comes that somebody holds back


def hold_mails(db: Session, causes: list[str]) -> bool:
    """Hold the next of the mails that wait for these causes. Returns whether some are left.

    One that a worker has in hand goes out: nobody can call it back.
    """
    return _change(db, causes, OutboxMail.next_at < HELD, next_at=HELD)


def release_mails(db: Session, causes: list[str], *, now: datetime) -> bool:
    """Let the next of those held go on, and wake a worker. Returns whether some are left."""
    more = _change(db, causes, OutboxMail.next_at >= HELD, next_at=now)
    wake(db)
    return more


def next_held(db: Session, causes: list[str]) -> list[tuple[int, str]]:
    """The next of the mails that are held for these causes, with whom they are for: a thousand at the most."""
    m = OutboxMail
    held = select(m.id, m.person).where(m.cause.in_(causes), m.state.in_(WAITING), m.next_at >= HELD)
    return [(row[0], row[1]) for row in db.execute(held.order_by(m.id).limit(CHUNK))]


def release_these(db: Session, turns: Mapping[int, datetime]) -> None:
    """Let held mails go on, each from an instant of its own, and wake a worker."""
    rows = [{"mail": mail, "at": at} for mail, at in turns.items()]
    if rows:
        db.connection().execute(_RELEASED, rows)
    wake(db)


_m = Base.metadata.tables["outbox_mail"]
_RELEASED = (
    update(_m)
    .where(_m.c.id == bindparam("mail"), _m.c.next_at >= HELD)  # none but what waits has a turn: CHECK
    .values(next_at=bindparam("at"))
)


def over(why: str, *, now: datetime) -> dict[str, object]:
    """What the row of a mail says that never goes out; `why` is kept with it."""
    return {"state": MailState.SUPPRESSED, "next_at": None, "address": None, "parameters": None, "finished_at": now,
            "reply_code": None, "reply_text": why}  # fmt: skip


def drop_mail(db: Session, mail: OutboxMail, *, why: str, now: datetime) -> None:
    """Let one mail that waits, and that the caller holds, never go out."""
    for name, value in over(why, now=now).items():
        setattr(mail, name, value)
    db.flush()


def drop_mails(db: Session, causes: list[str], *, why: str, now: datetime) -> bool:
    """Let the next of the mails that wait for these causes never go out; `why` is kept with each. Returns whether some are left."""
    return _change(db, causes, OutboxMail.next_at.is_not(None), **over(why, now=now))


def held_causes(db: Session) -> list[str]:
    """The causes for which mails are held back."""
    return list(db.scalars(select(OutboxMail.cause).where(OutboxMail.next_at >= HELD).distinct()))


def waits_for(db: Session, causes: list[str]) -> bool:
    """Whether a mail waits for one of these causes that nobody holds back."""
    waiting = exists().where(OutboxMail.cause.in_(causes), OutboxMail.next_at < HELD)
    return bool(db.scalar(select(waiting)))


def _change(db: Session, causes: list[str], which: ColumnElement[bool], **values: object) -> bool:
    found = select(OutboxMail.id).where(OutboxMail.cause.in_(causes), OutboxMail.state.in_(WAITING), which)
    ids = db.scalars(found.order_by(OutboxMail.id).limit(CHUNK)).all()
    if ids:
        still = update(OutboxMail).where(OutboxMail.id.in_(ids), OutboxMail.state.in_(WAITING))
        db.execute(still.values(**values), execution_options={"synchronize_session": False})
    return len(ids) == CHUNK
