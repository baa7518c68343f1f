"""Reads for entering comments on somebody's behalf, and of those that were."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from consult.consultations import codes
from consult.consultations.models import Participant
from consult.consultations.queries_protected import may_be_named
from consult.rounds.models import Channel, Comment
from consult.rounds.models_entered import EnteredComment
from consult.stakeholders.models import Stakeholder

FOUND = 20  # at most


class Found(NamedTuple):
    """Somebody on whose behalf a comment may be entered."""

    ref: str
    name: str
    organisation: str
    in_registry: bool


def find_by_words(db: Session, consultation_id: int, words: str) -> list[Found]:
    """Those who take part and whose name has these words, or whose letter has this code; a few at most.

    None that is protected: typing the code of one would say whether they take part.
    """
    code = codes.read_code(words)
    by_code = codes.find_by_code(db, code) if code else None
    if by_code is not None and by_code.consultation.id == consultation_id and not by_code.participant.is_protected:
        whose = by_code.participant
        return [Found(whose.ref, whose.name, whose.organisation, whose.stakeholder_id is not None)]
    p, own, s = Participant, aliased(Stakeholder), aliased(Stakeholder)
    query = select(p.ref, p.name, p.organisation, p.stakeholder_id.is_not(None))
    query = query.where(p.consultation_id == consultation_id, p.erased_at.is_(None), may_be_named())
    query = query.outerjoin(own, own.id == p.stakeholder_id)
    query = query.outerjoin(s, s.id == func.coalesce(own.merged_into, own.id))
    for word in words.split():
        key = word.casefold()
        in_registry = s.name_key.contains(key, autoescape=True)
        typed = func.lower(p.name + " " + p.organisation).contains(word.lower(), autoescape=True)
        query = query.where(or_(in_registry, typed))
    return [Found._make(row) for row in db.execute(query.order_by(p.id).limit(FOUND))]


def entered_of(db: Session, comments: Collection[int]) -> dict[int, tuple[Channel, EnteredComment]]:
    """Which of some comments were entered on their author's behalf, by their id."""
    e = EnteredComment
    query = select(Comment.channel, e).join(Comment, Comment.id == e.comment_id).where(e.comment_id.in_(comments))
    return {row[1].comment_id: (row[0], row[1]) for row in db.execute(query)}
