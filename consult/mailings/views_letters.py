"""Letters of a campaign, for the team: made by the worker, downloaded by whoever asked, posted, come back."""

from datetime import datetime
from functools import partial

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, is_allowed, needs
from consult.accounts.rules import Act
from consult.consultations.models import Consultation
from consult.core import clock
from consult.core.acting import act_on
from consult.core.days import today_in
from consult.core.db import reading
from consult.core.files import store
from consult.core.forms import day_of
from consult.core.http import asked_number
from consult.core.i18n import LazyText
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused, permits
from consult.jobs.models import Task
from consult.jobs.queries import find_task
from consult.mail.delivery import post
from consult.mailings import operations_outreach as operations
from consult.mailings import queries_outreach as queries
from consult.mailings.finding import find_campaign
from consult.mailings.forms import KINDS
from consult.mailings.forms_outreach import STANDINGS, LettersForm, PostedForm, ReturnedForm
from consult.mailings.letters import previewed_letter
from consult.mailings.letters_pdf import is_possible
from consult.mailings.mails import Reader
from consult.mailings.models import Campaign
from consult.mailings.models_outreach import LETTERS, OutreachState, OutreachWay
from consult.mailings.queries import read_words
from consult.mailings.views_staff import READERS, reached_otherwise

bp = Blueprint("letters_staff", __name__, url_prefix="/staff/consultations/<slug>/mailings/<ref>/letters")
TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}


@bp.get("/")
@needs(Act.READ_CAMPAIGNS)
def show_letters(slug: str, ref: str) -> ResponseReturnValue:
    """How many letters stand how, whose they are, and what happened with each. 403, 404."""
    with reading() as db:
        return _page(db, *find_campaign(db, slug, ref))


def _page(
    db: Session,
    consultation: Consultation,
    campaign: Campaign,
    refused: Refused | None = None,
    *,
    form: LettersForm | None = None,
    posted: PostedForm | None = None,
    returned: ReturnedForm | None = None,
    whose: str = "",
) -> str:
    asked = [one for one in (*LETTERS, OutreachState.LEFT_OUT) if one.value == request.args.get("state")]
    states = queries.states_of(campaign, asked[0]) if asked else ()
    rows = queries.list_reached(db, campaign.id, OutreachWay.LETTER, states, after=asked_number("after"))
    return render_template(
        "mailings/show_letters.html",
        consultation=consultation,
        campaign=campaign,
        kinds=KINDS,
        standings=STANDINGS,
        counts=queries.count_without_instead(db, campaign, OutreachWay.LETTER),
        again=len(queries.list_returned_to_make(db, campaign)),
        printed=queries.list_reached(db, campaign.id, OutreachWay.LETTER, (OutreachState.PRINTED,), limit=None),
        left=request.form.getlist("left"),
        **reached_otherwise(db, campaign, OutreachWay.LETTER, rows),
        rows=rows,
        standing={one.outreach.recipient_id: queries.standing_in(campaign, one.outreach.state) for one in rows},
        steps=queries.list_steps(db, [one.outreach.recipient_id for one in rows]),
        asked=asked[0].value if asked else "",
        more=rows[-1].outreach.recipient_id if len(rows) == queries.PAGE else None,
        can=is_allowed(Act.INVITE),
        can_make=permits(operations.check_may_reach, db, campaign, now=clock.now()),
        pdf_is_possible=is_possible(),
        form=form or LettersForm(formdata=None),
        posted=posted or PostedForm(formdata=None, data={"day": today_in(consultation.time_zone).isoformat()}),
        returned=returned or ReturnedForm(formdata=None),
        whose=whose,
        refused=refused,
    )


@bp.get("/preview/")
@needs(Act.READ_CAMPAIGNS)
def preview_letter(slug: str, ref: str) -> ResponseReturnValue:
    """The whole letter as a kind of recipient gets it in a language, also before it is approved. 403, 404."""
    by_duty = request.args.get("reader") == Reader.OFFICE.value
    with reading() as db:
        consultation, campaign = find_campaign(db, slug, ref)
        codes = list(read_words(db, campaign.id))
        code = request.args.get("language", codes[0])
        base_url = post().renderer.base_url
        letter = previewed_letter(
            db, campaign, code if code in codes else abort(404), by_duty=by_duty, base_url=base_url, now=clock.now()
        )
    return render_template(
        "mailings/preview_letter.html",
        consultation=consultation,
        campaign=campaign,
        letter=letter,
        codes=codes,
        reader=Reader.OFFICE if by_duty else Reader.REGISTERED,
        readers=letter_readers(),
    )


