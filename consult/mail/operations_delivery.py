"""Preparing what an officer hands over in place of a mail, and noting what became of it. Fetching it: operations_handing_out.py."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consult.core import ids
from consult.core.db import lock
from consult.core.i18n import is_installed, languages
from consult.mail import rules
from consult.mail.models import Mail
from consult.mail.models_delivery import OVER, DeliveryState, PreparedDelivery


def prepare_deliveries(db: Session, mails: Iterable[Mail], *, now: datetime) -> int:
    """Keep mails that an officer hands over, one for each person, cause and template. Returns how many were new."""
    rows = [
        {
            "ref": ids.random_code(),
            "template": mail.template,
            "person": mail.person,
            "cause": mail.cause,
            "language": mail.language if is_installed(mail.language) else languages()[0].code,
            "parameters": dict(mail.parameters),
            "state": DeliveryState.FOR_OFFICER,
            "not_before": mail.not_before or now,
            "created_at": now,
        }
        for mail in mails
    ]
    if not rows:
        return 0
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    once = dialect.insert(PreparedDelivery).on_conflict_do_nothing(index_elements=["person", "cause", "template"])
    return len(db.execute(once.returning(PreparedDelivery.id), rows).all())


def settle_delivery(db: Session, delivery: PreparedDelivery, *, reached: bool, now: datetime) -> None:
    """Note that an officer has handed it over, or could not reach the person.

    Raises DeliveryOver, DeliveryNotFetched.  Records nothing: whoever calls says who did it.
    """
    lock(db, delivery)
    rules.check_settle_delivery(delivery)
    end_delivery(delivery, DeliveryState.DELIVERED if reached else DeliveryState.NOT_REACHED, now=now)
    db.flush()


def drop_deliveries(db: Session, *, causes: Iterable[str] = (), people: Iterable[str] = (), now: datetime) -> None:
    """Let no delivery of some causes, or to some people, be handed over any more.

    Of a cause: what an officer has, they have, and say what became of it. Of people who are forgotten: everything.
    """
    d = PreparedDelivery
    mine = d.cause.in_(list(causes)) & (d.state == DeliveryState.FOR_OFFICER)
    theirs = d.person.in_(list(people)) & d.state.not_in(OVER)
    gone = {"state": DeliveryState.DROPPED, "parameters": None, "finished_at": now}
    db.execute(update(d).where(mine | theirs).values(**gone), execution_options={"synchronize_session": False})


def end_delivery(delivery: PreparedDelivery, state: DeliveryState, *, now: datetime) -> None:
    """Wipe a delivery of which it is known what became of it."""
    delivery.state, delivery.parameters, delivery.finished_at = state, None, now


def find_delivery(db: Session, ref: str) -> PreparedDelivery | None:
    """The delivery of a reference."""
    return db.scalars(select(PreparedDelivery).where(PreparedDelivery.ref == ref)).one_or_none()
