"""Reads of which campaigns halted by themselves, and of how many of their last mails did not arrive."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from consult.mail.models import Bounce, Halt, MailState, OutboxMail


def is_halted(db: Session, cause: str) -> bool:
    """Whether the mails of a cause are to wait until somebody goes on."""
    return bool(db.scalar(select(exists().where(Halt.cause == cause, Halt.lifted_at.is_(None)))))


def standing_halts(db: Session, causes: Collection[str]) -> Sequence[Halt]:
    """The halts of some causes on which nobody went on yet, the newest first."""
    query = select(Halt).where(Halt.cause.in_(causes), Halt.lifted_at.is_(None))
    return db.scalars(query.order_by(Halt.id.desc())).all()


def list_standing(db: Session) -> Sequence[Halt]:
    """All of those, oldest first."""
    return db.scalars(select(Halt).where(Halt.lifted_at.is_(None)).order_by(Halt.id)).all()


def count_bad(db: Session, cause: str, window: int) -> tuple[int, int]:
    """(how many did not arrive, of how many) of the last mails of a cause, those before somebody went on not counted.

    Not arrived: refused for good, put off with an answer of the relay, or come back. A relay that cannot be reached says nothing
    about a campaign. One seek in the index and `window` rows from there.
    """
    lifted = db.scalar(select(func.max(Halt.lifted_at)).where(Halt.cause == cause))
    rows = db.execute(_last_of(cause, lifted, window)).all()
    return sum(state is not MailState.SENT or came_back for state, came_back in rows), len(rows)


def _last_of(cause: str, since: datetime | None, window: int) -> Select[MailState, bool]:
    """(state, whether it came back) of the last mails of a cause about which something is known."""
    m, back = OutboxMail, exists().where(Bounce.mail_id == OutboxMail.id)
    answered = or_(
        m.state.in_([MailState.SENT, MailState.FAILED]), and_(m.state == MailState.DEFERRED, m.reply_code > 0)
    )
    tried = m.attempted_at.is_not(None) if since is None else m.attempted_at > since
    return select(m.state, back).where(m.cause == cause, tried, answered).order_by(m.attempted_at.desc()).limit(window)
