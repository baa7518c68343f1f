"""What an author says against the screening of their comment, and the team's reply."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.consultations.models import Consultation
from consult.core.db import hold_id, lock, refusing
from consult.responses import queries_objections as queries
from consult.responses import rules
from consult.responses.mails import tell_author
from consult.responses.models import Objection, Response
from consult.rounds.models import Comment, Round
from consult.rounds.rules import WithdrawnAlready


def object_to_screening(db: Session, comment: Comment, text: str, *, now: datetime) -> Objection:
    """Keep the author's objection; the answers cannot be published before it has a reply.

    Returns it.  Raises WithdrawnAlready, AnswerPublished and what check_object raises.
    """
    hold_id(db, Round, comment.round_id)
    if lock(db, comment).withdrawn_at is not None:
        raise WithdrawnAlready
    response = db.scalars(
        select(Response).where(Response.comment_id == comment.id).with_for_update(key_share=True)
    ).one_or_none()
    rules.check_not_published(response)
    kept_back = queries.kept_back(db, comment.id)
    rules.check_object(
        text, is_kept_back=kept_back is not None, has_objected=bool(kept_back and kept_back.objection is not None)
    )
    if response is None:  # then nothing is kept back, and the rule has said so
        raise rules.NothingToObject
    made = Objection(response_id=response.id, text=text.strip(), made_at=now, reply="")
    with refusing(db, {"uq_objection_response_id": rules.ObjectedAlready}):
        db.add(made)
    return made


def settle_objection(
    db: Session, consultation: Consultation, comment: Comment, reply: str, *, by: Staff, now: datetime
) -> None:
    """Reply to an objection, after changing the black-outs or not. Its author gets a mail that there is something to see.

    Raises NothingToObject where there is none, and what check_settle_objection raises.
    Records ``comment.objection_settled`` (slug, comment ref).
    """
    lock(db, comment)
    objection = queries.find_objection(db, comment.id)
    if objection is None:
        raise rules.NothingToObject
    rules.check_settle_objection(lock(db, objection), reply)
    objection.reply, objection.settled_at, objection.settled_by_id = reply.strip(), now, by.id
    db.flush()
    record(db, "comment.objection_settled", by=by, consultation=consultation.slug, comment=comment.ref)
    tell_author(db, consultation, comment, now=now)


def forget_objection(db: Session, comment: Comment) -> None:
    """Empty the objection to a comment that its author takes back."""
    objection = queries.find_objection(db, comment.id)
    if objection is not None:
        objection.text = ""
        db.flush()
