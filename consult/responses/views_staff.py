"""Answers for the team: what is left to do, the list, and one comment after the other, answered and screened."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, is_allowed, needs
from consult.accounts.rules import Act
from consult.consultations.guards import consultation_or_404
from consult.consultations.models import Consultation
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.forms import Form
from consult.core.http import asked_id, see_other
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused
from consult.drafts.redline import suggested_wording_html
from consult.responses import operations, operations_objections, operations_translations, queries, rules
from consult.responses.blacking_out import shown_blacked
from consult.responses.forms import (
    CATEGORIES,
    FIELDS,
    GROUNDS,
    OUTCOMES,
    AnswerForm,
    RedactForm,
    RemoveRedactionForm,
    SettleForm,
    TranslateForm,
    WithholdForm,
    translation_form,
)
from consult.responses.models import Grounds, Outcome
from consult.responses.queries import Asked, Show
from consult.responses.queries_objections import find_objection
from consult.responses.queries_translations import list_translations
from consult.responses.standing import place_now, refs_now
from consult.rounds.forms import CONSENTS
from consult.rounds.models import Comment, Round
from consult.rounds.queries import FIRST
from consult.stakeholders.queries import names_registered

bp = Blueprint("responses_staff", __name__, url_prefix="/staff/consultations/<slug>/answers")

TAGS = {
    Outcome.ACCEPTED: "accepted",
    Outcome.ACCEPTED_IN_PART: "inpart",
    Outcome.NOTED: "noted",
    Outcome.NOT_ACCEPTED: "refused",
    Outcome.OUT_OF_SCOPE: "noted",
}
WORDS = {"outcomes": dict(OUTCOMES), "tags": TAGS, "consents": dict(CONSENTS), "grounds": dict(GROUNDS)}


@dataclass(slots=True)
class Forms:
    """The forms of one comment's page. Those that were not sent are empty, whatever the one that was sent holds."""

    answer: AnswerForm = field(default_factory=lambda: AnswerForm(formdata=None))
    redact: RedactForm = field(default_factory=lambda: RedactForm(formdata=None))
    withhold: WithholdForm = field(default_factory=lambda: WithholdForm(formdata=None))
    settle: SettleForm = field(default_factory=lambda: SettleForm(formdata=None))
    translate: TranslateForm | None = None  # depends on the languages; made by the page where it was not sent

    def errors_listed(self) -> list[tuple[str, str]]:
        """What is wrong, for the summary at the top of the page."""
        sent = (self.answer, self.redact, self.withhold, self.settle, *([self.translate] if self.translate else []))
        return [words for form in sent for words in form.errors_listed()]


def _round_or_404(db: Session, consultation: Consultation) -> tuple[Round, list[Round]]:
    """The round that the address asks for, else the newest; and all of them."""
    rounds = queries.list_rounds(db, consultation.id) or abort(404)
    wanted = request.args.get("round", "")
    return next((one for one in rounds if str(one.number) == wanted), rounds[0]), rounds


def _wanted_show() -> Show | Outcome:
    wanted = request.args.get("show", "")
    if wanted in list(Outcome):
        return Outcome(wanted)
    return Show(wanted) if wanted in list(Show) else Show.UNANSWERED


@bp.get("/")
@needs(Act.READ_DRAFT)
def list_answers(slug: str) -> ResponseReturnValue:
    """How far the answers of a round are, and its comments: those unanswered, unscreened, of one outcome, or all. 403, 404."""
    show = _wanted_show()
    with reading() as db:
        consultation = consultation_or_404(db, slug, Act.READ_DRAFT)
        round_, rounds = _round_or_404(db, consultation)
        comments = queries.list_answers(db, round_.id, show=show, after=asked_id("after") or FIRST)
        return render_template(
            "responses/list_answers.html",
            consultation=consultation,
            round=round_,
            rounds=rounds,
            progress=queries.count_progress(db, round_.id),
            counts=queries.count_outcomes(db, round_.id),
            show=show,
            comments=comments,
            now=refs_now(db, consultation.id, [one.paragraph_key for one in comments if one.paragraph_key]),
            more=comments[-1].id if len(comments) == queries.PAGE else None,
            kept=_kept(db, consultation),
            **WORDS,
        )


@bp.get("/next/")
@needs(Act.READ_DRAFT)
def next_unanswered(slug: str) -> ResponseReturnValue:
    """On to the first comment that waits for an answer, `after` another one or at all, or to the list. 303; 403, 404."""
    with reading() as db:
        consultation = consultation_or_404(db, slug, Act.READ_DRAFT)
        round_, _rounds = _round_or_404(db, consultation)
        left = queries.find_asked(db, consultation.id, request.args.get("after", ""))
        ref = queries.next_unanswered(db, round_.id, left.comment.id if left else 0)
    return see_other(_onward(slug, ref, round_.number))


def _onward(slug: str, ref: str | None, number: int, *, kept: str | None = None) -> str:
    """The next comment, or the list; `kept` is the comment whose answer was kept a moment ago."""
    if ref:
        return url_for(".show_comment", slug=slug, ref=ref, kept=kept)
    return url_for(".list_answers", slug=slug, round=number, kept=kept)


