"""Comments that have not been sent: saved, changed, thrown away, sent together. Nobody but their writer sees them."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from consult.consultations.models import Participant
from consult.core import ids
from consult.core.db import lock, rows_touched
from consult.rounds import queries, rules
from consult.rounds.models import WHOLE, Comment, CommentDraft, Round
from consult.rounds.operations import Remark, send_comment

DRAFTS_LAST = timedelta(days=14)  # after the closing; DESIGN invariant 14


def save_comment_draft(
    db: Session, round_: Round, participant: Participant, ref: str, remark: Remark, *, now: datetime
) -> CommentDraft:
    """Keep what was typed on a paragraph, instead of what was kept for it before.

    Returns it.  Raises what check_send_comment, check_audience and check_length raise: an unfinished text may be kept.
    """
    rules.check_send_comment(round_, now=now)
    rules.check_audience(round_, participant)
    rules.check_length(remark.text, remark.suggestion, remark.evidence)
    lock(db, participant)
    kept = queries.find_comment_draft(db, round_.id, participant.id, ref)
    if kept is None:
        kept = CommentDraft(
            participant_id=participant.id, round_id=round_.id, paragraph_ref=ref, once=ids.random_secret()
        )
        db.add(kept)
    kept.language, kept.text, kept.suggestion = remark.language, remark.text, remark.suggestion
    kept.evidence, kept.consent, kept.saved_at = remark.evidence, remark.consent, now
    db.flush()
    return kept


def forget_comment_draft(db: Session, round_id: int, participant: Participant, ref: str) -> None:
    """Throw away what was kept on a paragraph; nothing happens where nothing was."""
    lock(db, participant)
    d = CommentDraft
    db.execute(delete(d).where(d.round_id == round_id, d.participant_id == participant.id, d.paragraph_ref == ref))


def send_comment_drafts(
    db: Session, round_: Round, participant: Participant, *, languages: list[str], now: datetime
) -> list[Comment]:
    """Send all that a participant has kept, together: all or none.

    Returns the comments.  Raises DraftsIncomplete, naming the first paragraph whose comment is not finished, and what
    check_send_comment and check_audience raise.
    """
    rules.check_send_comment(round_, now=now)
    lock(db, participant)  # a second press finds nothing left to send
    sent = []
    for kept in queries.list_comment_drafts(db, round_.id, participant.id):
        codes = [kept.language, *(code for code in languages if code != kept.language)]
        quoted = (
            None
            if kept.paragraph_ref == WHOLE
            else queries.find_quoted(db, round_.version_id, kept.paragraph_ref, codes)
        )
        try:
            remark = remark_of(kept, participant)
            sent.append(send_comment(db, round_, quoted, remark, participant=participant, once=kept.once, now=now))
        except (rules.CommentEmpty, rules.ConsentMissing, rules.OrganisationMissing, rules.CategoryMissing) as problem:
            raise rules.DraftsIncomplete(ref=kept.paragraph_ref) from problem
        db.delete(kept)
    db.flush()
    return sent


def remark_of(kept: CommentDraft, participant: Participant) -> Remark:
    """What was kept, as it would be sent. Raises ConsentMissing."""
    if kept.consent is None:
        raise rules.ConsentMissing
    return Remark(
        text=kept.text,
        suggestion=kept.suggestion,
        evidence=kept.evidence,
        name=participant.name,
        organisation=participant.organisation,
        category=participant.category,
        email="",
        consent=kept.consent,
        language=kept.language,
    )


def sweep_comment_drafts(db: Session, *, now: datetime) -> int:
    """Delete what was never sent, 14 days after its round closed. Returns how many."""
    over = select(Round.id).where(Round.closes_at < now - DRAFTS_LAST)
    return rows_touched(db.execute(delete(CommentDraft).where(CommentDraft.round_id.in_(over))))
