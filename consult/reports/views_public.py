"""The response report for everyone: a page, and files from the same frozen document."""

from flask import Blueprint, Response, abort, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.consultations import queries as consultation_queries
from consult.consultations.models import Consultation
from consult.core import i18n
from consult.core.days import day_in
from consult.core.db import reading
from consult.core.http import not_modified, public_response
from consult.core.other_languages import written_in
from consult.drafts.queries import find_published
from consult.reports import formats, formats_docx, queries
from consult.reports.models import Report, ReportItem
from consult.reports.showing import personal_of, show

bp = Blueprint("reports_public", __name__, url_prefix="/<lang>/consultations/<slug>")

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def _report(db: Session, slug: str) -> tuple[Consultation, Report, dict[int, ReportItem]]:
    consultation = consultation_queries.find_public(db, slug) or abort(404)
    report = queries.newest_report(db, consultation.id) or abort(404)
    return consultation, report, queries.list_items(db, report.id)


def _version(consultation: Consultation, report: Report, items: dict[int, ReportItem], kind: str) -> str:
    tombstones = sum(item.tombstoned_at is not None for item in items.values())
    return f"report:{kind}:{report.id}:{report.digest}:{tombstones}:{consultation.revision}:{i18n.language().code}"


@bp.get("/response/")
def show_report(slug: str) -> ResponseReturnValue:
    """The newest report. 404 where none is published."""
    with reading() as db:
        consultation, report, items = _report(db, slug)
        published = find_published(db, slug)
    version = _version(consultation, report, items, "html")
    return not_modified(version) or public_response(report_page(consultation, report, items, published), version)


def report_page(
    consultation: Consultation, report: Report, items: dict[int, ReportItem], published: object | None
) -> str:
    """The page of a report, also of one that is not published yet."""
    written_in(consultation.languages)
    return render_template(
        "reports/show_report.html",
        consultation=consultation,
        report=report,
        published_on=day_in(consultation.time_zone, report.published_at),
        numbers=report.document["numbers"],
        outcomes=formats.outcome_counts(report.document["numbers"]),
        paragraphs=show(report.document, personal_of(items)),
        published=published,
    )


@bp.get("/response.<kind>")
def download_report(slug: str, kind: str) -> ResponseReturnValue:
    """The newest report as CSV, JSON or DOCX. 404 where none is published, or for another ending."""
    if kind not in TYPES:
        abort(404)
    with reading() as db:
        consultation, report, items = _report(db, slug)
    version = _version(consultation, report, items, kind)
    return not_modified(version) or _file(consultation, report, items, kind, version)


def _file(
    consultation: Consultation, report: Report, items: dict[int, ReportItem], kind: str, version: str
) -> Response:
    personal = personal_of(items)
    if kind == "json":
        content = formats.as_json(report, personal)
    elif kind == "csv":
        content = formats.as_csv(show(report.document, personal))
    else:
        on = day_in(consultation.time_zone, report.published_at)
        content = formats_docx.as_docx(consultation.title.shown().text, report, show(report.document, personal), on=on)
    answer = public_response(content, version, mimetype=TYPES[kind])
    name = f"{consultation.slug}-response-{report.number}.{i18n.language().code}.{kind}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
