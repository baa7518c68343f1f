"""The officer's desk on main: fetch what came, hand in what was decided. And for the team: what it cannot see, and why."""

import json

from flask import Blueprint, Response, abort, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.consultations.guards import consultation_or_404
from consult.consultations.models import Consultation
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.files import store
from consult.core.http import see_other, takes_upload
from consult.core.refusals import Refused
from consult.custody import operations_keys
from consult.custody import queries as custody
from consult.custody.forms import SignedForm
from consult.custody.models import SIGNED_MAX
from consult.custody.rules import FileWrong
from consult.custody.sides import safe_in_use
from consult.custody.views_staff import FORM_OVERHEAD, attached, going_on_or_404, own_card, public_or_404
from consult.safe_desk import operations, operations_results, queries
from consult.safe_desk.desk_files import call_of, hand_out_batches
from consult.safe_desk.forms import ResultForm, WithdrawalsForm
from consult.safe_desk.models import RESULT_MAX, NamelessRound
from consult.safe_desk.telling import told_of

bp = Blueprint("safe_desk_staff", __name__, url_prefix="/staff")


@bp.get("/custody/consultations/<slug>/")
@needs(Act.HOLD_KEYS)
def show_desk(slug: str) -> ResponseReturnValue:
    """The keys of a consultation, the last exchange run, and the way to and from the desk. 403, 404."""
    with reading() as db:
        consultation, officer = public_or_404(db, slug), own_card(db)
        keys = custody.list_keys(db, consultation.id)
        over = queries.destroy_after(consultation)
        return render_template(
            "safe_desk/show_desk.html",
            consultation=consultation,
            officer=officer,
            keys=[(one, custody.copy_of(db, one.id, officer.id)) for one in keys],
            newest=queries.newest_batch(db, consultation.id),
            result=queries.newest_result(db, consultation.id),
            may_erase=over is not None and clock.now().date() > over,
            told=told_of(db, consultation, now=clock.now()),
        )


@bp.get("/custody/consultations/<slug>/call.json")
@needs(Act.HOLD_KEYS)
def download_call(slug: str) -> ResponseReturnValue:
    """What the custodian file needs to make the key of a consultation. 403, 404; 409 before safe's key is known."""
    with reading() as db:
        own_card(db)
        call = call_of(safe_in_use(), going_on_or_404(db, slug))
    return attached(json.dumps(call, ensure_ascii=False), f"call-{slug}.json")


@bp.post("/custody/consultations/<slug>/erased/")
@needs(Act.HOLD_KEYS)
@takes_upload(SIGNED_MAX + FORM_OVERHEAD)
def report_erasure(slug: str) -> ResponseReturnValue:
    """Hand in the signed word that one's half is erased. 303 to the desk; 403, 404, 409, 422."""
    content = SignedForm().content(SIGNED_MAX)
    with writing() as db:
        consultation, officer = public_or_404(db, slug), own_card(db)
        operations_keys.report_erasure(
            db,
            safe_in_use(),
            consultation,
            content,
            officer=officer,
            destroy_after=queries.destroy_after(consultation),
            by=current_staff(),
            now=clock.now(),
        )
    return see_other(url_for(".show_desk", slug=slug))


@bp.post("/custody/consultations/<slug>/desk-file/")
@needs(Act.HOLD_KEYS)
def hand_out(slug: str) -> ResponseReturnValue:
    """Everything sealed, for the desk, as one file. 403, 404, 422 where there is no key."""
    with writing() as db:
        consultation, officer = public_or_404(db, slug), own_card(db)
        desk = hand_out_batches(db, safe_in_use(), consultation, officer, by=current_staff(), now=clock.now())
    headers = {"Content-Disposition": f'attachment; filename="desk-{slug}.json"'}
    return Response(desk.pieces(), mimetype="application/json", headers=headers)


@bp.post("/custody/consultations/<slug>/result/")
@needs(Act.HOLD_KEYS)
@takes_upload(RESULT_MAX + FORM_OVERHEAD)
def upload_result(slug: str) -> ResponseReturnValue:
    """Hand in a result; a worker carries it out. 303 to the status; 403, 404, 422."""
    with reading() as db:
        public_or_404(db, slug)
        own_card(db)
    form = ResultForm()
    content = form.file.data.read(RESULT_MAX + 1) if form.validate() and form.file.data else b""
    if not content or len(content) > RESULT_MAX:
        raise FileWrong
    key = store().keep(content, kind=operations_results.UPLOADS)
    with writing() as db:
        consultation, officer = public_or_404(db, slug), own_card(db)
        task = operations_results.upload_result(
            db,
            consultation,
            officer,
            key,
            next_url=url_for(".show_desk", slug=slug),
            by=current_staff(),
            now=clock.now(),
        )
    return see_other(url_for("jobs_staff.show_task", ref=task.ref))


# --- for the team ------------------------------------------------------------------------------------------------------


def _team_page(db: Session, consultation: Consultation, form: WithdrawalsForm, refused: Refused | None = None) -> str:
    rounds = queries.nameless_rounds(db, consultation.id) or abort(404)
    return render_template(
        "safe_desk/show_nameless.html",
        consultation=consultation,
        told=told_of(db, consultation, now=clock.now()),
        row=db.get(NamelessRound, rounds[0].id),
        newest=queries.newest_batch(db, consultation.id),
        result=queries.newest_result(db, consultation.id),
        fault=queries.newest_fault(db, consultation.id),
        keys=custody.list_keys(db, consultation.id),
        form=form,
        refused=refused,
    )


@bp.get("/consultations/<slug>/without-a-name/")
@needs(Act.READ_CUSTODY)
def show_nameless(slug: str) -> ResponseReturnValue:
    """What the team cannot see of comments without a name, who can, and how far the round is. 403, 404."""
    with reading() as db:
        consultation = consultation_or_404(db, slug, Act.READ_CUSTODY)
        return _team_page(db, consultation, WithdrawalsForm(formdata=None))


@bp.post("/consultations/<slug>/without-a-name/withdrawals/")
@needs(Act.PUBLISH_VERSION)
def announce_withdrawals(slug: str) -> ResponseReturnValue:
    """Announce until when one can withdraw without a trace. 303 to the page; 403, 404, 409, 422 with what was typed."""
    form = WithdrawalsForm()
    with writing() as db:
        consultation = consultation_or_404(db, slug, Act.PUBLISH_VERSION)
        rounds = queries.nameless_rounds(db, consultation.id) or abort(404)
        until = form.instant(consultation.time_zone) if form.validate() else None
        if until is None:
            return _team_page(db, consultation, form), 422
        try:
            with db.begin_nested():
                operations.announce_withdrawals(db, consultation, rounds[0], until, by=current_staff(), now=clock.now())
        except Refused as problem:
            return _team_page(db, consultation, form, problem), problem.status
    return see_other(url_for(".show_nameless", slug=slug))
