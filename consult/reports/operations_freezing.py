"""Preparing a report: its document and items are written in steps that keep nobody waiting, and nobody reads them yet.

Each step is one transaction of its own for a long report; a short one is prepared in the transaction that publishes it.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.orm import Session

from consult.consultations.models import Consultation
from consult.core.db import hold_id
from consult.drafts import queries as draft_queries
from consult.reports import queries, rules
from consult.reports.document import Made, Personal, canonical, digest_of, make_document, standing_of
from consult.reports.models import FrozenReport, Report, ReportItem, ReportKind
from consult.responses.models import AnswerRelease, Response
from consult.responses.queries import count_progress, read_revision
from consult.rounds.models import Round

STEP = 500  # items or answers a transaction
FORGOTTEN = timedelta(days=1)  # after which nobody works on a prepared report any more


class Composed(NamedTuple):
    """A report as it would be published now."""

    made: Made
    content: str  # the document as canonical JSON
    digest: str  # of the content
    answers: list[int]  # ids of the responses it publishes: those that no report has published yet
    made_from: str  # revisions of what it was made of


def revisions(db: Session, consultation: Consultation, round_id: int) -> str:
    """What changes whenever a report would become another one: names what it is made of."""
    return f"{read_revision(db, round_id)}:{consultation.revision}"


def compose(db: Session, consultation: Consultation, round_: Round) -> Composed:
    """The report as it would be published now."""
    made_from = revisions(db, consultation, round_.id)  # first: a change while we read makes it another one
    settled = queries.list_settled(db, round_.id)
    languages = list(consultation.languages)
    commented = draft_queries.read_paragraphs(db, round_.version_id, languages)
    newest = draft_queries.find_for_invited(db, consultation.slug)
    now = draft_queries.read_paragraphs(db, newest.version_id, languages) if newest else commented
    made = make_document(
        settled,
        standing=standing_of(commented, now),
        order={row.ref: place for place, row in enumerate(commented)},
        unanswered=count_progress(db, round_.id).unanswered,
    )
    answers = [one.response.id for one in settled if one.response.published_at is None]
    content = canonical(made.document)
    return Composed(made, content, digest_of(content), answers, made_from)


def begin_frozen(
    db: Session, round_: Round, *, kind: ReportKind, answers_by: date | None, now: datetime
) -> FrozenReport:
    """The row of a report that is about to be prepared, with the answers it will publish. To be called with the round locked."""
    query = select(AnswerRelease).where(AnswerRelease.round_id == round_.id, AnswerRelease.published_at.is_(None))
    release = db.scalars(query).one_or_none()
    if release is None:
        release = AnswerRelease(round_id=round_.id)
        db.add(release)
        db.flush()
    made = FrozenReport(
        round_id=round_.id,
        release_id=release.id,
        kind=kind,
        answers_by=answers_by if kind is ReportKind.INTERIM else None,
        begun_at=now,
        made_from="",
        items=0,
        answers=0,
    )
    db.add(made)
    db.flush()
    return made


def keep_document(db: Session, frozen: FrozenReport, composed: Composed) -> None:
    """Keep the document of a report that is being prepared."""
    frozen.made_from = composed.made_from
    frozen.items, frozen.answers = len(composed.made.personal), len(composed.answers)
    frozen.digest, frozen.content = composed.digest, composed.content
    db.flush()


def steps_of(composed: Composed) -> Iterator[tuple[list[dict[str, Any]], list[int]]]:
    """Items and answers in steps, for `keep_step()`."""
    items = [item for paragraph in composed.made.document["paragraphs"] for item in paragraph["items"]]
    rows = [_row(one, composed.made.personal[one["position"]]) for one in items]
    for begin in range(0, len(rows), STEP):
        yield rows[begin : begin + STEP], []
    for begin in range(0, len(composed.answers), STEP):
        yield [], composed.answers[begin : begin + STEP]


def _row(item: dict[str, Any], personal: Personal) -> dict[str, Any]:
    return {
        "position": item["position"],
        "comment_ref": item["comment"],
        "personal": personal.said,
        "author_category": personal.category,
    }


def keep_step(db: Session, frozen: FrozenReport, step: tuple[list[dict[str, Any]], list[int]]) -> None:
    """Keep some of the items, or let some of the answers join the release. Raises ReportPublished where another was faster."""
    hold_id(db, Round, frozen.round_id)
    release = db.get_one(AnswerRelease, frozen.release_id, populate_existing=True)
    if release.published_at is not None:
        raise rules.ReportPublished
    items, answers = step
    if items:
        at = frozen.begun_at
        rows = [
            {**one, "frozen_id": frozen.id, "tombstoned_at": at if one["personal"] is None else None} for one in items
        ]
        db.execute(insert(ReportItem), rows)
    if answers:
        joins = Response.id.in_(answers) & Response.holds.is_not(None) & Response.published_at.is_(None)
        # nobody looks at these rows in this session any more: comparing each with each would take longer than all the rest
        joined = update(Response).where(joins).values(release_id=frozen.release_id)
        db.execute(joined, execution_options={"synchronize_session": False})


def forget_step(db: Session, frozen_id: int) -> int:
    """Throw away some items of a prepared report that is not published. Returns how many."""
    some = select(ReportItem.id).where(ReportItem.frozen_id == frozen_id).limit(STEP)
    gone = db.execute(delete(ReportItem).where(ReportItem.id.in_(some)).returning(ReportItem.id))
    return len(gone.all())


def forget_frozen(db: Session, frozen_id: int) -> None:
    """Throw away the row of a prepared report once its items are gone. Does nothing where it is published."""
    is_published = exists().where(Report.frozen_id == FrozenReport.id)
    db.execute(delete(FrozenReport).where(FrozenReport.id == frozen_id, ~is_published))


def sweep_frozen(db: Session, *, now: datetime) -> int:
    """Throw away what was prepared and not published, a step a time: it holds what participants said. Returns how many items."""
    query = (
        select(FrozenReport.id)
        .where(FrozenReport.begun_at < now - FORGOTTEN, ~exists().where(Report.frozen_id == FrozenReport.id))
        .order_by(FrozenReport.id)
        .limit(1)
    )
    frozen_id = db.scalar(query)
    if frozen_id is None:
        return 0
    gone = forget_step(db, frozen_id)
    if gone < STEP:
        forget_frozen(db, frozen_id)
    return gone
