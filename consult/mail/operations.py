"""Writing the outbox: queueing, claiming, noting what became of a mail, and the decisions that a person makes."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from consult.audit import record
from consult.audit.operations import Actor
from consult.core.db import Base, lock
from consult.core.i18n import is_installed, languages
from consult.core.ids import digest
from consult.core.many import insert_many
from consult.mail import operations_halts, operations_pace, queries, rules
from consult.mail.ahead import Claimed
from consult.mail.keys import address_key, bounce_token, new_message_id
from consult.mail.limits import NO_LIMITS, Limits
from consult.mail.models import REPLY_MAX, WAITING, BounceSource, Mail, MailState, OutboxMail, Priority
from consult.mail.models_delivery import BY_OFFICER
from consult.mail.operations_bounces import note_bounce
from consult.mail.operations_causes import hold_mails
from consult.mail.operations_delivery import prepare_deliveries
from consult.mail.outcome import Outcome
from consult.mail.waking import wake

LOOKS_MAX = 200  # mails that one transaction looks at for one that may go


def queue_mail(db: Session, mail: Mail, *, now: datetime) -> OutboxMail:
    """Put a mail into the outbox, in the transaction of its cause, and wake the worker once that is kept.

    Returns its row: the one there is where this person has, or had, this mail for this cause.  Raises MailAddressWrong.
    """
    queue_mails(db, [mail], now=now)
    found = queries.find_mail(db, mail.person, mail.cause, mail.template)
    if found is None:  # it was there a moment ago, and rows of the outbox are never deleted
        raise LookupError("the mail just queued is gone")
    return found


def queue_mails(db: Session, mails: Iterable[Mail], *, now: datetime) -> int:
    """Put many mails into the outbox, leaving out those that are there already. Those to people whom only an officer reaches are
    prepared for the officer instead.

    Returns how many were new.  Raises MailAddressWrong, and keeps none then.
    """
    wanted = list(mails)
    by_hand = [mail for mail in wanted if mail.address == BY_OFFICER]
    prepared = prepare_deliveries(db, by_hand, now=now) if by_hand else 0
    rows = [_row(mail, now) for mail in wanted if mail.address != BY_OFFICER]
    if not rows:
        return prepared
    new = insert_many(db, Base.metadata.tables["outbox_mail"], rows, once=["person", "cause", "template"])
    if new:
        wake(db)
    return new + prepared


def _row(mail: Mail, now: datetime) -> dict[str, Any]:
    rules.check_queue_mail(mail.address)
    return {
        "template": mail.template,
        "person": mail.person,
        "cause": mail.cause,
        "address": mail.address,
        "language": mail.language if is_installed(mail.language) else languages()[0].code,
        "parameters": dict(mail.parameters),
        "priority": int(mail.priority),
        "state": MailState.QUEUED,
        "attempts": 0,
        "next_at": mail.not_before or now,
        "created_at": now,
    }


def claim_mail(
    db: Session, *, lease: timedelta, domain: str, now: datetime, limits: Limits = NO_LIMITS
) -> OutboxMail | None:
    """Take the mail whose turn it is, single ones before those of campaigns. None where nothing may go now.

    Mails whose domain takes none now are put off to when it does, and those of a campaign that halted are held, some hundreds
    a transaction: None may also mean that there were more of them. That is no attempt.
    To be committed before the relay hears of it: whoever finds the lease run out knows that it may have gone out.
    """
    if not operations_pace.is_relay_free(db, limits, now=now):
        return None
    for _ in range(LOOKS_MAX):
        turn = _turn(db, now)
        if turn is None:
            return None
        priority, mail_id, cause, address = turn
        free_at, is_halted = operations_pace.look_ahead(db, address, cause)
        if is_halted and priority is Priority.CAMPAIGN:
            hold_mails(db, [cause])
            continue
        later = operations_pace.ask_domain(db, address, priority, limits, free_at=free_at, now=now)
        if later is not None:
            _put_off(db, mail_id, later)
            continue
        claimed = claim_this_mail(db, mail_id, lease=lease, domain=domain, now=now)
        if claimed is not None:
            operations_pace.use_relay(db, limits, now=now)
            return claimed
    return None


def _turn(db: Session, now: datetime) -> tuple[Priority, int, str, str] | None:
    for priority in Priority:
        turn = queries.next_due(priority, now)
        if db.get_bind().dialect.name == "postgresql":
            turn = turn.with_for_update(skip_locked=True)
        found = db.execute(turn).one_or_none()
        if found is not None:
            mail_id, cause, address = found
            assert address is not None, "what waits has its address"
            return priority, mail_id, cause, address
    return None


def _put_off(db: Session, mail_id: int, at: datetime) -> None:
    waits = update(OutboxMail).where(OutboxMail.id == mail_id, OutboxMail.state.in_(WAITING))
    db.execute(waits.values(next_at=at), execution_options={"synchronize_session": False})


def claim_this_mail(db: Session, mail_id: int, *, lease: timedelta, domain: str, now: datetime) -> OutboxMail | None:
    """Take one mail, if it waits. None where another worker was faster, or it is over. To be committed likewise."""
    claimed = db.scalars(
        update(OutboxMail)
        .where(OutboxMail.id == mail_id, OutboxMail.state.in_(WAITING))
        .values(
            state=MailState.CLAIMED,
            attempts=OutboxMail.attempts + 1,
            next_at=None,
            lease_until=now + lease,
            attempted_at=now,
        )
        .returning(OutboxMail)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if claimed is not None:
        assert claimed.address is not None, "what waits has its address"
        claimed.message_id = claimed.message_id or new_message_id(domain)
        claimed.bounce_digest = digest(bounce_token(claimed.id))
        claimed.address_key = address_key(claimed.address)
    return claimed


def note_outcome(
    db: Session, mail: OutboxMail | Claimed, outcome: Outcome, *, now: datetime, limits: Limits = NO_LIMITS
) -> None:
    """Write down what became of an attempt, unless another attempt has begun since.

    Also where the lease ran out meanwhile and the sweep called the mail uncertain: now it is known.
    Records what `check_breaker` records, where it halts the campaign.
    """
    state, next_at = outcome.state, None
    if state is MailState.DEFERRED:
        if rules.is_too_old(mail.created_at, now):
            state = MailState.FAILED
        else:
            next_at = now + rules.back_off(mail.attempts)
    known = update(OutboxMail).where(
        OutboxMail.id == mail.id, OutboxMail.attempts == mail.attempts, OutboxMail.finished_at.is_(None)
    )
    text = outcome.text[:REPLY_MAX] or None
    values = {"next_at": next_at, "reply_code": outcome.code, "reply_text": text}
    db.execute(known.values(**_becoming(state, now), **values), execution_options={"synchronize_session": False})
    if state is MailState.FAILED and outcome.status:
        note_bounce(db, db.get_one(OutboxMail, mail.id), outcome.status, source=BounceSource.SMTP, now=now)
    assert mail.address is not None, "as it was when it was claimed"
    operations_pace.note_answer(db, mail.address, outcome, now=now)
    if state in (MailState.FAILED, MailState.DEFERRED) and mail.priority == Priority.CAMPAIGN:
        operations_halts.check_breaker(db, mail.cause, limits, now=now)


def _becoming(state: MailState, now: datetime) -> dict[str, Any]:
    """The columns of a mail that leaves a worker's hands. A final one keeps neither address nor parameters."""
    columns: dict[str, Any] = {"state": state, "lease_until": None}
    if state in (MailState.SENT, MailState.FAILED, MailState.SUPPRESSED):
        columns |= {"address": None, "parameters": None, "finished_at": now}
    return columns


