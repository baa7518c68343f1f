"""Answering comments, taking answers back, and screening what may be shown. All of it only until a report publishes the answer."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.consultations.models import Consultation
from consult.core.db import hold_id, lock, refusing
from consult.drafts.reading_language import language_written
from consult.responses import queries, rules
from consult.responses.blacking_out import find_passages
from consult.responses.mails import tell_author
from consult.responses.models import (
    Answer,
    Disposition,
    Grounds,
    Outcome,
    RedactedField,
    Redaction,
    RedactionCategory,
    Response,
)
from consult.rounds.models import Comment, Round

# Should a report be published between our look and our writing, the database says these names.
PUBLISHED = {
    "published_response_never_changes": rules.AnswerPublished,
    "published_disposition_never_changes": rules.AnswerPublished,
    "published_redaction_never_changes": rules.AnswerPublished,
}


def _held_response(db: Session, comment: Comment) -> Response:
    """The response to a comment, made where this is the first act on it. Comment and response are held from here on.

    Holding the round keeps a publication from coming between; what was prepared of one is left by the comment.
    """
    hold_id(db, Round, comment.round_id)
    rules.check_not_withdrawn(lock(db, comment))
    query = select(Response).where(Response.comment_id == comment.id).with_for_update(key_share=True)
    response = db.scalars(query.execution_options(populate_existing=True)).one_or_none()
    rules.check_not_published(response)
    if response is None:
        response = Response(comment_id=comment.id)
        db.add(response)
    response.release_id = None
    db.flush()
    return response


def leave_release(db: Session, comment: Comment) -> None:
    """Take a comment that is withdrawn out of a publication that is being prepared. What is published stays."""
    hold_id(db, Round, comment.round_id)
    response = db.scalars(select(Response).where(Response.comment_id == comment.id)).one_or_none()
    if response is not None and response.published_at is None:
        response.release_id = None
        db.flush()


def answer_comment(
    db: Session, consultation: Consultation, comment: Comment, answer: Answer, *, by: Staff, now: datetime
) -> Disposition:
    """Keep a draft answer to a comment; it holds from now on, the ones before stay in the history.

    Returns it (number = 1, 2, ... within the comment).  Raises CommentWithdrawn, AnswerPublished and what check_answer_comment
    raises.  Records ``comment.answered`` (slug, comment ref, outcome).
    """
    response = _held_response(db, comment)
    rules.check_answer_comment(answer, comment)
    latest = db.scalar(select(func.max(Disposition.number)).where(Disposition.response_id == response.id))
    made = Disposition(
        response_id=response.id,
        number=(latest or 0) + 1,
        outcome=answer.outcome,
        reason=answer.reason.strip(),
        language=language_written(answer.reason, answer.language),
        by_id=by.id,
        at=now,
    )
    with refusing(db, {**PUBLISHED, "ck_disposition_reason_unless_accepted": rules.ReasonMissing}):
        db.add(made)
        response.holds = made.number
    record(
        db, "comment.answered", by=by, consultation=consultation.slug, comment=comment.ref, outcome=made.outcome.value
    )
    return made


def undo_answer(
    db: Session, consultation: Consultation, comment: Comment, *, by: Staff, now: datetime
) -> Outcome | None:
    """Take the answer that holds back; the one before it holds again. The row stays in the history, marked.

    Returns the outcome that holds now, None where the comment is unanswered again.  Raises CommentWithdrawn, AnswerPublished,
    NothingToUndo.  Records ``comment.answer_undone`` (slug, comment ref, number taken back).
    """
    response = _held_response(db, comment)
    rules.check_undo_answer(response)
    numbered = {one.disposition.number: one.disposition for one in queries.list_dispositions(db, response.id)}
    undone = numbered[response.holds or 0]
    before = queries.last_number(db, response.id, but=undone.number)
    with refusing(db, PUBLISHED):
        undone.undone_at, undone.undone_by_id = now, by.id
        response.holds = before
    record(
        db, "comment.answer_undone", by=by, consultation=consultation.slug, comment=comment.ref, number=undone.number
    )
    return numbered[before].outcome if before else None


def redact_comment(
    db: Session,
    consultation: Consultation,
    comment: Comment,
    passage: str,
    category: RedactionCategory,
    *,
    by: Staff,
    now: datetime,
) -> list[Redaction]:
    """Black a passage out wherever it stands in the comment, its suggested wording and its evidence.

    Where it is blacked out already it stays so. The comment must be looked through again: it counts as unscreened.
    Returns the black-outs made.  Raises CommentWithdrawn, AnswerPublished, PassageNotFound, RedactedAlready.
    Records ``comment.redacted`` (slug, comment ref, category, passages).
    """
    response = _held_response(db, comment)
    passages = _new_passages(comment, passage, queries.list_redactions(db, response.id))
    made = [
        Redaction(response_id=response.id, field=field, start=start, stop=stop, category=category, by_id=by.id, at=now)
        for field, start, stop in passages
    ]
    with refusing(db, PUBLISHED):
        db.add_all(made)
        response.screened_at = response.screened_by_id = None
    record(
        db,
        "comment.redacted",
        by=by,
        consultation=consultation.slug,
        comment=comment.ref,
        category=category.value,
        passages=len(made),
    )
    return made


def _new_passages(comment: Comment, passage: str, before: list[Redaction]) -> list[tuple[RedactedField, int, int]]:
    """Where a passage stands and is not blacked out yet: (field, start, stop)."""
    found: list[tuple[RedactedField, int, int]] = []
    covered = False
    for field in RedactedField:
        words = getattr(comment, field.value)
        others = [(one.start, one.stop) for one in before if one.field is field]
        for start, stop in find_passages(words, passage):
            if any(begin <= start and stop <= end for begin, end in others):
                covered = True
                continue
            rules.check_redact(words, start, stop, others)
            found.append((field, start, stop))
    if not found:
        raise rules.RedactedAlready if covered else rules.PassageNotFound
    return found


def remove_redaction(
    db: Session, consultation: Consultation, comment: Comment, field: RedactedField, start: int, *, by: Staff
) -> None:
    """Show a passage again; the comment counts as unscreened. Where no black-out begins there, nothing happens: a second press.

    Raises CommentWithdrawn, AnswerPublished.  Records ``comment.redaction_removed`` (slug, comment ref, category).
    """
    response = _held_response(db, comment)
    here = [one for one in queries.list_redactions(db, response.id) if (one.field, one.start) == (field, start)]
    for redaction in here:
        with refusing(db, PUBLISHED):
            db.delete(redaction)
            response.screened_at = response.screened_by_id = None
        record(
            db,
            "comment.redaction_removed",
            by=by,
            consultation=consultation.slug,
            comment=comment.ref,
            category=redaction.category.value,
        )


def withhold_comment(
    db: Session, consultation: Consultation, comment: Comment, grounds: Grounds, *, by: Staff, now: datetime
) -> Response:
    """Keep a whole comment out of what is published, because of what it is. It is answered and counted all the same.

    Its author gets a mail that there is something to see.

    Returns its response.  Raises CommentWithdrawn, AnswerPublished.  Records ``comment.withheld`` (slug, comment ref, grounds).
    """
    response = _held_response(db, comment)
    with refusing(db, PUBLISHED):
        response.withheld, response.withheld_by_id = grounds, by.id
    record(db, "comment.withheld", by=by, consultation=consultation.slug, comment=comment.ref, grounds=grounds.value)
    tell_author(db, consultation, comment, now=now)
    return response


def lift_withholding(db: Session, consultation: Consultation, comment: Comment, *, by: Staff) -> None:
    """Let a withheld comment be published after all. Where it is not withheld, nothing happens: a second press.

    Raises CommentWithdrawn, AnswerPublished.  Records ``comment.withholding_lifted`` (slug, comment ref).
    """
    response = _held_response(db, comment)
    if response.withheld is None:
        return
    with refusing(db, PUBLISHED):
        response.withheld = response.withheld_by_id = None
    record(db, "comment.withholding_lifted", by=by, consultation=consultation.slug, comment=comment.ref)


def mark_screened(db: Session, consultation: Consultation, comment: Comment, *, by: Staff, now: datetime) -> Response:
    """Say that nothing else of a comment needs to be blacked out. Said twice, the first counts.

    Where something is blacked out, its author gets a mail that there is something to see.
    Returns its response.  Raises CommentWithdrawn, AnswerPublished.  Records ``comment.screened`` (slug, comment ref).
    """
    response = _held_response(db, comment)
    if response.screened_at is not None:
        return response
    with refusing(db, PUBLISHED):
        response.screened_at, response.screened_by_id = now, by.id
    record(db, "comment.screened", by=by, consultation=consultation.slug, comment=comment.ref)
    if queries.list_redactions(db, response.id):
        tell_author(db, consultation, comment, now=now)
    return response