def _kept(db: Session, consultation: Consultation) -> Asked | None:
    """The comment whose answer was kept a moment ago, so that it can be taken back."""
    found = queries.find_asked(db, consultation.id, request.args.get("kept", ""))
    return found if found is not None and found.held is not None and not found.is_published else None


def _page(db: Session, consultation: Consultation, asked: Asked, forms: Forms, refused: Refused | None = None) -> str:
    comment = asked.comment
    categories = dict(CATEGORIES)
    if comment.suggestion:
        forms.answer.without_noted()
    forms.translate = forms.translate or _translation_form(db, consultation, asked, is_sent=False)
    return render_template(
        "responses/show_comment.html",
        consultation=consultation,
        asked=asked,
        comment=comment,
        forms=forms,
        refused=refused,
        may_answer=is_allowed(Act.ANSWER_COMMENTS) and not asked.is_published and comment.withdrawn_at is None,
        may_translate=is_allowed(Act.TRANSLATE_ANSWERS) and not asked.is_published and comment.withdrawn_at is None,
        is_unscreened=asked.needs_screening and not (asked.response and asked.response.screened_at),
        place_now=place_now(db, consultation.id, comment, consultation.languages),
        objection=find_objection(db, comment.id),
        is_borrowed=bool(asked.author and names_registered(db, (asked.author.name, asked.author.organisation))),
        progress=queries.count_progress(db, comment.round_id),
        kept=_kept(db, consultation),
        difference=suggested_wording_html(comment.quoted_text, comment.suggestion) if comment.suggestion else "",
        shown=shown_blacked(comment, asked.redactions, categories),
        categories=categories,
        fields_named=dict(FIELDS),
        **WORDS,
    )


def _translation_form(db: Session, consultation: Consultation, asked: Asked, *, is_sent: bool) -> TranslateForm | None:
    """The reason of the answer that holds in the other languages; None where there is no reason, or no other language."""
    held = asked.held
    if held is None or not held.reason:
        return None
    codes = [code for code in consultation.languages if code != held.language]
    present = {one.language: one.reason for one in list_translations(db, held.id)}
    return translation_form(codes, present, is_sent=is_sent) if codes else None


@bp.get("/<ref>/")
@needs(Act.READ_DRAFT)
def show_comment(slug: str, ref: str) -> ResponseReturnValue:
    """One comment as it was written, its answers, and what of it is blacked out. 403, 404."""
    with reading() as db:
        consultation = consultation_or_404(db, slug, Act.READ_DRAFT)
        asked = queries.find_asked(db, consultation.id, ref) or abort(404)
        held = asked.held
        forms = Forms(answer=AnswerForm(formdata=None, reason=held.reason if held else ""))
        return _page(db, consultation, asked, forms)


Operation = Callable[[Session, Consultation, Comment], Any]


def _work_on(slug: str, ref: str, forms: Forms, sent: Form, operation: Operation) -> tuple[str, int] | Asked:
    """Find the comment, check the form that was sent, carry the operation out. The page of what is wrong, or the comment found."""
    with writing() as db:
        consultation = consultation_or_404(db, slug, Act.ANSWER_COMMENTS)
        asked = queries.find_asked(db, consultation.id, ref) or abort(404)
        if not sent.validate():
            return _page(db, consultation, asked, forms), 422
        try:
            with db.begin_nested():
                operation(db, consultation, asked.comment)
        except Refused as problem:
            fresh = queries.find_asked(db, consultation.id, ref) or abort(404)
            return _page(db, consultation, fresh, forms, problem), problem.status
    return asked


def _back(slug: str, ref: str, done: tuple[str, int] | Asked) -> ResponseReturnValue:
    return see_other(url_for(".show_comment", slug=slug, ref=ref)) if isinstance(done, Asked) else done


@bp.post("/<ref>/answer/")
@needs(Act.ANSWER_COMMENTS)
@keeps_words
def answer_comment(slug: str, ref: str) -> ResponseReturnValue:
    """Keep an answer, and that the comment was screened. 303 to the next unanswered comment; 403, 404, 409, 422 with what was typed."""
    form = AnswerForm()

    def answer(db: Session, consultation: Consultation, comment: Comment) -> None:
        by, now = current_staff(), clock.now()
        operations.answer_comment(db, consultation, comment, form.to_answer(), by=by, now=now)
        if form.is_screened.data:
            operations.mark_screened(db, consultation, comment, by=by, now=now)

    done = _work_on(slug, ref, Forms(answer=form), form, answer)
    if not isinstance(done, Asked):
        return done
    with reading() as db:
        number = db.get_one(Round, done.comment.round_id).number
        onward = queries.next_unanswered(db, done.comment.round_id, done.comment.id)
    return see_other(_onward(slug, onward, number, kept=ref))


