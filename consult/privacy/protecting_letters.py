"""What letters and calls hold of an entry that is to be protected, and its place in the public directory."""

from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.consultations.models import Participant
from consult.mail.models import Mail
from consult.mail.models_delivery import BY_OFFICER
from consult.mail.operations_delivery import prepare_deliveries
from consult.mailings.mails import CAMPAIGN
from consult.mailings.models import Campaign, CampaignKind, cause_of
from consult.mailings.models_outreach import OPEN, Outreach, OutreachStep
from consult.mailings.operations_forgetting import forget_codes, forget_letters
from consult.mailings.operations_outreach import call_off
from consult.mailings.queries_outreach import left_in
from consult.mailings.rules_outreach import may_be_reached
from consult.privacy.protecting_people import participants_kept
from consult.reports.mails import ANSWERS_PUBLISHED
from consult.reports.models_letters import AnswerLetterStep, report_cause
from consult.reports.operations_letters_forgetting import call_off_answers, forget_answer_letters, list_open_of
from consult.stakeholders import operations
from consult.stakeholders.models import Stakeholder

if TYPE_CHECKING:
    from consult.privacy.operations_protecting import Leaving

HOW = "protected"  # as the history of consent says it
QUIET = {"synchronize_session": False}


def drop_letters(db: Session, leaving: "Leaving") -> None:
    """Let no letter or call go that has not gone; an officer hands over what they would have said. Codes of letters lead nowhere.

    That a letter was posted, or somebody spoken to, stays as a fact; what was noted of it goes.
    """
    _hand_on(db, leaving)
    call_off(db, leaving.ids, now=leaving.now)
    forget_letters(db, leaving.ids, now=leaving.now)
    forget_codes(db, leaving.ids)
    _hand_answers_on(db, leaving)
    call_off_answers(db, leaving.ids, now=leaving.now)
    forget_answer_letters(db, leaving.ids, now=leaving.now)
    _drop_notes(db, leaving)


def _drop_notes(db: Session, leaving: "Leaving") -> None:
    """What was noted of somebody else's letter or call, who spoke of them."""
    for step in (OutreachStep, AnswerLetterStep):
        noted = db.execute(select(step.id, step.note).where(step.note != "")).all()
        named = [one for one, note in noted if leaving.sought.stand_in(note)]
        db.execute(update(step).where(step.id.in_(named)).values(note=""), execution_options=QUIET)


def _hand_answers_on(db: Session, leaving: "Leaving") -> None:
    """The mail in place of the letter or call with their answers: the officer brings the link to them."""
    kept, own = db.get_one(Stakeholder, leaving.ids[0]), participants_kept(db, leaving)
    mails = [
        Mail(
            ANSWERS_PUBLISHED.name,
            kept.person_ref,
            report_cause(frozen_id),
            BY_OFFICER,
            kept.language,
            {"participant": own[whose]},
        )
        for frozen_id, whose in list_open_of(db, leaving.ids)
        if _still_hears(db, leaving, kept, own[whose], news=False)
    ]
    prepare_deliveries(db, mails, now=leaving.now)


def _hand_on(db: Session, leaving: "Leaving") -> None:
    """What was to be said to the one who is still written to: as waiting mails are handed on."""
    kept, own = db.get_one(Stakeholder, leaving.ids[0]), participants_kept(db, leaving)
    theirs = Outreach.participant_id.in_(list(own))
    waiting = select(Outreach.campaign_id, Outreach.participant_id, Campaign.kind)
    waiting = waiting.join(Campaign, Campaign.id == Outreach.campaign_id).where(theirs, Outreach.state.in_(OPEN))
    mails = [
        Mail(
            CAMPAIGN.name,
            kept.person_ref,
            cause_of(campaign_id),
            BY_OFFICER,
            kept.language,
            {"campaign": campaign_id, "participant": own[participant_id]},
        )
        for campaign_id, participant_id, about in db.execute(waiting.order_by(Outreach.recipient_id))
        if participant_id is not None
        and _still_hears(db, leaving, kept, own[participant_id], news=about is CampaignKind.NEWS)
    ]
    prepare_deliveries(db, mails, now=leaving.now)


def _still_hears(db: Session, leaving: "Leaving", kept: Stakeholder, participant_id: int, *, news: bool) -> bool:
    """Nothing is handed over to whoever left, everything or this consultation, also as one of those merged."""
    taking = db.get_one(Participant, participant_id)
    s = Stakeholder
    gone = db.scalar(select(s.id).where(s.id.in_(leaving.ids), s.left_at.is_not(None)).limit(1)) is not None
    left = gone or kept.id in left_in(db, taking.consultation_id, [kept])
    return may_be_reached(kept, taking, news=news) and not left


def leave_directory(db: Session, leaving: "Leaving") -> None:
    """Take the entries out of the public directory, and let go of what they agreed to there."""
    entries = db.scalars(select(Stakeholder).where(Stakeholder.id.in_(leaving.ids)).order_by(Stakeholder.id)).all()
    operations.leave_directory(db, entries, operations.Told(HOW), by=leaving.by, now=leaving.now)
