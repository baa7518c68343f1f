"""Reads of answers: what is left to do in a round, the list, and one comment with all that belongs to it."""

from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.consultations.models import Participant
from consult.consultations.queries_protected import names_shown
from consult.responses.models import (
    UNANSWERED,
    Disposition,
    Grounds,
    Outcome,
    RedactedField,
    Redaction,
    Response,
    Triage,
    TriageTally,
)
from consult.rounds.models import Comment, Consent, Round
from consult.rounds.queries import FIRST

PAGE = 50  # comments a page
EXCERPT = 300  # characters of a comment in the list


class Show(StrEnum):
    """Which comments a list shows. Outcomes are shown by their own names."""

    UNANSWERED = UNANSWERED
    UNSCREENED = "unscreened"
    ALL = "all"


class Progress(NamedTuple):
    """How far a round is, in comments. Withdrawn ones need nothing and are not counted."""

    comments: int
    answered: int
    unscreened: int  # would be published, and nobody has looked for passages to black out
    withheld: int

    @property
    def unanswered(self) -> int:
        """How many wait for an answer."""
        return self.comments - self.answered


class Listed(NamedTuple):
    """A comment in the list of answers."""

    id: int
    ref: str
    paragraph_ref: str  # as it was called in the version that was commented on
    paragraph_key: str | None  # None = the whole draft
    language: str
    text: str  # its beginning
    suggestion: str  # likewise
    name: str | None
    organisation: str | None
    outcome: Outcome | None  # of the answer that holds
    consent: Consent
    screened_at: datetime | None
    withheld: Grounds | None
    published_at: datetime | None

    @property
    def is_unscreened(self) -> bool:
        """Whether it would be published, and nobody has looked for passages to black out."""
        is_shown = self.consent is not Consent.NOT_PUBLISHED and self.withheld is None
        return is_shown and self.screened_at is None


class Answered(NamedTuple):
    """One answer in a comment's history."""

    disposition: Disposition
    by: str  # name of who answered


class Asked(NamedTuple):
    """One comment with its author, the answers given so far, and what is blacked out in it."""

    comment: Comment
    author: Participant | None
    response: Response | None  # None = nobody has worked on it yet
    answers: list[Answered]  # newest first, those taken back too
    redactions: list[Redaction]  # by field and place

    @property
    def held(self) -> Disposition | None:
        """The answer that holds."""
        number = self.response.holds if self.response else None
        return next((one.disposition for one in self.answers if one.disposition.number == number), None)

    @property
    def is_published(self) -> bool:
        """Whether a report has published the answer, so that nothing can be changed any more."""
        return self.response is not None and self.response.published_at is not None

    @property
    def needs_screening(self) -> bool:
        """Whether anyone would read it: its author agrees, and the team does not withhold it."""
        is_withheld = self.response is not None and self.response.withheld is not None
        return self.comment.consent is not Consent.NOT_PUBLISHED and not is_withheld

    def redactions_of(self, field: RedactedField) -> list[Redaction]:
        """What is blacked out in one field."""
        return [one for one in self.redactions if one.field is field]


def list_rounds(db: Session, consultation_id: int) -> list[Round]:
    """The rounds of a consultation, newest first."""
    query = select(Round).where(Round.consultation_id == consultation_id).order_by(Round.number.desc())
    return list(db.scalars(query))


def count_progress(db: Session, round_id: int) -> Progress:
    """How many comments of a round need an answer, have one, wait for screening, are withheld."""
    tally = _tally(db, round_id)
    if tally is None:
        return Progress(0, 0, 0, 0)
    return Progress(tally.comments, tally.comments - tally.unanswered, tally.unscreened, tally.withheld)


def count_outcomes(db: Session, round_id: int) -> dict[Outcome, int]:
    """How many comments of a round have each outcome now, every outcome named. Withdrawn ones are not counted."""
    tally = _tally(db, round_id)
    return {outcome: getattr(tally, outcome.value) if tally else 0 for outcome in Outcome}


def read_revision(db: Session, round_id: int) -> int:
    """What grows with every change of what a report would say of a round's comments; 0 = no comment came."""
    tally = _tally(db, round_id)
    return tally.revision if tally else 0