@bp.post("/<ref>/undo/")
@needs(Act.ANSWER_COMMENTS)
def undo_answer(slug: str, ref: str) -> ResponseReturnValue:
    """Take the last answer back. 303 to the comment; 403, 404, 409."""

    def undo(db: Session, consultation: Consultation, comment: Comment) -> None:
        operations.undo_answer(db, consultation, comment, by=current_staff(), now=clock.now())

    return _back(slug, ref, _work_on(slug, ref, Forms(), Form(), undo))


@bp.post("/<ref>/redact/")
@needs(Act.ANSWER_COMMENTS)
@keeps_words
def redact_comment(slug: str, ref: str) -> ResponseReturnValue:
    """Black a passage out wherever it stands. 303 to the comment; 403, 404, 409, 422 with what was typed."""
    form = RedactForm()

    def redact(db: Session, consultation: Consultation, comment: Comment) -> None:
        passage, category = form.passage.data, form.to_category()
        operations.redact_comment(db, consultation, comment, passage, category, by=current_staff(), now=clock.now())

    return _back(slug, ref, _work_on(slug, ref, Forms(redact=form), form, redact))


@bp.post("/<ref>/remove-redaction/")
@needs(Act.ANSWER_COMMENTS)
def remove_redaction(slug: str, ref: str) -> ResponseReturnValue:
    """Show a passage again. 303 to the comment; 403, 404, 409."""
    form = RemoveRedactionForm()
    place = form.to_place() or abort(404)

    def remove(db: Session, consultation: Consultation, comment: Comment) -> None:
        operations.remove_redaction(db, consultation, comment, *place, by=current_staff())

    return _back(slug, ref, _work_on(slug, ref, Forms(), form, remove))


@bp.post("/<ref>/withhold/")
@needs(Act.ANSWER_COMMENTS)
@keeps_words
def withhold_comment(slug: str, ref: str) -> ResponseReturnValue:
    """Keep a whole comment out of what is published. 303 to the comment; 403, 404, 409, 422."""
    form = WithholdForm()

    def withhold(db: Session, consultation: Consultation, comment: Comment) -> None:
        grounds = Grounds(form.grounds.data)
        operations.withhold_comment(db, consultation, comment, grounds, by=current_staff(), now=clock.now())

    return _back(slug, ref, _work_on(slug, ref, Forms(withhold=form), form, withhold))


@bp.post("/<ref>/lift-withholding/")
@needs(Act.ANSWER_COMMENTS)
def lift_withholding(slug: str, ref: str) -> ResponseReturnValue:
    """Let a withheld comment be published after all. 303 to the comment; 403, 404, 409."""

    def lift(db: Session, consultation: Consultation, comment: Comment) -> None:
        operations.lift_withholding(db, consultation, comment, by=current_staff())

    return _back(slug, ref, _work_on(slug, ref, Forms(), Form(), lift))


@bp.post("/<ref>/screened/")
@needs(Act.ANSWER_COMMENTS)
def mark_screened(slug: str, ref: str) -> ResponseReturnValue:
    """Say that nothing else needs to be blacked out. 303 to the comment; 403, 404, 409."""

    def mark(db: Session, consultation: Consultation, comment: Comment) -> None:
        operations.mark_screened(db, consultation, comment, by=current_staff(), now=clock.now())

    return _back(slug, ref, _work_on(slug, ref, Forms(), Form(), mark))


@bp.post("/<ref>/objection/")
@needs(Act.ANSWER_COMMENTS)
@keeps_words
def settle_objection(slug: str, ref: str) -> ResponseReturnValue:
    """Reply to the author's objection. 303 to the comment; 403, 404, 409, 422 with what was typed."""
    form = SettleForm()

    def settle(db: Session, consultation: Consultation, comment: Comment) -> None:
        reply = form.reply.data
        operations_objections.settle_objection(db, consultation, comment, reply, by=current_staff(), now=clock.now())

    return _back(slug, ref, _work_on(slug, ref, Forms(settle=form), form, settle))


@bp.post("/<ref>/translate/")
@needs(Act.TRANSLATE_ANSWERS)
@keeps_words
def translate_answer(slug: str, ref: str) -> ResponseReturnValue:
    """Give the reason in other languages. 303 to the comment; 403, 404, 409, 422 with what was typed."""
    with writing() as db:
        consultation = consultation_or_404(db, slug, Act.TRANSLATE_ANSWERS)
        asked = queries.find_asked(db, consultation.id, ref) or abort(404)
        form = _translation_form(db, consultation, asked, is_sent=True)
        if form is None:
            return _page(db, consultation, asked, Forms(), rules.NothingToTranslate()), 409
        forms = Forms(translate=form)
        if not form.validate():
            return _page(db, consultation, asked, forms), 422
        try:
            with db.begin_nested():
                operations_translations.translate_answer(
                    db, consultation, asked.comment, form.to_reasons(), by=current_staff(), now=clock.now()
                )
        except Refused as problem:
            return _page(db, consultation, asked, forms, problem), problem.status
    return see_other(url_for(".show_comment", slug=slug, ref=ref))
