"""A campaign on its way: taken back, paused, gone on with, stopped, and tried again for those it failed to reach."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.core.db import lock
from consult.core.refusals import permits
from consult.jobs.queue import enqueue
from consult.mail import operations_causes as mails
from consult.mail.messages import UNWANTED
from consult.mail.operations_delivery import drop_deliveries
from consult.mail.operations_halts import end_halts
from consult.mail.queries_halts import list_standing, standing_halts
from consult.mailings import queries_sending as queries
from consult.mailings import rules
from consult.mailings.abouts import About, about_of
from consult.mailings.models import CAUSE, Campaign, CampaignRecipient, CampaignState, LeftOut
from consult.mailings.operations import record_campaign, unfix
from consult.mailings.operations_pacing import let_go
from consult.mailings.operations_queueing import QUEUE
from consult.mailings.operations_reach import take_invitations_back
from consult.mailings.queries_missed import list_missed

PART = 5_000  # recipients a statement
SETTLE = "mailings.settle_mails"  # the job's name in consult/worker.py


def take_back_campaign(db: Session, about: About, campaign: Campaign, *, by: Staff, now: datetime) -> None:
    """Let a campaign be written again, before its first mail went out. Nobody hears of it.

    Raises TakenBackTooLate.  Records ``campaign.taken_back`` (slug, campaign ref, kind).
    """
    lock(db, campaign)
    rules.check_take_back_campaign(campaign, now=now)
    unfix(db, campaign)
    record_campaign(db, "taken_back", about, campaign, by)


def pause_campaign(db: Session, about: About, campaign: Campaign, *, by: Staff) -> None:
    """Let nothing more of it go out until somebody goes on. What a worker has in hand goes out.

    Raises NotUnderWay.  Records ``campaign.paused`` (slug, campaign ref, kind).
    """
    _decide(db, about, campaign, rules.check_pause_campaign, CampaignState.PAUSED, "paused", by)


def resume_campaign(db: Session, about: About, campaign: Campaign, *, by: Staff, now: datetime) -> None:
    """Go on with what was paused, by somebody or by itself.

    Raises NotUnderWay.  Records ``campaign.resumed`` (slug, campaign ref, kind).
    """
    _decide(db, about, campaign, rules.check_resume_campaign, CampaignState.SENDING, "resumed", by)
    end_halts(db, queries.causes(db, campaign.id), now=now)
    enqueue(db, QUEUE, campaign.id)


def stop_campaign(db: Session, about: About, campaign: Campaign, *, by: Staff, now: datetime) -> None:
    """Let nothing more of it go out, for good.

    Raises NotUnderWay.  Records ``campaign.stopped`` (slug, campaign ref, kind).
    """
    _decide(db, about, campaign, rules.check_stop_campaign, CampaignState.STOPPED, "stopped", by)
    end_halts(db, queries.causes(db, campaign.id), now=now)


def retry_campaign(db: Session, about: About, campaign: Campaign, *, by: Staff) -> int:
    """Try again for those whom it did not reach, at the address that the registry has now: see `queries_missed`.

    Whoever got a mail, or may have got one, gets no second. Returns how many are tried again.
    Raises NotUnderWay, NobodyMissed.  Records ``campaign.retried`` (slug, campaign ref, kind, count).
    """
    lock(db, campaign)
    missed = list_missed(db, campaign)
    rules.check_retry_campaign(campaign, missed=len(missed))
    r = CampaignRecipient
    again = update(r).values(queued_at=None, due_at=None, person=None, left_out=None, tries=r.tries + 1)
    for start in range(0, len(missed), PART):
        part = again.where(r.id.in_(missed[start : start + PART]))
        db.execute(part, execution_options={"synchronize_session": False})
    campaign.state = CampaignState.SENDING
    db.flush()
    enqueue(db, QUEUE, campaign.id)
    record_campaign(db, "retried", about, campaign, by, count=len(missed))
    return len(missed)


def settle_mails(db: Session, campaign_id: int, *, now: datetime) -> bool:
    """Do to the next of the mails in the outbox what was decided of their campaign. Returns whether some are left.

    May run again after a crash, and after the decision changed: it always does what holds now.
    """
    campaign = lock(db, db.get_one(Campaign, campaign_id))
    causes = queries.causes(db, campaign.id)
    if campaign.state is CampaignState.STOPPED:
        drop_deliveries(db, causes=causes, now=now)
        if mails.drop_mails(db, causes, why=f"{UNWANTED}{LeftOut.STOPPED}", now=now):
            return True
        take_invitations_back(db, campaign)
        return False
    if campaign.state is CampaignState.PAUSED or standing_halts(db, causes):
        return mails.hold_mails(db, causes)
    return let_go(db, campaign, causes, now=now)


def pause_halted(db: Session, *, now: datetime) -> int:
    """Pause the campaigns whose mails halted by themselves, so that whoever sent them sees why and goes on. Returns how many.

    Records ``campaign.halted`` (slug, campaign ref, kind, bad, of_last), as the system's act.
    """
    halts = {halt.cause: halt for halt in list_standing(db) if halt.cause.startswith(CAUSE)}
    paused = 0
    for cause, halt in halts.items():
        campaign = lock(db, db.get_one(Campaign, int(cause.split(":")[1])))
        if not permits(rules.check_pause_campaign, campaign):
            continue
        campaign.state = CampaignState.PAUSED
        db.flush()
        enqueue(db, SETTLE, campaign.id)
        record_campaign(db, "halted", about_of(db, campaign), campaign, None, bad=halt.bad, of_last=halt.of_last)
        paused += 1
    return paused


def sweep_settling(db: Session, *, now: datetime) -> int:
    """Wake the job for campaigns whose mails do not stand as was decided. Returns how many."""
    ended = db.scalars(
        select(Campaign.id).where(Campaign.state.in_([CampaignState.PAUSED, CampaignState.STOPPED]))
    ).all()
    left = {one for one in ended if mails.waits_for(db, queries.causes(db, one))}
    held = {int(cause.split(":")[1]) for cause in mails.held_causes(db) if cause.startswith(CAUSE)}
    paused = select(Campaign.id).where(Campaign.id.in_(held), Campaign.state == CampaignState.PAUSED)
    left |= held - set(db.scalars(paused))
    for campaign_id in left:
        enqueue(db, SETTLE, campaign_id)
    return len(left)


def _decide(
    db: Session,
    about: About,
    campaign: Campaign,
    check: Callable[[Campaign], None],
    state: CampaignState,
    what: str,
    by: Staff,
) -> None:
    """Check, change the row, and let the job bring the mails in the outbox to what was decided."""
    lock(db, campaign)
    check(campaign)
    campaign.state = state
    db.flush()
    enqueue(db, SETTLE, campaign.id)
    record_campaign(db, what, about, campaign, by)
