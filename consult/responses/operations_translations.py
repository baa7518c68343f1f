"""Giving the reason of an answer in the other languages of the consultation."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.consultations.models import Consultation
from consult.core.db import hold_id, lock, refusing
from consult.responses import queries, rules
from consult.responses.models import AnswerTranslation
from consult.responses.queries_translations import list_translations
from consult.rounds.models import Comment, Round


def translate_answer(
    db: Session, consultation: Consultation, comment: Comment, reasons: Mapping[str, str], *, by: Staff, now: datetime
) -> None:
    """Keep the reason of the answer that holds in these languages; an empty one is taken away.

    Raises CommentWithdrawn, AnswerPublished, NothingToTranslate, ReasonTooLong.
    Records ``comment.answer_translated`` (slug, comment ref, languages).
    """
    hold_id(db, Round, comment.round_id)
    rules.check_not_withdrawn(lock(db, comment))
    asked = queries.find_asked(db, consultation.id, comment.ref)
    response, answer = (asked.response, asked.held) if asked else (None, None)
    rules.check_not_published(response)
    rules.check_translate_answer(answer, reasons.values())
    if answer is None:  # then there is nothing to translate, and the rule has said so
        raise rules.NothingToTranslate
    present = {one.language: one for one in list_translations(db, answer.id)}
    with refusing(db, {"published_translation_never_changes": rules.AnswerPublished}):
        for language, reason in reasons.items():
            if language in present and not reason.strip():
                db.delete(present[language])
            elif language in present:
                present[language].reason, present[language].by_id, present[language].at = reason.strip(), by.id, now
            elif reason.strip():
                db.add(
                    AnswerTranslation(
                        disposition_id=answer.id, language=language, reason=reason.strip(), by_id=by.id, at=now
                    )
                )
    given = ".".join(sorted(language for language, reason in reasons.items() if reason.strip()))
    record(db, "comment.answer_translated", by=by, consultation=consultation.slug, comment=comment.ref, languages=given)
