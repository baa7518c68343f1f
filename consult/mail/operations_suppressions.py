"""A way back for addresses to which nothing is sent: their reader asks and confirms, or staff lift many at once."""

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from consult.audit import record
from consult.audit.operations import Actor
from consult.mail import rules
from consult.mail.keys import address_key
from consult.mail.models import WAITING, MailState, OutboxMail, Suppression, SuppressionReason
from consult.mail.queries_suppressions import find_bounce, standing

BOUNCES = (SuppressionReason.HARD_BOUNCE, SuppressionReason.SOFT_BOUNCES)
PAUSE = timedelta(days=1)  # between two mails that somebody asks for to an address from which mail came back
SELF = "self"
LAPSED, BY_ITSELF = "three months are over", "system"  # as the reason and the actor of what no person lifted
LAPSED_SWEPT = 500  # a sweep
NOT_THERE = (*WAITING, MailState.SUPPRESSED, MailState.FAILED)  # states of a mail that reached no mailbox


def try_once(db: Session, key: bytes, mail_id: int, *, now: datetime) -> bool:
    """Whether a mail that was asked for may go to an address now, although mail came back from it; noted, and then no other for a day.

    Whoever asks says that the mailbox works. The mail that was let through goes on where the relay put it off. Not where the
    reader called a mail spam, and were it since.
    """
    s = Suppression
    open_ = update(s).where(s.address_key == key, s.lifted_at.is_(None), s.reason.in_(BOUNCES))
    open_ = open_.where(or_(s.tried_at.is_(None), s.tried_at <= now - PAUSE, s.tried_mail_id == mail_id))
    open_ = open_.values(tried_at=now, tried_mail_id=mail_id)
    return bool(db.scalars(open_.returning(s.id), execution_options={"synchronize_session": False}).all())


def lift_by_reader(db: Session, address: str, evidence: str, *, now: datetime) -> bool:
    """Let mail go to an address again because its reader used a link that was mailed there: so the mailbox works.

    Only where a mail went there since: a link of before says nothing of what the mailbox does now, nor does one while that
    mail waits, was not made, or came back as well. `evidence` says which link, without naming anybody. Returns whether it was lifted.
    Records ``mail.suppression_lifted`` (suppression ref) as the system's act, the evidence as its reason.
    """
    found = standing(db, address_key(address))
    if found is None or found.reason not in BOUNCES or found.tried_at is None:
        return False
    tried = db.get(OutboxMail, found.tried_mail_id) if found.tried_mail_id is not None else None  # its traces go sooner
    if tried is not None and (tried.state in NOT_THERE or find_bounce(db, tried.id) is not None):
        return False
    found.lifted_at, found.lifted_by, found.note = now, SELF, evidence
    db.flush()
    record(db, "mail.suppression_lifted", by=None, reason=evidence, suppression=found.ref)
    return True


def lift_suppressions(
    db: Session,
    reason: SuppressionReason,
    since: datetime | None,
    until: datetime | None,
    note: str,
    *,
    by: Actor,
    now: datetime,
) -> int:
    """Let mail go again to all addresses that were closed for one reason from one instant until another. Returns how many.

    Raises SpanWrong, NoteMissing, NoteTooLong, NobodySuppressed.
    Records ``mail.suppressions_lifted`` (kind, since, until, count), the note as its reason.
    """
    s, begin, end = Suppression, since or now, until or now
    mine = s.lifted_at.is_(None), s.reason == reason, s.at >= begin, s.at < end
    count = db.scalar(select(func.count()).select_from(s).where(*mine)) or 0
    rules.check_lift_suppressions(count, since, until, note)
    lifted = update(s).where(*mine).values(lifted_at=now, lifted_by=by.actor, note=note.strip())
    ids = db.scalars(lifted.returning(s.id), execution_options={"synchronize_session": False}).all()
    span = {"since": f"{begin:%Y-%m-%dT%H:%MZ}", "until": f"{end:%Y-%m-%dT%H:%MZ}"}
    record(db, "mail.suppressions_lifted", by=by, reason=note.strip(), kind=reason.value, count=len(ids), **span)
    return len(ids)


def sweep_suppressions(db: Session, *, now: datetime) -> int:
    """Let mail go again to addresses that were closed three months ago because mail came back without a final word. Returns how many.

    Where the mailbox is still full, three mails close it again. Whose server said for good that there is no such mailbox stays closed, and
    who called a mail spam.  Records ``mail.suppressions_lifted`` (kind, since, until, count) as the system's act.
    """
    s, reason = Suppression, SuppressionReason.SOFT_BOUNCES
    over = select(s.id).where(s.lifted_at.is_(None), s.reason == reason, s.at <= now - rules.SOFT_LASTS)
    over = over.order_by(s.id).limit(LAPSED_SWEPT).with_for_update(skip_locked=True)
    lifted = update(s).where(s.id.in_(over)).values(lifted_at=now, lifted_by=BY_ITSELF, note=LAPSED)
    found = db.scalars(lifted.returning(s.at), execution_options={"synchronize_session": False}).all()
    if found:
        span = {name: f"{at:%Y-%m-%dT%H:%MZ}" for name, at in (("since", min(found)), ("until", max(found)))}
        record(db, "mail.suppressions_lifted", by=None, reason=LAPSED, kind=reason.value, count=len(found), **span)
    return len(found)