def _tally(db: Session, round_id: int) -> TriageTally | None:
    return db.get(TriageTally, round_id, populate_existing=True)  # triggers change it behind the session's back


def _holding() -> ColumnElement[bool]:
    return and_(Disposition.response_id == Response.id, Disposition.number == Response.holds)


def list_answers(
    db: Session, round_id: int, *, show: Show | Outcome = Show.UNANSWERED, after: int = FIRST
) -> list[Listed]:
    """A page of a round's comments with their answers, without those withdrawn. Keyset paging by `after`, an id.

    Those without a name come first, in an order of chance, then the others by arrival.
    """
    c, r, d, w = Comment, Response, Disposition, Participant
    query = (
        select(
            c.id, c.ref, c.paragraph_ref, c.paragraph_key, c.language,
            func.substr(c.text, 1, EXCERPT), func.substr(c.suggestion, 1, EXCERPT),
            *names_shown(), d.outcome, c.consent, r.screened_at, r.withheld, r.published_at,
        )
        .select_from(Triage)
        .join(c, c.id == Triage.comment_id)
        .outerjoin(w, w.id == c.participant_id)
        .outerjoin(r, r.comment_id == c.id)
        .outerjoin(d, _holding())
        .where(Triage.round_id == round_id, Triage.comment_id > after)
        .order_by(Triage.comment_id)
        .limit(PAGE)
    )  # fmt: skip
    return [Listed._make(row) for row in db.execute(_shown(query, show))]


def _shown(query: Select[Any], show: Show | Outcome) -> Select[Any]:
    if show is Show.ALL:
        return query
    if show is Show.UNSCREENED:
        return query.where(Triage.is_unscreened)
    return query.where(Triage.answer == show.value)


def next_unanswered(db: Session, round_id: int, after_id: int = FIRST) -> str | None:
    """The ref of the next comment of a round that waits for an answer, in the order of the list: after one, or else from the beginning.

    None when none waits, but for the comment of `after_id` itself.
    """
    query = (
        select(Comment.ref)
        .join(Triage, Triage.comment_id == Comment.id)
        .where(Triage.round_id == round_id, Triage.answer == Show.UNANSWERED.value)
        .order_by(Triage.comment_id)
        .limit(1)
    )
    following = db.scalar(query.where(Triage.comment_id > after_id))
    return following or db.scalar(query.where(Triage.comment_id < after_id))


def find_asked(db: Session, consultation_id: int, ref: str) -> Asked | None:
    """One comment of a consultation with its author, the history of its answers, and its black-outs."""
    query = (
        select(Comment, Participant, Response)
        .join(Round, Round.id == Comment.round_id)
        .outerjoin(Participant, Participant.id == Comment.participant_id)
        .outerjoin(Response, Response.comment_id == Comment.id)
        .where(Round.consultation_id == consultation_id, Comment.ref == ref)
    )
    found = db.execute(query).one_or_none()
    if found is None:
        return None
    comment, author, response = found
    answers = list_dispositions(db, response.id) if response else []
    return Asked(comment, author, response, answers, list_redactions(db, response.id) if response else [])


def list_dispositions(db: Session, response_id: int) -> list[Answered]:
    """The answers to a comment, newest first, those taken back too, each with the name of who gave it."""
    query = (
        select(Disposition, Staff.name)
        .join(Staff, Staff.id == Disposition.by_id)
        .where(Disposition.response_id == response_id)
        .order_by(Disposition.number.desc())
    )
    return [Answered(disposition, name) for disposition, name in db.execute(query)]


def list_redactions(db: Session, response_id: int) -> list[Redaction]:
    """What is blacked out in a comment, by field and place."""
    query = select(Redaction).where(Redaction.response_id == response_id)
    return list(db.scalars(query.order_by(Redaction.field, Redaction.start)))


def last_number(db: Session, response_id: int, *, but: int | None = None) -> int | None:
    """The number of the newest answer that was not taken back, other than `but`; None where there is none."""
    query = select(func.max(Disposition.number)).where(
        Disposition.response_id == response_id, Disposition.undone_at.is_(None)
    )
    return db.scalar(query if but is None else query.where(Disposition.number != but))
