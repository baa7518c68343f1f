"""Writing a comment: form, check, sent. No session; what was typed travels in the form until it is sent."""

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.consultations import queries as consultation_queries
from consult.consultations.models import Consultation
from consult.core import clock, i18n
from consult.core.db import reading, writing
from consult.core.http import see_other
from consult.core.refusals import Refused
from consult.drafts.models import DraftVersion
from consult.drafts.redline import suggested_wording_html
from consult.rounds import operations, queries, rules
from consult.rounds.forms import CommentForm
from consult.rounds.models import WHOLE, Round
from consult.rounds.queries import Quoted

bp = Blueprint("rounds_public", __name__, url_prefix="/<lang>/consultations/<slug>")


def _place(db: Session, slug: str, ref: str) -> tuple[Consultation, Round, DraftVersion, Quoted | None]:
    """The consultation, its newest round, the version and the paragraph. 404 where one is missing."""
    consultation = consultation_queries.find_public(db, slug) or abort(404)
    round_ = queries.latest_round(db, consultation.id) or abort(404)
    version = db.get_one(DraftVersion, round_.version_id)
    if ref == WHOLE:
        return consultation, round_, version, None
    here = i18n.language().code
    codes = [here, *(code for code in consultation.languages if code != here)]
    return consultation, round_, version, queries.find_quoted(db, version.id, ref, codes) or abort(404)


@bp.route("/comment/<ref>/", methods=["GET", "POST"])
def write_comment(slug: str, ref: str) -> ResponseReturnValue:
    """The form, then the check page, then sending. 303 to the sent page; 404, 409 after closing, 422 with what was typed."""
    if request.method == "GET":
        with reading() as db:
            consultation, round_, version, quoted = _place(db, slug, ref)
            form = CommentForm(formdata=None)
            form.version.data = version.number
            form.suggestion.data = quoted.text if quoted else ""
            refused = _closed(round_)
            return _form_page(consultation, round_, quoted, form, refused), refused.status if refused else 200
    form = CommentForm()
    with writing() as db:
        consultation, round_, version, quoted = _place(db, slug, ref)
        if form.act.data == "change":
            return _form_page(consultation, round_, quoted, form, None)
        try:
            if not form.validate():
                return _form_page(consultation, round_, quoted, form, None), 422
            remark = form.to_remark()
            if form.act.data != "send":
                _check(round_, quoted, remark)
                return _check_page(consultation, quoted, form, remark)
            with db.begin_nested():
                made = operations.send_comment(db, round_, quoted, remark, once=form.once.data, now=clock.now())
        except Refused as problem:
            return _form_page(consultation, round_, quoted, form, problem), problem.status
    return see_other(url_for(".sent_comment", slug=slug, code=made.ref))


def _closed(round_: Round) -> Refused | None:
    try:
        rules.check_send_comment(round_, now=clock.now())
    except Refused as problem:
        return problem
    return None


def _check(round_: Round, quoted: Quoted | None, remark: operations.Remark) -> None:
    """Every rule that sending will ask, before the check page is shown."""
    rules.check_send_comment(round_, now=clock.now())
    suggestion = remark.suggestion if quoted and remark.suggestion != quoted.text else ""
    rules.check_comment(remark.text, suggestion, remark.evidence)
    rules.check_consent(remark.consent, name=remark.name, organisation=remark.organisation, category=remark.category)


def _form_page(
    consultation: Consultation, round_: Round, quoted: Quoted | None, form: CommentForm, refused: Refused | None
) -> str:
    return render_template(
        "rounds/write_comment.html", consultation=consultation, round=round_, quoted=quoted, form=form, refused=refused
    )


def _check_page(consultation: Consultation, quoted: Quoted | None, form: CommentForm, remark: operations.Remark) -> str:
    has_suggestion = quoted is not None and remark.suggestion not in ("", quoted.text)
    return render_template(
        "rounds/check_comment.html",
        consultation=consultation,
        quoted=quoted,
        form=form,
        remark=remark,
        difference=suggested_wording_html(quoted.text, remark.suggestion) if quoted and has_suggestion else None,
        consent={choice.value: choice.label for choice in form.consent.choices}[form.consent.data],
    )


@bp.get("/sent/<code>/")
def sent_comment(slug: str, code: str) -> ResponseReturnValue:
    """The number of a comment, and what happens next; nothing of what it says. 404."""
    with reading() as db:
        consultation = consultation_queries.find_public(db, slug) or abort(404)
        comment = queries.find_comment(db, code) or abort(404)
        round_ = db.get_one(Round, comment.round_id)
        if round_.consultation_id != consultation.id:
            abort(404)
    return render_template("rounds/sent_comment.html", consultation=consultation, comment=comment, round=round_)
