"""Writing an invitation, testing it, sending it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, literal, select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.consultations import doors
from consult.consultations.models import Consultation, ConsultationState
from consult.consultations.queries import newest_window
from consult.core import ids
from consult.core.db import lock
from consult.jobs.queue import enqueue
from consult.mail.models import Mail, Priority
from consult.mail.operations import queue_mail, queue_mails
from consult.mailings import queries, rules
from consult.mailings.mails import INVITATION, INVITATION_TEST
from consult.mailings.models import (
    Invitation,
    InvitationRecipient,
    InvitationState,
    InvitationText,
    MailingKind,
    cause_of,
)
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.rules import may_be_written_to

QUEUE = "mailings.queue_invitation"  # the job's name in consult/worker.py
CHUNK = 200  # recipients a transaction


@dataclass(frozen=True, slots=True)
class Wording:
    """What a form says of an invitation: for whom, and (subject, text) by language."""

    categories: tuple[str, ...]
    groups: tuple[str, ...]
    words: Mapping[str, tuple[str, str]]


def write_invitation(
    db: Session,
    consultation: Consultation,
    wording: Wording,
    *,
    invitation: Invitation | None,
    kind: MailingKind = MailingKind.INVITATION,
    by: Staff,
    now: datetime,
) -> Invitation:
    """Keep an invitation or a reminder, a new one of that kind or a changed one, without sending anything.

    Returns it.  Raises WordsMissing, WordsTooLong, InvitationSent.
    Records ``invitation.written`` or ``reminder.written`` (slug, invitation ref).
    """
    rules.check_words(wording.words, consultation.languages)
    if invitation is None:
        invitation = Invitation(
            ref=ids.random_code(),
            consultation_id=consultation.id,
            kind=kind,
            state=InvitationState.WRITING,
            categories=[],
            groups=[],
            created_at=now,
        )
        db.add(invitation)
        db.flush()
    lock(db, invitation)
    rules.check_write_invitation(invitation)
    invitation.categories, invitation.groups = list(wording.categories), list(wording.groups)
    db.execute(delete(InvitationText).where(InvitationText.invitation_id == invitation.id))
    for language, (subject, body) in wording.words.items():
        db.add(InvitationText(invitation_id=invitation.id, language=language, subject=subject, body=body))
    db.flush()
    record(db, f"{invitation.kind}.written", by=by, consultation=consultation.slug, invitation=invitation.ref)
    return invitation


def try_invitation(db: Session, invitation: Invitation, *, language: str, by: Staff, now: datetime) -> None:
    """Mail an invitation to oneself, in a language, without a personal link in it."""
    queue_mail(
        db,
        Mail(
            template=INVITATION_TEST.name,
            person=by.actor,
            cause=f"invitation_test:{ids.random_code()}",
            address=by.email,
            language=language,
            parameters={"invitation": invitation.id},
        ),
        now=now,
    )


def send_invitation(
    db: Session,
    consultation: Consultation,
    invitation: Invitation,
    *,
    seen: int,
    starts_at: datetime | None = None,
    by: Staff,
    now: datetime,
) -> int:
    """Fix the list of who gets an invitation or a reminder, and let the worker put the mails into the outbox.

    `seen` is the number that the sender was shown; until `starts_at` (None = at once) nothing goes out and all can be taken back.
    Returns how many are on the list.  Raises InvitationSent, StartsTooLate, and what check_send_invitation or
    check_send_reminder raises.
    Records ``invitation.sent`` or ``reminder.sent`` (slug, invitation ref, count).
    """
    lock(db, invitation)
    rules.check_write_invitation(invitation)
    count = queries.count_chosen(db, invitation).get(None, 0)
    is_public = consultation.state is ConsultationState.OPEN
    window = newest_window(db, consultation.id)
    if invitation.is_reminder:
        is_open = window is not None and window.opens_at <= now < window.closes_at
        rules.check_send_reminder(is_public=is_public, is_open=is_open, seen=seen, count=count)
    else:
        is_over = window is not None and window.closes_at <= now
        rules.check_send_invitation(is_public=is_public, is_over=is_over, seen=seen, count=count)
    starts_at = max(now, starts_at or now)
    rules.check_start(starts_at, closes_at=window.closes_at if window else None)
    chosen = queries.recipients_now(invitation).add_columns(literal(invitation.id))
    db.execute(insert(InvitationRecipient).from_select(["stakeholder_id", "invitation_id"], chosen))
    invitation.sent_at, invitation.starts_at = now, starts_at
    invitation.state = InvitationState.WAITING if starts_at > now else InvitationState.SENDING
    db.flush()
    record(db, f"{invitation.kind}.sent", by=by, consultation=consultation.slug, invitation=invitation.ref, count=count)
    enqueue(db, QUEUE, invitation.id)
    return count


def queue_recipients(db: Session, invitation_id: int, *, now: datetime) -> bool:
    """Let the next of the list take part, with a door each, and queue their mails. Returns whether some are left.

    Whoever left the registry, or withdrew consent, since the list was fixed gets nothing (invariant 6). May run again after a
    crash: the outbox takes one mail a person and invitation (invariant 5). Whether it is still wanted (a reminder of someone
    who has commented meanwhile, either after the closing) the mail itself asks when it is made.
    """
    invitation = lock(db, db.get_one(Invitation, invitation_id))
    if invitation.state is InvitationState.WAITING and invitation.starts_at is not None and invitation.starts_at <= now:
        invitation.state = InvitationState.SENDING
    if invitation.state is not InvitationState.SENDING:
        return False
    consultation = db.get_one(Consultation, invitation.consultation_id)
    mails = []
    for recipient, listed in queries.next_recipients(db, invitation.id, CHUNK):
        recipient.queued_at = now
        # one that was merged since the list was fixed is the entry that holds instead; the outbox takes one mail a person
        entry = listed if listed.merged_into is None else db.get_one(Stakeholder, listed.merged_into)
        if not may_be_written_to(entry):
            continue
        participant = doors.admit_stakeholder(db, consultation, entry, now=now)
        if doors.mail_address(db, participant) is None:
            continue  # who reads this mailbox left the consultation
        participant.invited_at = participant.invited_at or now
        doors.door_of(db, participant)
        mails.append(
            Mail(
                template=INVITATION.name,
                person=entry.person_ref,
                cause=cause_of(invitation.id, recipient.tries),
                address=entry.email,
                language=entry.language,
                parameters={"invitation": invitation.id, "participant": participant.id},
                priority=Priority.CAMPAIGN,
            )
        )
    queue_mails(db, mails, now=now)
    db.flush()
    if queries.next_recipients(db, invitation.id, 1):
        return True
    invitation.state = InvitationState.SENT
    db.flush()
    return False


def sweep_invitations(db: Session, *, now: datetime) -> int:  # every sweep has this shape
    """Wake the job for invitations whose mails are not all in the outbox. Returns how many."""
    i = Invitation
    begun = (i.state == InvitationState.SENDING) | ((i.state == InvitationState.WAITING) & (i.starts_at <= now))
    left = db.scalars(select(i.id).where(begun)).all()
    for invitation_id in left:
        enqueue(db, QUEUE, invitation_id)
    return len(left)