def letter_readers() -> dict[Reader, LazyText]:
    """The kinds of recipients whose letters differ."""
    return {one: READERS[one] for one in (Reader.REGISTERED, Reader.OFFICE)}


@bp.post("/make/")
@needs(Act.INVITE)
def make_letters(slug: str, ref: str) -> ResponseReturnValue:
    """Let the worker write the letters into a file. 303 to the status page; 403, 404, 409, 422."""
    form = LettersForm()

    def act(db: Session, _consultation: Consultation, campaign: Campaign) -> str:
        kind = form.kind.data
        can = kind != "pdf" or is_possible()
        task = operations.ask_letters(db, campaign, kind, is_possible=can, by=current_staff(), now=clock.now())
        task.next_url = url_for(".show_file", slug=slug, ref=ref, task=task.ref)
        return url_for("jobs_staff.show_task", ref=task.ref)

    return act_on(partial(find_campaign, slug=slug, ref=ref, act=Act.INVITE), form, act, partial(_page, form=form))


@bp.get("/files/<task>/")
@needs(Act.INVITE)
def show_file(slug: str, ref: str, task: str) -> ResponseReturnValue:
    """A file that is ready. 404 for another's, and for one that is not written or has gone."""
    with reading() as db:
        consultation, campaign = find_campaign(db, slug, ref, Act.INVITE)
        found = _task_or_404(db, campaign, task)
    return render_template("mailings/show_file.html", consultation=consultation, campaign=campaign, task=found)


@bp.get("/files/<task>/file/")
@needs(Act.INVITE)
def download_file(slug: str, ref: str, task: str) -> ResponseReturnValue:
    """The file. 403, 404 like its page."""
    with reading() as db:
        _consultation, campaign = find_campaign(db, slug, ref, Act.INVITE)
        found = _task_or_404(db, campaign, task)
    kind = found.subject.rpartition(":")[2]
    headers = {"Content-Disposition": f'attachment; filename="letters-{slug}-{found.created_at:%Y-%m-%d}.{kind}"'}
    return Response(store().read(found.result_key or ""), mimetype=TYPES[kind], headers=headers)


def _task_or_404(db: Session, campaign: Campaign, ref: str) -> Task:
    task = find_task(db, ref, current_staff().actor)
    is_it = task is not None and task.kind == operations.MAKE and task.subject.startswith(f"letters:{campaign.id}:")
    return task if is_it and task is not None and is_there(task, now=clock.now()) else abort(404)


def is_there(task: Task, *, now: datetime) -> bool:
    """Whether its file is written, and does not go with the next sweep because somebody in it is forgotten."""
    return task.result_key is not None and (task.expires_at is None or task.expires_at > now)


@bp.post("/posted/")
@needs(Act.INVITE)
def mark_posted(slug: str, ref: str) -> ResponseReturnValue:
    """Note that what is printed was posted, but those that are ticked. 303 to the letters; 403, 404, 409, 422 with what was typed."""
    form = PostedForm()

    def act(db: Session, consultation: Consultation, campaign: Campaign) -> str:
        operations.mark_posted(
            db, consultation, campaign, day_of(form.day.data), left=request.form.getlist("left"),
            today=today_in(consultation.time_zone), by=current_staff(), now=clock.now(),
        )  # fmt: skip
        return url_for(".show_letters", slug=slug, ref=ref)

    return act_on(partial(find_campaign, slug=slug, ref=ref, act=Act.INVITE), form, act, partial(_page, posted=form))


@bp.post("/<whose>/returned/")
@needs(Act.INVITE)
@keeps_words
def return_letter(slug: str, ref: str, whose: str) -> ResponseReturnValue:
    """Note that one came back. 303 to the letters; 403, 404, 409, 422 with what was typed."""
    form = ReturnedForm()

    def act(db: Session, consultation: Consultation, campaign: Campaign) -> str:
        one = queries.find_reached(db, campaign.id, whose) or abort(404)
        note = form.note.data or ""
        operations.return_letter(db, consultation, campaign, one, note=note, by=current_staff(), now=clock.now())
        return url_for(".show_letters", slug=slug, ref=ref)

    return act_on(
        partial(find_campaign, slug=slug, ref=ref, act=Act.INVITE),
        form,
        act,
        partial(_page, returned=form, whose=whose),
    )
