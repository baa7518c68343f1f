"""The draft for its team: upload, check what was read, correct it, publish."""

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.consultations.guards import consultation_or_404
from consult.consultations.models import Consultation
from consult.core import clock, i18n
from consult.core.db import reading, writing
from consult.core.files import store
from consult.core.forms import cleaned_line, whole_number
from consult.core.http import see_other, takes_upload
from consult.core.i18n import _, find_language
from consult.core.refusals import Refused
from consult.drafts import checking, operations, queries, rules
from consult.drafts.document import Document
from consult.drafts.forms import CorrectionForm, UploadForm
from consult.drafts.models import DraftUpload, DraftVersion, UploadState, VersionState
from consult.drafts.reading_package import UPLOAD_MAX
from consult.drafts.reading_page import arrange
from consult.vocabularies import tables

bp = Blueprint("drafts_staff", __name__, url_prefix="/staff/consultations/<slug>/draft")

FORM_OVERHEAD = 100_000  # bytes around the file in a form


@bp.get("/")
@needs(Act.READ_DRAFT)
def show_draft(slug: str) -> ResponseReturnValue:
    """All versions, the words against the limit, and what to do next. 403, 404."""
    with reading() as db:
        consultation = consultation_or_404(db, slug, Act.READ_DRAFT)
        return _draft_page(db, consultation, UploadForm(consultation.languages))


def _draft_page(db: Session, consultation: Consultation, form: UploadForm, refused: Refused | None = None) -> str:
    versions = queries.list_versions(db, consultation.id)
    preparing = versions[0] if versions and versions[0].state is VersionState.PREPARING else None
    return render_template(
        "drafts/show_draft.html",
        consultation=consultation,
        versions=[one for one in versions if one.state is VersionState.PUBLISHED],
        preparing=preparing,
        uploads=[checking.measured(one) for one in queries.list_uploads(db, preparing.id)] if preparing else [],
        limit=tables.kind(consultation.kind).word_limit,
        source=consultation.languages[0],
        language_name=lambda code: find_language(code).name,
        form=form,
        refused=refused,
    )


@bp.post("/upload/")
@needs(Act.EDIT_DRAFT)
@takes_upload(UPLOAD_MAX + FORM_OVERHEAD)
def upload_draft(slug: str) -> ResponseReturnValue:
    """Take a file for a language. 303 to the status of its reading; 403, 404, 409, 413, 422."""
    with reading() as db:
        consultation = consultation_or_404(db, slug, Act.EDIT_DRAFT)
    form = UploadForm(consultation.languages)
    if not form.validate() or not form.file.data:
        if not form.file.data:
            form.file.errors = [_("Choose the file with the draft.")]
        with reading() as db:
            return _draft_page(db, consultation, form), 422
    content = form.file.data.read()
    key = store().keep(content, kind="drafts")
    with writing() as db:
        consultation = consultation_or_404(db, slug, Act.EDIT_DRAFT)
        version = operations.begin_version(db, consultation, by=current_staff(), now=clock.now())
        task = operations.upload_draft(
            db,
            version,
            language=form.language.data,
            languages=consultation.languages,
            file_name=cleaned_line(form.file.data.filename),
            file_key=key,
            size=len(content),
            next_url=url_for(".check_upload", slug=slug, language=form.language.data),
            by=current_staff(),
            now=clock.now(),
        )
    return see_other(url_for("jobs_staff.show_task", ref=task.ref))


def _upload_or_404(db: Session, slug: str, language: str, act: Act) -> tuple[Consultation, DraftVersion, DraftUpload]:
    consultation = consultation_or_404(db, slug, act)
    versions = queries.list_versions(db, consultation.id)
    if not versions or versions[0].state is VersionState.PUBLISHED:
        abort(404)
    upload = queries.find_upload(db, versions[0].id, language) or abort(404)
    return consultation, versions[0], upload


