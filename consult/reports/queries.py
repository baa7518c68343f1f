"""Reads of reports, and of what goes into one."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.orm import Session, joinedload, undefer

from consult.consultations.models import Participant
from consult.core.texts import Shown, Texts
from consult.reports.models import FrozenReport, Report, ReportItem, ReportKind
from consult.responses.models import Disposition, Outcome, RedactedField, Redaction, Response
from consult.responses.queries_translations import translations_in_round, translations_of
from consult.rounds.models import Comment, Round


class Settled(NamedTuple):
    """A comment with its author, the answer that holds, and what is blacked out in it."""

    comment: Comment
    author: Participant | None
    response: Response
    answer: Disposition
    redactions: list[Redaction]
    translations: dict[str, str]  # of the reason, by language

    def redactions_of(self, field: RedactedField) -> list[Redaction]:
        """What is blacked out in one field."""
        return [one for one in self.redactions if one.field is field]


def list_settled(db: Session, round_id: int) -> list[Settled]:
    """Every answered comment of a round, by its random number: the order betrays no time of arrival.

    One that was withdrawn only where an earlier report had published its answer: that stays.
    """
    query = (
        select(Comment, Participant, Response, Disposition)
        .join(Response, Response.comment_id == Comment.id)
        .join(Disposition, (Disposition.response_id == Response.id) & (Disposition.number == Response.holds))
        .outerjoin(Participant, Participant.id == Comment.participant_id)
        .where(Comment.round_id == round_id, Comment.withdrawn_at.is_(None) | Response.published_at.is_not(None))
        .order_by(Comment.ref)
        .options(undefer(Participant.kept_id))
    )
    bars = defaultdict(list)
    blacked = select(Redaction).join(Response, Response.id == Redaction.response_id)
    for one in db.scalars(blacked.join(Comment, Comment.id == Response.comment_id).where(Comment.round_id == round_id)):
        bars[one.response_id].append(one)
    words = translations_in_round(db, round_id)
    return [
        Settled(row[0], row[1], row[2], row[3], bars[row[2].id], words.get(row[3].id, {})) for row in db.execute(query)
    ]


def count_owed(db: Session, consultation_id: int) -> int:
    """How many comments of a consultation, withdrawn ones left out, have no published answer."""
    query = (
        select(func.count())
        .select_from(Comment)
        .join(Round, Round.id == Comment.round_id)
        .outerjoin(Response, Response.comment_id == Comment.id)
        .where(
            Round.consultation_id == consultation_id, Comment.withdrawn_at.is_(None), Response.published_at.is_(None)
        )
    )
    return db.scalar(query) or 0


def authors_after(db: Session, release_id: int, after: int, *, limit: int) -> list[int]:
    """The ids of the next of those whose answers were published together, withdrawn comments left out, by id."""
    query = (
        select(Comment.participant_id)
        .join(Response, Response.comment_id == Comment.id)
        .where(Response.release_id == release_id, Comment.withdrawn_at.is_(None), Comment.participant_id > after)
    )
    found = db.scalars(query.distinct().order_by(Comment.participant_id).limit(limit))
    return [one for one in found if one is not None]


def newest_report(db: Session, consultation_id: int) -> Report | None:
    """The newest report of a consultation."""
    whole = joinedload(Report.frozen).undefer(FrozenReport.content)
    query = select(Report).where(Report.consultation_id == consultation_id).options(whole)
    query = query.order_by(Report.number.desc()).limit(1)
    return db.scalars(query).one_or_none()


_i = ReportItem.__table__.c
_r = Report.__table__.c
_tombstones = (
    select(func.count())
    .where(_i.frozen_id == _r.frozen_id, _i.tombstoned_at.is_not(None))
    .correlate(Report.__table__)
    .scalar_subquery()
)
_newest_glance = (
    select(_r.id, _r.digest, _tombstones)
    .where(_r.consultation_id == bindparam("consultation"))
    .order_by(_r.number.desc())
    .limit(1)
)


def glance_report(connection: Connection, consultation_id: int) -> tuple[int, str, int] | None:
    """The newest report of a consultation as id, digest and number of tombstones: what names a page made from it."""
    row = connection.execute(_newest_glance, {"consultation": consultation_id}).one_or_none()
    return (row[0], row[1], row[2]) if row else None


def shown_by_category(db: Session, frozen_id: int, category: str) -> Iterator[Participant]:
    """The authors whom a report shows by a category, one for each comment."""
    query = (
        select(Participant)
        .join(Comment, Comment.participant_id == Participant.id)
        .join(ReportItem, ReportItem.comment_ref == Comment.ref)
        .where(ReportItem.frozen_id == frozen_id, ReportItem.author_category == category)
        .options(undefer(Participant.kept_id))
    )
    yield from db.scalars(query)


def categories_shown(db: Session, ref: str) -> list[tuple[int, str]]:
    """In which reports a comment is shown by its author's category, and which that is: (id of the frozen report, category)."""
    query = select(ReportItem.frozen_id, ReportItem.author_category).where(
        ReportItem.comment_ref == ref, ReportItem.author_category.is_not(None), ReportItem.tombstoned_at.is_(None)
    )
    return [(frozen_id, category) for frozen_id, category in db.execute(query) if category is not None]


