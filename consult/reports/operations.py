"""Publishing the answers in a report, and the tombstones that a withdrawal leaves in it."""

from datetime import date, datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.consultations.models import Consultation
from consult.core.db import lock, lock_id, refusing
from consult.custody.waking import wake_exchange
from consult.jobs.models import Task
from consult.jobs.operations import start_task
from consult.jobs.queue import enqueue
from consult.reports import operations_freezing as freezing
from consult.reports import queries, rules
from consult.reports.document import who
from consult.reports.models import FrozenReport, Report, ReportItem, ReportKind
from consult.reports.operations_telling import TELL, tell_authors
from consult.responses.models import AnswerRelease
from consult.responses.operations import leave_release
from consult.responses.operations_objections import forget_objection
from consult.responses.queries import count_progress
from consult.responses.queries_objections import count_objections
from consult.rounds import operations as round_operations
from consult.rounds.models import Comment, Round
from consult.safe_desk.queries import find_standing

DIRECT = 300  # comments: a report on so many is prepared and published at once, a longer one by the worker
PUBLISH = "reports.publish_report"  # the job's name in consult/worker.py
REFUSALS = {
    "uq_report_final": rules.ReportPublished,
    "uq_report_consultation_id_number": rules.ReportPublished,
    "report_waits_for_exchange": rules.LastRunMissing,
}


def _check(db: Session, round_: Round, *, kind: ReportKind, answers_by: date | None, now: datetime) -> None:
    rules.check_publish_report(
        count_progress(db, round_.id),
        objections=count_objections(db, round_.id),
        kind=kind,
        is_closed=round_.closes_at <= now,
        is_published=queries.has_final(db, round_.id),
        answers_by=answers_by,
        nameless=find_standing(db, round_, now=now),
    )


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
    """Publish all answers together, in one frozen report, and mail each participant once that theirs is there; all at once.

    For a report of `DIRECT` comments at most: a longer one is `begin_publishing()`.
    Returns the report.  Raises what check_publish_report raises.
    Records ``report.published`` (slug, number, kind, digest, comments).
    """
    lock(db, consultation)
    lock(db, round_)
    _check(db, round_, kind=kind, answers_by=answers_by, now=now)
    frozen = freezing.begin_frozen(db, round_, kind=kind, answers_by=answers_by, now=now)
    composed = freezing.compose(db, consultation, round_)
    freezing.keep_document(db, frozen, composed)
    for step in freezing.steps_of(composed):
        freezing.keep_step(db, frozen, step)
    return publish_frozen(db, consultation, round_, frozen, by=by, now=now)


def begin_publishing(
    db: Session,
    consultation: Consultation,
    round_: Round,
    *,
    kind: ReportKind,
    answers_by: date | None,
    next_url: str,
    by: Staff,
    now: datetime,
) -> Task:
    """Have a long report prepared and then published by the worker.

    Returns the Task, which ends when everything is published, or says why nothing is.  Raises what check_publish_report raises.
    Recorded when it is published.
    """
    lock(db, consultation)
    lock(db, round_)
    _check(db, round_, kind=kind, answers_by=answers_by, now=now)
    frozen = freezing.begin_frozen(db, round_, kind=kind, answers_by=answers_by, now=now)
    return start_task(db, PUBLISH, owner=by.actor, subject=f"frozen_report:{frozen.id}", next_url=next_url, now=now)


def publish_frozen(
    db: Session, consultation: Consultation, round_: Round, frozen: FrozenReport, *, by: Staff, now: datetime
) -> Report:
    """Publish what was prepared, by one row that all readers join; nothing of it is written here, so it takes as long for any length.

    Returns the report.  Raises ChangedMeanwhile, and what check_publish_report raises.
    Records ``report.published`` (slug, number, kind, digest, comments).
    """
    lock(db, consultation)
    lock(db, round_)  # who answers, blacks out or withdraws holds the round: they are done before, or see it published
    _check(db, round_, kind=frozen.kind, answers_by=frozen.answers_by, now=now)
    made_from = freezing.revisions(db, consultation, round_.id)
    rules.check_unchanged(frozen.made_from, made_from, is_complete=queries.is_complete(db, frozen))
    report = Report(
        consultation_id=consultation.id,
        round_id=round_.id,
        number=queries.last_number(db, consultation.id) + 1,
        kind=frozen.kind,
        published_at=now,
        answers_by=frozen.answers_by,
        digest=frozen.digest,
        frozen=frozen,
    )
    with refusing(db, REFUSALS):
        db.add(report)
    db.get_one(AnswerRelease, frozen.release_id).published_at = now
    consultation.revision += 1
    db.flush()
    record(
        db,
        "report.published",
        by=by,
        consultation=consultation.slug,
        number=report.number,
        kind=report.kind.value,
        digest=report.digest,
        comments=count_progress(db, round_.id).comments,
    )
    wake_exchange(db)
    # Of many answers the authors are not even looked up here.
    if frozen.answers > DIRECT or tell_authors(db, frozen, now=now):
        enqueue(db, TELL, frozen.id)
    return report


def withdraw_comment(db: Session, comment: Comment, *, now: datetime) -> None:
    """Take a comment back, also out of what was published: a trigger leaves a tombstone there. Raises WithdrawnAlready."""
    leave_release(db, comment)
    shown = queries.categories_shown(db, comment.ref)
    round_operations.withdraw_comment(db, comment, now=now)
    forget_objection(db, comment)
    for frozen_id, category in shown:
        _take_category_away(db, frozen_id, category)


def _take_category_away(db: Session, frozen_id: int, category: str) -> None:
    """Show the others of a category as participants, once fewer than five are left. Source: DESIGN invariant 4."""
    lock_id(db, FrozenReport, frozen_id)  # two who withdraw at once see each other
    left = set()
    for author in queries.shown_by_category(db, frozen_id, category):
        left.add(who(author))
        if len(left) >= rules.ENOUGH:
            return
    shown = update(ReportItem).where(ReportItem.frozen_id == frozen_id, ReportItem.author_category == category)
    db.execute(shown.values(author_category=None))
