"""Answers to people without e-mail, for the secretariat: made into a file, posted, told on the telephone, and what became of each."""

from functools import partial

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.queries import names_of
from consult.accounts.rules import Act
from consult.consultations.guards import consultation_or_404
from consult.consultations.models import Consultation
from consult.consultations.rules import check_enter
from consult.core import clock
from consult.core.acting import act_on
from consult.core.days import today_in
from consult.core.db import reading
from consult.core.files import store
from consult.core.forms import day_of
from consult.core.http import asked_number
from consult.core.i18n import use_language
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused, permits
from consult.jobs.models import Task
from consult.jobs.queries import find_task
from consult.mailings.forms_outreach import LETTER, STANDINGS, LettersForm, PostedForm
from consult.mailings.letters import Passage
from consult.mailings.letters_pdf import is_possible
from consult.mailings.models_outreach import OPEN, OutreachState, OutreachWay
from consult.mailings.views_letters import TYPES, is_there
from consult.mailings.views_staff import IN_HAND
from consult.reports import operations_letters as operations
from consult.reports import queries_letters as queries
from consult.reports.forms_letters import AnswersNoteForm, outcomes_of
from consult.reports.letters import language_of, say_answers
from consult.reports.operations_calls import note_wrong_answer_number
from consult.reports.queries_letters import Answered
from consult.reports.rules_letters import check_fetch_answers

bp = Blueprint("answer_letters_staff", __name__, url_prefix="/staff/consultations/<slug>/report/letters")
SPOKEN = (OutreachWay.PHONE, OutreachWay.IN_PERSON)


@bp.get("/")
@needs(Act.INVITE)
def show_answer_letters(slug: str) -> ResponseReturnValue:
    """Whose answers wait to be delivered, or were, and how. 403, 404."""
    with reading() as db:
        return _page(db, consultation_or_404(db, slug, Act.INVITE))


def _page(
    db: Session,
    consultation: Consultation,
    refused: Refused | None = None,
    *,
    form: LettersForm | None = None,
    posted: PostedForm | None = None,
    noted: AnswersNoteForm | None = None,
    whose: int = 0,
) -> str:
    rows = queries.list_answered(db, consultation.id, after=asked_number("after"))
    ids = [one.letter.id for one in rows]
    steps = queries.list_steps(db, ids)
    return render_template(
        "reports/show_answer_letters.html",
        consultation=consultation,
        rows=rows,
        counts=queries.count_answered(db, consultation.id),
        by_hand=queries.count_instead(db, consultation.id),
        hand_of=queries.instead_of(db, ids),
        steps=steps,
        names=names_of(db, {step.by for found in steps.values() for step in found}),
        may_be_told=queries.may_be_told(db, consultation.id, rows),
        said=_spoken(db, consultation, [one for one in rows if one.letter.way in SPOKEN]),
        outcomes_of=outcomes_of,
        standings=STANDINGS,
        in_hand=IN_HAND,
        more=ids[-1] if len(ids) == queries.PAGE else None,
        can_make=permits(check_enter, consultation),
        pdf_is_possible=is_possible(),
        form=form or LettersForm(formdata=None),
        posted=posted or PostedForm(formdata=None, data={"day": today_in(consultation.time_zone).isoformat()}),
        noted=noted or AnswersNoteForm(formdata=None),
        whose=whose,
        refused=refused,
    )


def _spoken(db: Session, consultation: Consultation, rows: list[Answered]) -> dict[int, list[Passage]]:
    """What is said to each, in their language."""
    said, found = queries.read_said(db, rows), {}
    for one in rows:
        with use_language(language_of(one, consultation)):
            found[one.letter.id] = list(say_answers(said.get(one.letter.id, [])))
    return found


@bp.get("/calls/")
@needs(Act.INVITE)
def print_answer_calls(slug: str) -> ResponseReturnValue:
    """Whom to call or visit still, on paper: what to say to each, and boxes to tick. 403, 404."""
    with reading() as db:
        consultation = consultation_or_404(db, slug, Act.INVITE)
        rows = queries.list_answered(db, consultation.id, SPOKEN, OPEN, limit=None)
        may = queries.may_be_told(db, consultation.id, rows)
        said = _spoken(db, consultation, [one for one in rows if one.letter.id in may])
        rows = [one for one in rows if said.get(one.letter.id)]
        return render_template(
            "reports/print_answer_calls.html", consultation=consultation, rows=rows, said=said, outcomes_of=outcomes_of
        )


def _found(db: Session, slug: str) -> tuple[Consultation]:
    return (consultation_or_404(db, slug, Act.INVITE),)


