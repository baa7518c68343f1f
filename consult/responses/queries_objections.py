"""Reads for authors and team about what of a comment is kept back, and the objections to it."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from consult.mail.models import WAITING, OutboxMail
from consult.responses.models import Grounds, Objection, Redaction, Response, Triage
from consult.responses.queries import list_redactions
from consult.rounds.models import Comment


class KeptBack(NamedTuple):
    """What of a comment its readers will not see, as its author is shown it."""

    redactions: list[Redaction]
    withheld: Grounds | None
    is_published: bool
    objection: Objection | None


def kept_back(db: Session, comment_id: int) -> KeptBack | None:
    """What is kept back of a comment, once the team has screened it; None where nothing is, or nobody has looked yet."""
    response = db.scalars(select(Response).where(Response.comment_id == comment_id)).one_or_none()
    if response is None:
        return None
    objection = find_objection(db, comment_id)
    redactions = list_redactions(db, response.id) if response.screened_at or objection else []
    if not redactions and response.withheld is None and objection is None:
        return None
    return KeptBack(redactions, response.withheld, response.published_at is not None, objection)


def refs_kept_back(db: Session, participant_id: int, *, still_open: bool = False) -> set[str]:
    """The numbers of a participant's comments of which something is kept back, or to which they objected.

    `still_open` leaves out those whose answers are published.
    """
    has_redaction = exists().where(Redaction.response_id == Response.id)
    has_objection = exists().where(Objection.response_id == Response.id)
    screened = Response.screened_at.is_not(None) & has_redaction
    query = (
        select(Comment.ref)
        .join(Response, Response.comment_id == Comment.id)
        .where(Comment.participant_id == participant_id, Comment.withdrawn_at.is_(None))
        .where(or_(screened, Response.withheld.is_not(None), has_objection))
    )
    return set(db.scalars(query.where(Response.published_at.is_(None)) if still_open else query))


def count_untold(db: Session, consultation_id: int) -> int:
    """How many authors wait for the mail that something of their comments will not be shown."""
    query = select(func.count()).select_from(OutboxMail).where(OutboxMail.state.in_(WAITING))
    return db.scalar(query.where(OutboxMail.cause.like(f"{screening_cause(consultation_id)}%"))) or 0


def screening_cause(consultation_id: int) -> str:
    """How the causes of these mails begin; the day follows."""
    return f"screening:{consultation_id}:"


def find_objection(db: Session, comment_id: int) -> Objection | None:
    """The objection to the screening of a comment."""
    query = select(Objection).join(Response, Response.id == Objection.response_id)
    return db.scalars(query.where(Response.comment_id == comment_id)).one_or_none()


def count_objections(db: Session, round_id: int) -> int:
    """How many objections of a round wait for a reply; those to withdrawn comments need none."""
    query = select(func.count()).select_from(Objection).where(Objection.settled_at.is_(None), _in_round(round_id))
    return db.scalar(query) or 0


def _in_round(round_id: int) -> ColumnElement[bool]:
    """Looked up objection by objection: these are few, and the comments of a round many."""
    return (
        exists()
        .where(Response.id == Objection.response_id, Triage.comment_id == Response.comment_id)
        .where(Triage.round_id == round_id)
    )


def next_objection(db: Session, round_id: int) -> str | None:
    """The number of the first comment whose objection waits for a reply."""
    query = (
        select(Comment.ref)
        .join(Response, Response.comment_id == Comment.id)
        .join(Objection, Objection.response_id == Response.id)
        .where(Objection.settled_at.is_(None), _in_round(round_id))
        .order_by(Objection.id)
        .limit(1)
    )
    return db.scalar(query)
