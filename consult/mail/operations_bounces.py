"""What becomes of mails that did not arrive: noted once a mail, and an address that does not work gets nothing more."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consult.audit import record
from consult.audit.operations import Actor
from consult.core import ids
from consult.core.db import lock
from consult.mail import queries_suppressions as queries
from consult.mail import rules
from consult.mail.bounces import Returned
from consult.mail.keys import address_key
from consult.mail.limits import NO_LIMITS, Limits
from consult.mail.models import (
    ABUSE,
    Bounce,
    BounceKind,
    BounceSource,
    OutboxMail,
    Priority,
    Suppression,
    SuppressionReason,
)
from consult.mail.operations_halts import check_breaker


class Ingested(StrEnum):
    """What a message to the bounce address, or to that for leaving, was."""

    NOT_OURS = "not_ours"  # no token of a mail of ours: it speaks for nobody
    NO_BOUNCE = "no_bounce"  # an answer, a delay, or a fault that says nothing of the address
    NOTED = "noted"
    SUPPRESSED = "suppressed"
    LEFT = "left"  # it came to the address for leaving
    ASKED = "asked"  # likewise, but by what stands in a mail's body: a link went to that mail's mailbox


def ingest_bounce(db: Session, returned: Returned, *, now: datetime, limits: Limits = NO_LIMITS) -> Ingested:
    """Note what a message to the bounce address says of the mail whose token it came to.

    The address is the one that we sent to, whatever the message says. Returns what it was.
    Records what `note_bounce` and, where it halts a campaign, `check_breaker` record.
    """
    mail = next((one for one in (queries.find_bounced_mail(db, token) for token in returned.tokens) if one), None)
    if mail is None:
        return Ingested.NOT_OURS
    before = queries.standing(db, mail.address_key)
    if not _note(db, mail, returned, now=now):
        return Ingested.NO_BOUNCE
    if mail.priority == Priority.CAMPAIGN:
        check_breaker(db, mail.cause, limits, now=now)
    is_new = before is None and queries.standing(db, mail.address_key) is not None
    return Ingested.SUPPRESSED if is_new else Ingested.NOTED


def _note(db: Session, mail: OutboxMail, returned: Returned, *, now: datetime) -> bool:
    if returned.is_complaint:
        return note_complaint(db, mail, now=now)
    status = returned.status or _guessed(returned, mail)
    return note_bounce(db, mail, status, source=BounceSource.REPORT, now=now)


def note_complaint(db: Session, mail: OutboxMail, *, now: datetime) -> bool:
    """Note that its reader called a mail spam, and write to the address no more. Returns whether its address is known.

    Where mail had come back, that its reader wants none is what stands: no link of theirs lifts it.
    Records ``mail.address_suppressed`` (suppression ref, status) where no report of spam stood against it.
    """
    if mail.address_key is None:
        return False
    lock(db, mail)
    known = queries.find_bounce(db, mail.id)
    if known is None:
        known = Bounce(mail_id=mail.id, address_key=mail.address_key, kind=BounceKind.COMPLAINT, status=ABUSE,
                       source=BounceSource.REPORT, at=now)  # fmt: skip
        db.add(known)
    else:
        known.kind, known.status, known.at = BounceKind.COMPLAINT, ABUSE, now
    db.flush()
    _suppress(db, known, SuppressionReason.COMPLAINT, now=now)
    return True


def _guessed(returned: Returned, mail: OutboxMail) -> str:
    """The status that a message in no known form comes to: for good only where it names the very address we wrote to."""
    if mail.address_key in {address_key(address) for address in returned.failed}:
        return "5.1.1"
    return "4.0.0" if returned.failed or returned.delayed else ""


def note_bounce(db: Session, mail: OutboxMail, status: str, *, source: BounceSource, now: datetime) -> bool:
    """Note that a mail did not arrive, and suppress its address where that is final, or was so too often lately.

    One mail counts once, the final word being stronger. Returns whether it says anything of the address.
    Records ``mail.address_suppressed`` (suppression ref, status) where it is.
    """
    kind = rules.weigh_bounce(status)
    if kind is None or mail.address_key is None:
        return False
    lock(db, mail)
    known = queries.find_bounce(db, mail.id)
    if known is None:
        known = Bounce(mail_id=mail.id, address_key=mail.address_key, kind=kind, status=status, source=source, at=now)
        db.add(known)
    elif kind is BounceKind.HARD and known.kind is BounceKind.SOFT:
        known.kind, known.status, known.source, known.at = kind, status, source, now
    else:
        return True
    db.flush()
    if kind is BounceKind.HARD:
        _suppress(db, known, SuppressionReason.HARD_BOUNCE, now=now)
    elif queries.count_soft(db, mail.address_key, now=now) >= rules.SOFT_MAX:
        _suppress(db, known, SuppressionReason.SOFT_BOUNCES, now=now)
    return True


def _suppress(db: Session, bounce: Bounce, reason: SuppressionReason, *, now: datetime) -> None:
    """Once, however many reports come in at the same time; a report of spam outdoes what came back."""
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    s, made = Suppression, dialect.insert(Suppression)
    stands: dict[str, Any] = {"index_elements": ["address_key"], "index_where": s.lifted_at.is_(None)}
    if reason is SuppressionReason.COMPLAINT:
        new = {one: made.excluded[one] for one in ("reason", "status", "source")}
        once = made.on_conflict_do_update(**stands, set_=new, where=s.reason != SuppressionReason.COMPLAINT)
    else:
        once = made.on_conflict_do_nothing(**stands)
    row = {
        "ref": ids.random_code(),
        "address_key": bounce.address_key,
        "reason": reason,
        "status": bounce.status,
        "source": bounce.source,
        "at": now,
    }
    ref = db.scalar(once.values(**row).returning(Suppression.ref))
    if ref is not None:
        record(db, "mail.address_suppressed", by=None, suppression=ref, status=bounce.status)


def lift_suppression(db: Session, suppression: Suppression, note: str, *, by: Actor, now: datetime) -> None:
    """Let mail go to an address again; what came back before counts no more.

    Raises LiftedAlready, NoteMissing, NoteTooLong.  Records ``mail.suppression_lifted`` (suppression ref), the note as its reason.
    """
    lock(db, suppression)
    rules.check_lift_suppression(suppression, note)
    suppression.lifted_at, suppression.lifted_by, suppression.note = now, by.actor, note.strip()
    db.flush()
    record(db, "mail.suppression_lifted", by=by, reason=note.strip(), suppression=suppression.ref)
