"""The publish check, the report as it would look, and the button that publishes all answers."""

from datetime import date

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.consultations.guards import consultation_or_404
from consult.consultations.models import Consultation
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.http import see_other
from consult.core.i18n import find_language
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused
from consult.reports import formats, operations, queries, queries_letters, rules
from consult.reports.forms import PublishForm
from consult.reports.models import ReportKind
from consult.reports.operations_freezing import compose
from consult.reports.showing import ShownParagraph, show, with_category
from consult.responses.queries import count_outcomes, count_progress
from consult.responses.queries_objections import count_objections, count_untold, next_objection
from consult.responses.queries_translations import count_untranslated, next_untranslated
from consult.rounds.models import Round
from consult.rounds.queries import latest_round
from consult.safe_desk.queries import find_standing

bp = Blueprint("reports_staff", __name__, url_prefix="/staff/consultations/<slug>/report")

PREVIEW_MAX = 500  # comments: a longer report is made only when asked for


def _page(
    db: Session, consultation: Consultation, round_: Round, form: PublishForm, refused: Refused | None = None
) -> str:
    progress = count_progress(db, round_.id)
    is_shown = progress.comments <= PREVIEW_MAX or "preview" in request.args
    is_published = queries.has_final(db, round_.id)
    problems = rules.problems(
        progress,
        objections=count_objections(db, round_.id),
        kind=ReportKind.FINAL,
        is_closed=round_.closes_at <= clock.now(),
        is_published=is_published,
        answers_by=None,
        nameless=find_standing(db, round_, now=clock.now()),
    )
    return render_template(
        "reports/check_report.html",
        consultation=consultation,
        round=round_,
        progress=progress,
        problems=list(problems),
        objection=next_objection(db, round_.id),
        untold=count_untold(db, consultation.id),
        names={code: find_language(code).name for code in consultation.languages},
        untranslated=[
            (code, count, next_untranslated(db, round_.id, code))
            for code in consultation.languages
            if (count := count_untranslated(db, round_.id, code))
        ],
        is_published=is_published,
        published_at=queries.last_published(db, consultation.id),
        has_letters=bool(queries_letters.list_answered(db, consultation.id, limit=1)),
        to_deliver=queries_letters.count_open(db, [consultation.id]).get(consultation.id, 0),
        outcomes=formats.outcome_counts({"by_outcome": count_outcomes(db, round_.id)}),
        paragraphs=_preview(db, consultation, round_) if is_shown else None,
        form=form,
        refused=refused,
    )


def _preview(db: Session, consultation: Consultation, round_: Round) -> list[ShownParagraph]:
    made = compose(db, consultation, round_).made
    said = {place: with_category(one.said, one.category) for place, one in enumerate(made.personal)}
    return show(made.document, said)


@bp.get("/")
@needs(Act.READ_DRAFT)
def check_report(slug: str) -> ResponseReturnValue:
    """What stands against publishing, and the report as it would look now; a long one with `?preview`. 403, 404 without a round."""
    with reading() as db:
        consultation = consultation_or_404(db, slug, Act.READ_DRAFT)
        round_ = latest_round(db, consultation.id) or abort(404)
        return _page(db, consultation, round_, PublishForm(formdata=None))


@bp.post("/publish/")
@needs(Act.PUBLISH_VERSION)
@keeps_words
def publish_report(slug: str) -> ResponseReturnValue:
    """Publish all answers and the report. 303 to its check page, or to how far a long one is; 403, 404, 409, 422 with what was typed."""
    form = PublishForm()
    with writing() as db:
        consultation = consultation_or_404(db, slug, Act.PUBLISH_VERSION)
        round_ = latest_round(db, consultation.id) or abort(404)
        if not form.validate():
            return _page(db, consultation, round_, form), 422
        kind = ReportKind.INTERIM if form.kind.data == ReportKind.INTERIM.value else ReportKind.FINAL
        try:
            with db.begin_nested():
                onward = _publish(db, consultation, round_, kind, form.day())
        except Refused as problem:
            return _page(db, consultation, round_, form, problem), problem.status
    return see_other(onward)


def _publish(db: Session, consultation: Consultation, round_: Round, kind: ReportKind, answers_by: date | None) -> str:
    """Publish at once, or have it done where it takes longer. Returns where to go on: to the check page, or to how far it is."""
    back, by, now = url_for(".check_report", slug=consultation.slug), current_staff(), clock.now()
    if count_progress(db, round_.id).comments <= operations.DIRECT:
        operations.publish_report(db, consultation, round_, kind=kind, answers_by=answers_by, by=by, now=now)
        return back
    task = operations.begin_publishing(
        db, consultation, round_, kind=kind, answers_by=answers_by, next_url=back, by=by, now=now
    )
    return url_for("jobs_staff.show_task", ref=task.ref)
