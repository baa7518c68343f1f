"""Reads of answers in other languages than they were written in."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from consult.responses.models import AnswerTranslation, Disposition, Response
from consult.rounds.models import Comment


def list_translations(db: Session, disposition_id: int) -> list[AnswerTranslation]:
    """The reason of one answer in other languages."""
    query = select(AnswerTranslation).where(AnswerTranslation.disposition_id == disposition_id)
    return list(db.scalars(query.order_by(AnswerTranslation.language)))


def translations_of(db: Session, disposition_ids: Collection[int]) -> dict[int, dict[str, str]]:
    """The reasons of answers in other languages, by answer and language. One query."""
    t = AnswerTranslation
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for disposition_id, language, reason in db.execute(
        select(t.disposition_id, t.language, t.reason).where(t.disposition_id.in_(disposition_ids))
    ):
        found[disposition_id][language] = reason
    return found


def translations_in_round(db: Session, round_id: int) -> dict[int, dict[str, str]]:
    """The same for every answer that holds in a round."""
    t = AnswerTranslation
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for disposition_id, language, reason in db.execute(
        select(t.disposition_id, t.language, t.reason)
        .join(Disposition, Disposition.id == t.disposition_id)
        .join(Response, (Response.id == Disposition.response_id) & (Response.holds == Disposition.number))
        .join(Comment, Comment.id == Response.comment_id)
        .where(Comment.round_id == round_id)
    ):
        found[disposition_id][language] = reason
    return found


def _untranslated(round_id: int, language: str) -> Select[str]:
    has_one = (
        select(AnswerTranslation.id)
        .where(AnswerTranslation.disposition_id == Disposition.id, AnswerTranslation.language == language)
        .exists()
    )
    return (
        select(Comment.ref)
        .join(Response, Response.comment_id == Comment.id)
        .join(Disposition, (Disposition.response_id == Response.id) & (Disposition.number == Response.holds))
        .where(Comment.round_id == round_id, Comment.withdrawn_at.is_(None), Response.published_at.is_(None))
        .where(Disposition.reason != "", Disposition.language != language, ~has_one)
    )


def count_untranslated(db: Session, round_id: int, language: str) -> int:
    """How many reasons of a round, not published yet, are not there in a language."""
    return db.scalar(select(func.count()).select_from(_untranslated(round_id, language).subquery())) or 0


def next_untranslated(db: Session, round_id: int, language: str) -> str | None:
    """The number of the first comment whose answer is not there in a language."""
    return db.scalar(_untranslated(round_id, language).order_by(Comment.id).limit(1))
