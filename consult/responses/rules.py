"""How a comment may be answered, and what of it may be blacked out."""

from collections.abc import Collection, Iterable

from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.responses.models import OBJECTION_MAX, REASON_MAX, Answer, Disposition, Objection, Outcome, Response
from consult.rounds.models import Comment


class ReasonMissing(Refused):
    """An answer that takes nothing over, without a why."""

    message = _l("Say why: every answer other than “Accepted” needs a reason.")


class ReasonTooLong(Refused):
    """Over the limit."""

    message = _l("Use at most %(limit)s characters; this has %(over)s too many.")


class NotedAsksForChange(Refused):
    """“Noted” as an answer to someone who asks for other words."""

    message = _l(
        "This comment suggests other wording. “Noted” would not say whether you take it: choose another answer."
    )


class NothingToUndo(Refused):
    """No answer is there to be taken back."""

    message = _l("There is no answer to take back.")
    status = 409


class AnswerPublished(Refused):
    """Too late: people have read it."""

    message = _l("This answer is published and cannot be changed any more. A correction goes into an addendum.")
    status = 409


class CommentWithdrawn(Refused):
    """Its author took it back meanwhile."""

    message = _l("Its author has withdrawn this comment. It needs no answer.")
    status = 409


class PassageNotFound(Refused):
    """What was pasted stands nowhere in the comment."""

    message = _l("We do not find this passage. Copy it from the comment, in whole words.")


class PassageOutside(Refused):
    """A range that is empty or reaches beyond the text."""

    message = _l("This passage is empty or reaches beyond the text. Choose it again.")


class RedactedAlready(Refused):
    """A range that touches another."""

    message = _l(
        "All or part of this passage is blacked out already. Remove that first, then black out the longer passage."
    )
    status = 409


def check_answer_comment(answer: Answer, comment: Comment) -> None:
    """Every answer other than "accepted" has a reason, and "noted" is only for a comment that suggests no other wording.

    Raises ReasonMissing, ReasonTooLong, NotedAsksForChange.  Source: A/HRC/50/64, paragraph 47; DESIGN invariant 3.
    """
    if answer.outcome is not Outcome.ACCEPTED and not answer.reason.strip():
        raise ReasonMissing
    if len(answer.reason) > REASON_MAX:
        raise ReasonTooLong(limit=REASON_MAX, over=len(answer.reason) - REASON_MAX)
    if answer.outcome is Outcome.NOTED and comment.suggestion:
        raise NotedAsksForChange


def check_undo_answer(response: Response) -> None:
    """Only an answer that holds can be taken back.

    Raises NothingToUndo.  Source: DESIGN section 1, disposition.
    """
    if response.holds is None:
        raise NothingToUndo


def check_not_published(response: Response | None) -> None:
    """What a report has published, answer and black-outs alike, is never changed.

    Raises AnswerPublished.  Source: DESIGN invariant 1.
    """
    if response is not None and response.published_at is not None:
        raise AnswerPublished


def check_not_withdrawn(comment: Comment) -> None:
    """A withdrawn comment takes no answer and needs no screening: there is nothing left of it.

    Raises CommentWithdrawn.  Source: DESIGN invariant 4.
    """
    if comment.withdrawn_at is not None:
        raise CommentWithdrawn


def check_redact(text: str, start: int, stop: int, others: Iterable[tuple[int, int]]) -> None:
    """A passage to black out lies within the text, is not empty, and touches no other one.

    Raises PassageOutside, RedactedAlready.  Source: DESIGN invariant 15.
    """
    if not 0 <= start < stop <= len(text):
        raise PassageOutside
    if any(start < end and begin < stop for begin, end in others):
        raise RedactedAlready


class NothingToObject(Refused):
    """Nobody has screened the comment yet, or nothing of it is kept back."""

    message = _l("Nothing of this comment is blacked out or kept back, so there is nothing to object to.")
    status = 409


class ObjectedAlready(Refused):
    """A second objection."""

    message = _l("You have objected already. Our reply stands with your comment.")
    status = 409


class ObjectionEmpty(Refused):
    """An objection without a word."""

    message = _l("Say what should be shown, and why.")


class ObjectionSettled(Refused):
    """A second reply."""

    message = _l("This objection has its reply already.")
    status = 409


class ReplyMissing(Refused):
    """A decision without a word."""

    message = _l("Write to the author what you decided, and why.")


class NothingToTranslate(Refused):
    """No answer holds, or it has no reason."""

    message = _l("There is no reason to translate: the comment has no answer, or one without a reason.")
    status = 409


def check_translate_answer(answer: Disposition | None, reasons: Collection[str]) -> None:
    """The reason of the answer that holds is given in other languages too, each as long as the first may be.

    Raises NothingToTranslate, ReasonTooLong.  Source: DESIGN invariant 13.
    """
    if answer is None or not answer.reason:
        raise NothingToTranslate
    longest = max(map(len, reasons), default=0)
    if longest > REASON_MAX:
        raise ReasonTooLong(limit=REASON_MAX, over=longest - REASON_MAX)


def check_object(text: str, *, is_kept_back: bool, has_objected: bool) -> None:
    """The author of a comment is shown what of it is kept back, and may object once, in words, before it is published.

    Raises NothingToObject, ObjectedAlready, ObjectionEmpty, ReasonTooLong.  Source: DESIGN invariant 15.
    """
    if has_objected:
        raise ObjectedAlready
    if not is_kept_back:
        raise NothingToObject
    if not text.strip():
        raise ObjectionEmpty
    if len(text) > OBJECTION_MAX:
        raise ReasonTooLong(limit=OBJECTION_MAX, over=len(text) - OBJECTION_MAX)


def check_settle_objection(objection: Objection, reply: str) -> None:
    """An objection gets one reply, in words.

    Raises ObjectionSettled, ReplyMissing, ReasonTooLong.  Source: DESIGN invariant 15.
    """
    if objection.settled_at is not None:
        raise ObjectionSettled
    if not reply.strip():
        raise ReplyMissing
    if len(reply) > OBJECTION_MAX:
        raise ReasonTooLong(limit=OBJECTION_MAX, over=len(reply) - OBJECTION_MAX)