def last_number(db: Session, consultation_id: int) -> int:
    """The number of the newest report of a consultation; 0 where there is none."""
    return db.scalar(select(func.max(Report.number)).where(Report.consultation_id == consultation_id)) or 0


def last_published(db: Session, consultation_id: int) -> datetime | None:
    """When the newest report of a consultation was published, without reading it."""
    return db.scalar(select(func.max(Report.published_at)).where(Report.consultation_id == consultation_id))


def is_complete(db: Session, frozen: FrozenReport) -> bool:
    """Whether all of a prepared report is there: its document, every item, every answer it publishes."""
    items = select(func.count()).where(ReportItem.frozen_id == frozen.id)
    answers = select(func.count()).where(Response.release_id == frozen.release_id)
    return frozen.digest is not None and (frozen.items, frozen.answers) == (db.scalar(items), db.scalar(answers))


def has_report(db: Session, consultation_id: int) -> bool:
    """Whether anything was published."""
    return db.scalar(select(Report.id).where(Report.consultation_id == consultation_id).limit(1)) is not None


def has_final(db: Session, round_id: int) -> bool:
    """Whether the report on a round is published."""
    query = select(Report.id).where(Report.round_id == round_id, Report.kind == ReportKind.FINAL)
    return db.scalar(query) is not None


def list_items(db: Session, report_id: int) -> dict[int, ReportItem]:
    """What participants said in a report, by position."""
    query = select(ReportItem).join(Report, Report.frozen_id == ReportItem.frozen_id).where(Report.id == report_id)
    return {one.position: one for one in db.scalars(query)}


class PublishedAnswer(NamedTuple):
    """A published answer: its outcome, and its reason by language, the one it was written in first."""

    outcome: Outcome
    reasons: dict[str, str]

    @property
    def reason(self) -> Shown:
        """The reason in the language of the page, or the one it falls back to."""
        return Texts(self.reasons).shown()


def published_answers(db: Session, participant_id: int) -> dict[str, PublishedAnswer]:
    """The published answers to a participant's comments, by the comment's number. Never an unpublished one."""
    query = (
        select(Comment.ref, Disposition)
        .join(Response, Response.comment_id == Comment.id)
        .join(Disposition, (Disposition.response_id == Response.id) & (Disposition.number == Response.holds))
        .where(Comment.participant_id == participant_id, Response.published_at.is_not(None))
    )
    found = dict(db.execute(query).all())
    words = translations_of(db, [one.id for one in found.values()])
    return {
        ref: PublishedAnswer(one.outcome, {one.language: one.reason, **words.get(one.id, {})})
        for ref, one in found.items()
    }
