"""What is held of whoever gave a mailbox with comments without being in the registry; gathered for them, as of an entry."""

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from consult.consultations.models import Participant
from consult.consultations.models_requests import ParticipationRequest
from consult.privacy.queries_own import Rows, comments_of, letters_of, participants_of, plain, requests_of
from consult.rounds.models import Comment


def collect_visitors(db: Session, who: ColumnElement[bool], address: str) -> dict[str, Rows]:
    """All of it by part, as rows of plain values."""
    r = ParticipationRequest
    asked = (r.stakeholder_id.is_(None) & (r.email_key == address.casefold())) if address else r.id.is_(None)
    found = {
        "requests": requests_of(db, asked),
        "letters": letters_of(db, who),
        "participants": participants_of(db, who),
        "comments": comments_of(db, who),
    }
    return {part: [plain(row) for row in rows] for part, rows in found.items()}


def count_comments_of(db: Session, who: ColumnElement[bool]) -> int:
    """How many comments of some participants stand, withdrawn ones left out."""
    query = select(func.count()).select_from(Comment).join(Participant, Participant.id == Comment.participant_id)
    return db.scalar(query.where(who, Comment.withdrawn_at.is_(None))) or 0