@bp.get("/check/<language>/")
@needs(Act.EDIT_DRAFT)
def check_upload(slug: str, language: str) -> ResponseReturnValue:
    """What we read in a file: doubtful places first, then the whole text with its corrections. 403, 404."""
    with reading() as db:
        consultation, version, upload = _upload_or_404(db, slug, language, Act.EDIT_DRAFT)
        if upload.state is not UploadState.READ:
            return see_other(url_for(".show_draft", slug=slug))
        return _check_page(consultation, version, upload)


def _check_page(
    consultation: Consultation, version: DraftVersion, upload: DraftUpload, refused: Refused | None = None
) -> str:
    return render_template(
        "drafts/check_upload.html",
        consultation=consultation,
        version=version,
        upload=upload,
        check=checking.check(Document.from_json(upload.document or {}), at=whole_number(request.args.get("at"))),
        limit=tables.kind(consultation.kind).word_limit,
        form=CorrectionForm(),
        refused=refused,
    )


@bp.post("/check/<language>/")
@needs(Act.EDIT_DRAFT)
def correct_upload(slug: str, language: str) -> ResponseReturnValue:
    """Make one correction. 303 back to the place; 403, 404, 409 where the text changed meanwhile, 422."""
    form = CorrectionForm()
    with writing() as db:
        consultation, version, upload = _upload_or_404(db, slug, language, Act.EDIT_DRAFT)
        try:
            with db.begin_nested():
                rules.check_edition(upload, form.edition.data or 0)
                corrected = checking.corrected(
                    Document.from_json(upload.document or {}),
                    act=form.act.data or "",
                    place=form.place.data if form.place.data is not None else -1,
                    kind=form.kind.data or "",
                    number=form.number.data,
                    begins=form.begins.data or "",
                )
                operations.correct_upload(
                    db,
                    upload,
                    corrected,
                    shown=form.edition.data or 0,
                    source_language=consultation.languages[0],
                    by=current_staff(),
                    now=clock.now(),
                )
        except Refused as problem:
            db.refresh(upload)
            return _check_page(consultation, version, upload, problem), problem.status
    place = max((form.place.data or 0) - 1, 0)
    return see_other(
        url_for(".check_upload", slug=slug, language=language, at=place if request.args.get("at") else None)
    )


@bp.get("/preview/")
@needs(Act.READ_DRAFT)
def preview_draft(slug: str) -> ResponseReturnValue:
    """The version being prepared as readers will see it. 403, 404."""
    with reading() as db:
        consultation = consultation_or_404(db, slug, Act.READ_DRAFT)
        versions = queries.list_versions(db, consultation.id)
        version = versions[0] if versions else abort(404)
        texts = queries.read_languages(db, version.id)
        if not texts:
            abort(404)
        wanted = request.args.get("language", consultation.languages[0])
        codes = [wanted, *(one.language for one in texts if one.language != wanted)]
        rows = queries.read_paragraphs(db, version.id, codes)
        shown = next((one for one in texts if one.language == wanted), texts[0])
        page = arrange(rows, i18n.language().code)
    return render_template(
        "drafts/preview_draft.html",
        consultation=consultation,
        number=version.number,
        page=page,
        words=shown.words["body"],
        text_language=shown.language,
    )


@bp.route("/publish/", methods=["GET", "POST"])
@needs(Act.PUBLISH_VERSION)
def publish_version(slug: str) -> ResponseReturnValue:
    """Say what publishing does, then do it. 303 to the draft; 403, 404, 409, 422."""
    form = CorrectionForm()
    with writing() as db:
        consultation = consultation_or_404(db, slug, Act.PUBLISH_VERSION)
        versions = queries.list_versions(db, consultation.id)
        version = versions[0] if versions else abort(404)
        page = {
            "consultation": consultation,
            "version": version,
            "uploads": [checking.measured(one) for one in queries.list_uploads(db, version.id)],
            "form": form,
            "language_name": lambda code: find_language(code).name,
        }
        if request.method == "GET":
            return render_template("drafts/publish_version.html", refused=None, **page)
        try:
            with db.begin_nested():
                operations.publish_version(
                    db, consultation, version, is_public=True, by=current_staff(), now=clock.now()
                )
        except Refused as problem:
            return render_template("drafts/publish_version.html", refused=problem, **page), problem.status
    return see_other(url_for(".show_draft", slug=slug))