@bp.post("/make/")
@needs(Act.INVITE)
def make_answer_letters(slug: str) -> ResponseReturnValue:
    """Let the worker write the letters into a file. 303 to the status page; 403, 404, 409, 410, 422."""
    form = LettersForm()

    def act(db: Session, consultation: Consultation) -> str:
        kind = form.kind.data
        can = kind != "pdf" or is_possible()
        task = operations.ask_answer_letters(
            db, consultation, kind, is_possible=can, by=current_staff(), now=clock.now()
        )
        task.next_url = url_for(".show_answer_file", slug=slug, task=task.ref)
        return url_for("jobs_staff.show_task", ref=task.ref)

    return act_on(partial(_found, slug=slug), form, act, partial(_page, form=form))


@bp.get("/files/<task>/")
@needs(Act.INVITE)
def show_answer_file(slug: str, task: str) -> ResponseReturnValue:
    """A file that is ready. 404 for another's, and for one that is not written or has gone; 409 where a comment was withdrawn."""
    with reading() as db:
        consultation = consultation_or_404(db, slug, Act.INVITE)
        found = _task_or_404(db, consultation, task)
    return render_template("reports/show_answer_file.html", consultation=consultation, task=found)


@bp.get("/files/<task>/file/")
@needs(Act.INVITE)
def download_answer_file(slug: str, task: str) -> ResponseReturnValue:
    """The file. 403, 404, 409 like its page."""
    with reading() as db:
        found = _task_or_404(db, consultation_or_404(db, slug, Act.INVITE), task)
    kind = found.subject.rpartition(":")[2]
    headers = {"Content-Disposition": f'attachment; filename="answers-{slug}-{found.created_at:%Y-%m-%d}.{kind}"'}
    return Response(store().read(found.result_key or ""), mimetype=TYPES[kind], headers=headers)


def _task_or_404(db: Session, consultation: Consultation, ref: str) -> Task:
    task = find_task(db, ref, current_staff().actor)
    about = f"answer_letters:{consultation.id}:"
    is_it = task is not None and task.kind == operations.MAKE and task.subject.startswith(about)
    if not is_it or task is None or not is_there(task, now=clock.now()):
        abort(404)
    check_fetch_answers(was_withdrawn=queries.was_withdrawn(db, consultation.id, since=task.created_at))
    return task


@bp.post("/posted/")
@needs(Act.INVITE)
def mark_answers_posted(slug: str) -> ResponseReturnValue:
    """Note that all that is printed was posted. 303 to the letters; 403, 404, 409, 422 with what was typed."""
    form = PostedForm()

    def act(db: Session, consultation: Consultation) -> str:
        today = today_in(consultation.time_zone)
        operations.mark_answers_posted(
            db, consultation, day_of(form.day.data), today=today, by=current_staff(), now=clock.now()
        )
        return url_for(".show_answer_letters", slug=slug)

    return act_on(partial(_found, slug=slug), form, act, partial(_page, posted=form))


@bp.post("/<int:number>/note/")
@needs(Act.INVITE)
@keeps_words
def note_answers(slug: str, number: int) -> ResponseReturnValue:
    """Note what became of one. 303 to the letters; 403, 404, 409, 422 with what was typed."""
    form = AnswersNoteForm()

    def find(db: Session) -> tuple[Consultation, Answered]:
        consultation = consultation_or_404(db, slug, Act.INVITE)
        return consultation, queries.find_answered(db, consultation.id, number) or abort(404)

    def act(db: Session, consultation: Consultation, one: Answered) -> str:
        _note(db, consultation, one, form)
        return url_for(".show_answer_letters", slug=slug, after=request.args.get("after"))

    def page(db: Session, consultation: Consultation, _one: Answered, refused: Refused | None = None) -> str:
        return _page(db, consultation, refused, noted=form, whose=number)

    return act_on(find, form, act, page)


def _note(db: Session, consultation: Consultation, one: Answered, form: AnswersNoteForm) -> None:
    by, now = current_staff(), clock.now()
    if form.outcome.data == LETTER:
        operations.note_wants_answer_letter(db, consultation, one, by=by, now=now)
        return
    said, note, today = OutreachState(form.outcome.data), form.note.data or "", today_in(consultation.time_zone)
    if said is OutreachState.WRONG_NUMBER:
        note_wrong_answer_number(db, consultation, one, note=note, today=today, by=by, now=now)
        return
    day = day_of(form.day.data)
    operations.note_answers(db, consultation, one, said, day=day, note=note, today=today, by=by, now=now)
