"""Publishing the answers in a report, and the tombstones that a withdrawal leaves in it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.consultations import doors
from consult.consultations.models import Consultation, Participant
from consult.core.db import lock, refusing
from consult.custody.waking import wake_exchange
from consult.drafts import queries as draft_queries
from consult.mailings.operations_announcements import announce
from consult.reports import queries, rules
from consult.reports.document import Made, digest_of, make_document, standing_of
from consult.reports.mails import ANSWERS_PUBLISHED
from consult.reports.models import Report, ReportItem, ReportKind
from consult.responses.models import Response
from consult.responses.operations_objections import forget_objection
from consult.responses.queries import count_progress
from consult.responses.queries_objections import count_objections
from consult.rounds import operations as round_operations
from consult.rounds.models import Comment, Round
from consult.safe_desk.queries import find_standing

CHUNK = 5_000  # ids a statement: SQLite takes 32,766 values


def compose(db: Session, consultation: Consultation, round_: Round) -> tuple[Made, list[queries.Settled]]:
    """The report as it would be published now, and the comments it is made of."""
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
        withdrawn=queries.count_withdrawn(db, round_.id),
    )
    return made, settled


def publish_report(
    db: Session,
    consultation: Consultation,
    round_: Round,
    *,
    kind: ReportKind,
    answers_by: date | None,
    by: Staff,
    now: datetime,
) -> Report:
    """Publish all answers together, in one frozen report, and mail each participant once that theirs is there.

    Returns the report.  Raises what check_publish_report raises.
    Records ``report.published`` (slug, number, kind, digest, comments).
    """
    lock(db, consultation)
    lock(db, round_)
    # Whoever answers, blacks out or withdraws holds the comment: they are done before the report is made, or see it published.
    db.execute(
        select(Comment.id).where(Comment.round_id == round_.id).order_by(Comment.id).with_for_update(key_share=True)
    )
    rules.check_publish_report(
        count_progress(db, round_.id),
        objections=count_objections(db, round_.id),
        kind=kind,
        is_closed=round_.closes_at <= now,
        is_published=queries.has_final(db, round_.id),
        answers_by=answers_by,
        nameless=find_standing(db, round_, now=now),
    )
    made, settled = compose(db, consultation, round_)
    before = queries.newest_report(db, consultation.id)
    report = Report(
        consultation_id=consultation.id,
        round_id=round_.id,
        number=before.number + 1 if before else 1,
        kind=kind,
        published_at=now,
        answers_by=answers_by if kind is ReportKind.INTERIM else None,
        digest=digest_of(made.document),
        document=made.document,
    )
    with refusing(
        db,
        {
            "uq_report_final": rules.ReportPublished,
            "uq_report_consultation_id_number": rules.ReportPublished,
            "report_waits_for_exchange": rules.LastRunMissing,
        },
    ):
        db.add(report)
    items = [item for paragraph in made.document["paragraphs"] for item in paragraph["items"]]
    if items:
        db.execute(insert(ReportItem), [_item(report, item, made) for item in items])
    _mark_published(db, [one.response.id for one in settled], now=now)
    consultation.revision += 1
    db.flush()
    numbers = made.document["numbers"]
    record(
        db,
        "report.published",
        by=by,
        consultation=consultation.slug,
        number=report.number,
        kind=kind.value,
        digest=report.digest,
        comments=numbers["comments"],
    )
    wake_exchange(db)
    authors = doors.with_address(consultation.id).where(Participant.id.in_(queries.authors_answered(round_.id)))
    announce(db, consultation.id, ANSWERS_PUBLISHED.name, f"report:{report.id}", authors, now=now)
    return report


def _item(report: Report, item: dict[str, Any], made: Made) -> dict[str, Any]:
    position = item["position"]
    return {
        "report_id": report.id,
        "position": position,
        "comment_ref": item["comment"],
        "personal": made.personal[position],
    }


def _mark_published(db: Session, responses: list[int], *, now: datetime) -> None:
    for begin in range(0, len(responses), CHUNK):
        chunk = Response.id.in_(responses[begin : begin + CHUNK])
        marked = update(Response).where(chunk, Response.published_at.is_(None)).values(published_at=now)
        # nobody looks at these rows in this session any more: comparing each with each would take longer than all the rest
        db.execute(marked, execution_options={"synchronize_session": False})


def withdraw_comment(db: Session, comment: Comment, *, now: datetime) -> None:
    """Take a comment back, also out of what was published: a trigger leaves a tombstone there. Raises WithdrawnAlready."""
    round_operations.withdraw_comment(db, comment, now=now)
    forget_objection(db, comment)
