"""How fast mails go out: to the relay, to a domain, and to a domain that keeps saying "later".

All of it is read and written in the transaction that claims a mail. Where there is no limit, that is one look for the domain.
Where there is one, each claim takes the relay's row first: so two processes keep the same pace, and never wait for each other
in a ring.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consult.core.ready import Noting, Ready
from consult.mail import queries, rules
from consult.mail.keys import domain_key, relay_key
from consult.mail.limits import MINUTE, Limits
from consult.mail.models import Halt, MailState, Pace, Priority
from consult.mail.outcome import Outcome

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
NONE = timedelta(0)
SLACK = timedelta(seconds=1)  # what was not used of the second may be caught up with, and no more
# Nobody is put off for longer, so that a limit that was raised is felt within it.
HORIZON = timedelta(hours=1)
AT_ONCE = timedelta(
    hours=1
)  # answers further apart are not in a row: one full mailbox, tried for days, must not stop its domain
FORGOTTEN = timedelta(days=1)  # after which a row that says nothing goes


def is_relay_free(db: Session, limits: Limits, *, now: datetime) -> bool:
    """Whether the relay takes a mail now. Where there is any limit, whoever asks holds the relay's row until the end."""
    if not limits.are_paced:
        return True
    free_at = _row(db, relay_key()).free_at
    return not limits.relay_per_minute or free_at <= now


def use_relay(db: Session, limits: Limits, *, now: datetime) -> None:
    """Note that the relay gets a mail now."""
    if limits.relay_per_minute:
        row = _row(db, relay_key())
        row.free_at = _after(row.free_at, limits.relay_per_minute, now)
        db.flush()


# Built once: each mail waits for these two.
_LOOK = select(
    select(Pace.free_at).where(Pace.key == bindparam("of")).scalar_subquery(),
    exists().where(Halt.cause == bindparam("why"), Halt.lifted_at.is_(None)),
)
_TAKEN = Ready(update(Pace.__table__).where(Pace.key == bindparam("of"), Pace.deferrals > 0).values(deferrals=0))  # type: ignore[arg-type]


def look_ahead(db: Session, address: str, cause: str) -> tuple[datetime | None, bool]:
    """When the domain of an address takes a mail, None where nothing is known of it; and whether the mails of a cause halted."""
    found = db.connection().execute(_LOOK, {"of": domain_key(address), "why": cause}).one()
    return found[0], bool(found[1])


def ask_domain(
    db: Session, address: str, priority: Priority, limits: Limits, *, free_at: datetime | None, now: datetime
) -> datetime | None:
    """Take the turn of a mail at its domain. None where it may go; else when it should ask again.

    Whoever waits of a campaign gets an instant of its own, so that each is looked at once and not at every turn. A single mail
    waits for the next instant that no other single mail has, whatever was promised to campaigns: one of theirs asks again then.
    """
    if not limits.domain_per_minute:
        return rules.spread(free_at) if free_at is not None and free_at > now else None
    row = _row(db, domain_key(address))
    if row.free_at <= now:
        row.free_at = _after(row.free_at, limits.domain_per_minute, now)
        db.flush()
        return None
    return _promised(db, row, priority, MINUTE / limits.domain_per_minute, now)


def _promised(db: Session, row: Pace, priority: Priority, gap: timedelta, now: datetime) -> datetime:
    """The next instant at a domain that nobody of this priority was put off to, or the horizon where all are taken."""
    end = now + HORIZON
    if priority is Priority.SINGLE:
        at = max(row.free_at, row.single_until + gap)
        row.single_until = min(at, end)
    else:
        at = max(row.free_at, row.campaign_until + gap)
        row.campaign_until = min(at, end)
    db.flush()
    return min(at, end)


def _after(free_at: datetime, per_minute: int, now: datetime) -> datetime:
    gap = MINUTE / per_minute
    return max(free_at, now - max(SLACK - gap, NONE)) + gap


def note_taken(noting: Noting, address: str) -> None:
    """Note that the domain of an address took a mail: what it said before is over."""
    _TAKEN.run(noting, {"of": domain_key(address)})


def note_answer(db: Session, address: str, outcome: Outcome, *, now: datetime) -> None:
    """Count how often in a row a domain said "later"; from the tenth time on it is left alone, longer each time.

    Then one mail tries, and the next only when that one was taken or refused for good.
    """
    key = domain_key(address)
    if not rules.is_deferral(outcome):
        if outcome.code is not None and outcome.state in (MailState.SENT, MailState.FAILED):
            db.connection().execute(_TAKEN.statement, {"of": key})
        return
    row = _row(db, key)
    row.deferrals = row.deferrals + 1 if row.free_at > now - AT_ONCE else 1
    row.free_at = max(row.free_at, now)
    if row.deferrals >= rules.DEFERRALS_MAX:
        row.free_at = max(row.free_at, now + rules.back_off(row.deferrals - rules.DEFERRALS_MAX + 1))
    db.flush()


def next_turn(db: Session, limits: Limits, *, now: datetime) -> datetime | None:
    """When to look for a mail again without being woken: at once, within the next minute, or, None, not.

    Only where there is a limit is it worth while to wait: what was put off for other reasons the sweep finds.
    """
    if not limits.are_paced:
        return now if queries.is_due(db, now=now) else None
    at = queries.next_instant(db, until=now + MINUTE)
    if at is None:
        return None
    relay = db.get(Pace, relay_key()) if limits.relay_per_minute else None
    return max(at, now, relay.free_at if relay else now)


def sweep_pace(db: Session, *, now: datetime) -> int:
    """Forget domains that nothing was sent to for a day. Returns 0: nothing was left lying."""
    old = delete(Pace).where(Pace.free_at < now - FORGOTTEN, Pace.campaign_until < now, Pace.key != relay_key())
    db.execute(old, execution_options={"synchronize_session": False})
    return 0


def _row(db: Session, key: bytes) -> Pace:
    """The row of a key, locked, made where there is none."""
    dialect = postgresql if db.get_bind().dialect.name == "postgresql" else sqlite
    known = db.get(Pace, key)
    if known is None:
        values = {"free_at": LONG_AGO, "single_until": LONG_AGO, "campaign_until": LONG_AGO, "deferrals": 0}
        db.execute(dialect.insert(Pace).values(key=key, **values).on_conflict_do_nothing(index_elements=["key"]))
    held = select(Pace).where(Pace.key == key).with_for_update().execution_options(populate_existing=True)
    return db.scalars(held).one()
