"""An invitation on its way: taken back, paused, gone on with, stopped, and tried again for those it failed to reach."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.consultations.models import Consultation
from consult.core.db import lock
from consult.core.refusals import permits
from consult.jobs.queue import enqueue
from consult.mail import operations_causes as mails
from consult.mail.operations_halts import end_halts
from consult.mail.queries_halts import list_standing, standing_halts
from consult.mailings import queries_sending as queries
from consult.mailings import rules
from consult.mailings.models import CAUSE, Invitation, InvitationRecipient, InvitationState
from consult.mailings.operations import QUEUE

SETTLE = "mailings.settle_mails"  # the job's name in consult/worker.py


def take_back_invitation(
    db: Session, consultation: Consultation, invitation: Invitation, *, by: Staff, now: datetime
) -> None:
    """Let an invitation be written again, before its first mail went out. Nobody hears of it.

    Raises TakenBackTooLate.  Records ``invitation.taken_back`` (slug, invitation ref).
    """
    lock(db, invitation)
    rules.check_take_back_invitation(invitation, now=now)
    db.execute(delete(InvitationRecipient).where(InvitationRecipient.invitation_id == invitation.id))
    invitation.state, invitation.sent_at, invitation.starts_at = InvitationState.WRITING, None, None
    db.flush()
    _record(db, "taken_back", consultation, invitation, by)


def pause_invitation(db: Session, consultation: Consultation, invitation: Invitation, *, by: Staff) -> None:
    """Let nothing more of it go out until somebody goes on. What a worker has in hand goes out.

    Raises NotUnderWay.  Records ``invitation.paused`` (slug, invitation ref).
    """
    _decide(db, consultation, invitation, rules.check_pause_invitation, InvitationState.PAUSED, "paused", by)


def resume_invitation(
    db: Session, consultation: Consultation, invitation: Invitation, *, by: Staff, now: datetime
) -> None:
    """Go on with what was paused, by somebody or by itself.

    Raises NotUnderWay.  Records ``invitation.resumed`` (slug, invitation ref).
    """
    _decide(db, consultation, invitation, rules.check_resume_invitation, InvitationState.SENDING, "resumed", by)
    end_halts(db, queries.causes(db, invitation.id), now=now)
    enqueue(db, QUEUE, invitation.id)


def stop_invitation(
    db: Session, consultation: Consultation, invitation: Invitation, *, by: Staff, now: datetime
) -> None:
    """Let nothing more of it go out, for good.

    Raises NotUnderWay.  Records ``invitation.stopped`` (slug, invitation ref).
    """
    _decide(db, consultation, invitation, rules.check_stop_invitation, InvitationState.STOPPED, "stopped", by)
    end_halts(db, queries.causes(db, invitation.id), now=now)


def retry_invitation(db: Session, consultation: Consultation, invitation: Invitation, *, by: Staff) -> int:
    """Try again for those whose mail the relay refused for good, at the address that the registry has now.

    Whoever got a mail, or may have got one, gets no second. Returns how many are tried again.
    Raises NotUnderWay, NobodyMissed.  Records ``invitation.retried`` (slug, invitation ref, count).
    """
    lock(db, invitation)
    missed = queries.list_missed(db, invitation)
    rules.check_retry_invitation(invitation, missed=len(missed))
    r = InvitationRecipient
    again = update(r).where(r.id.in_(missed)).values(queued_at=None, tries=r.tries + 1)
    db.execute(again, execution_options={"synchronize_session": False})
    invitation.state = InvitationState.SENDING
    db.flush()
    enqueue(db, QUEUE, invitation.id)
    slug, ref = consultation.slug, invitation.ref
    record(db, f"{invitation.kind}.retried", by=by, consultation=slug, invitation=ref, count=len(missed))
    return len(missed)


def settle_mails(db: Session, invitation_id: int, *, now: datetime) -> bool:
    """Do to the next of the mails in the outbox what was decided of their invitation. Returns whether some are left.

    May run again after a crash, and after the decision changed: it always does what holds now.
    """
    invitation = lock(db, db.get_one(Invitation, invitation_id))
    causes = queries.causes(db, invitation.id)
    if invitation.state is InvitationState.STOPPED:
        return mails.drop_mails(db, causes, now=now)
    if invitation.state is InvitationState.PAUSED or standing_halts(db, causes):
        return mails.hold_mails(db, causes)
    return mails.release_mails(db, causes, now=now)


def pause_halted(db: Session, *, now: datetime) -> int:
    """Pause the invitations whose mails halted by themselves, so that whoever sent them sees why and goes on. Returns how many.

    Records ``invitation.halted`` or ``reminder.halted`` (slug, invitation ref, bad, of_last), as the system's act.
    """
    halts = {halt.cause: halt for halt in list_standing(db) if halt.cause.startswith(CAUSE)}
    paused = 0
    for cause, halt in halts.items():
        invitation = lock(db, db.get_one(Invitation, int(cause.split(":")[1])))
        if not permits(rules.check_pause_invitation, invitation):
            continue
        invitation.state = InvitationState.PAUSED
        db.flush()
        enqueue(db, SETTLE, invitation.id)
        slug = db.get_one(Consultation, invitation.consultation_id).slug
        event, bad, of_last = f"{invitation.kind}.halted", halt.bad, halt.of_last
        record(db, event, by=None, consultation=slug, invitation=invitation.ref, bad=bad, of_last=of_last)
        paused += 1
    return paused


def sweep_settling(db: Session, *, now: datetime) -> int:
    """Wake the job for invitations whose mails do not stand as was decided. Returns how many."""
    ended = db.scalars(
        select(Invitation.id).where(Invitation.state.in_([InvitationState.PAUSED, InvitationState.STOPPED]))
    ).all()
    left = {one for one in ended if mails.waits_for(db, queries.causes(db, one))}
    held = {int(cause.split(":")[1]) for cause in mails.held_causes(db) if cause.startswith(CAUSE)}
    paused = select(Invitation.id).where(Invitation.id.in_(held), Invitation.state == InvitationState.PAUSED)
    left |= held - set(db.scalars(paused))
    for invitation_id in left:
        enqueue(db, SETTLE, invitation_id)
    return len(left)


def _decide(
    db: Session,
    consultation: Consultation,
    invitation: Invitation,
    check: Callable[[Invitation], None],
    state: InvitationState,
    what: str,
    by: Staff,
) -> None:
    """Check, change the row, and let the job bring the mails in the outbox to what was decided."""
    lock(db, invitation)
    check(invitation)
    invitation.state = state
    db.flush()
    enqueue(db, SETTLE, invitation.id)
    _record(db, what, consultation, invitation, by)


def _record(db: Session, what: str, consultation: Consultation, invitation: Invitation, by: Staff) -> None:
    record(db, f"{invitation.kind}.{what}", by=by, consultation=consultation.slug, invitation=invitation.ref)