def sweep_mails(db: Session, *, now: datetime) -> int:
    """Call uncertain what a dead worker had begun, and wake a worker where mails are due. Returns how many were left lying."""
    left = db.scalars(
        update(OutboxMail)
        .where(OutboxMail.state == MailState.CLAIMED, OutboxMail.lease_until < now)
        .values(state=MailState.UNCERTAIN, lease_until=None)
        .returning(OutboxMail.id),
        execution_options={"synchronize_session": False},
    ).all()
    if queries.is_due(db, now=now):
        wake(db)
    return len(left)


def resend_mail(db: Session, mail: OutboxMail, *, by: Actor | None, now: datetime) -> None:
    """Send an uncertain mail once more, with the same Message-ID, because a person decided so.

    Raises MailNotUncertain.  Records ``mail.resent`` (mail id).
    """
    lock(db, mail)
    rules.check_decide_mail(mail)
    mail.state, mail.next_at = MailState.QUEUED, now
    db.flush()
    record(db, "mail.resent", by=by, mail=mail.id)
    wake(db)


def settle_mail(db: Session, mail: OutboxMail, *, arrived: bool, by: Actor | None, now: datetime) -> None:
    """Take an uncertain mail for sent, or for failed, because a person knows.

    Raises MailNotUncertain.  Records ``mail.settled`` (mail id, arrived).
    """
    lock(db, mail)
    rules.check_decide_mail(mail)
    for name, value in _becoming(MailState.SENT if arrived else MailState.FAILED, now).items():
        setattr(mail, name, value)
    db.flush()
    record(db, "mail.settled", by=by, mail=mail.id, arrived=arrived)
