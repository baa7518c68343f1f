"""Asking to take part, without an account. The link in the mail shows on GET and confirms on POST only."""

from flask import Blueprint, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.consultations import operations_requests as operations
from consult.consultations import queries, queries_requests
from consult.consultations import rules_requests as rules
from consult.consultations.forms_requests import AskForm
from consult.consultations.models import Consultation, ConsultationState
from consult.consultations.models_requests import ParticipationRequest
from consult.consultations.operations_requests import Promise
from consult.core import clock, ids
from consult.core.db import reading, writing
from consult.core.old_forms import keeps_words
from consult.core.other_languages import written_in
from consult.core.refusals import Refused
from consult.core.settings import Settings

bp = Blueprint("requests_public", __name__, url_prefix="/<lang>")


@bp.route("/take-part/", methods=["GET", "POST"], defaults={"slug": ""})
@bp.route("/consultations/<slug>/take-part/", methods=["GET", "POST"])
@keeps_words
def ask_to_take_part(slug: str) -> ResponseReturnValue:
    """The form, and what happens next: the same words whether we know an address or not. 404, 422 with what was typed."""
    form = AskForm()
    with writing() if request.method == "POST" else reading() as db:
        found = _consultation(db, slug)
        if request.method != "POST" or not form.validate():
            return _form_page(form, found), 200 if request.method != "POST" else 422
        try:
            with db.begin_nested():
                made = operations.ask_to_take_part(
                    db, form.to_entry(), form.why.data, promise=promise(),
                    consultation_id=found.id if found else None, once=form.once.data or ids.random_secret(), now=clock.now(),
                )  # fmt: skip
        except Refused as problem:
            return _form_page(form, found, problem), problem.status
    has_email = bool(form.email.data)
    return render_template(
        "consultations/asked_to_take_part.html",
        asked=None if has_email else made,
        lasts=rules.LINK_LASTS.days,
        days=promise().days,
        operator=settings().operator_contact,
    )


def _consultation(db: Session, slug: str) -> Consultation | None:
    """The consultation whose page led here; None for the registry as a whole, as where that consultation is over. 404."""
    if not slug:
        return None
    found = queries.find_public(db, slug) or abort(404)
    return found if found.state is not ConsultationState.ARCHIVED else None


def _form_page(form: AskForm, consultation: Consultation | None, refused: Refused | None = None) -> str:
    if consultation is not None:
        written_in(consultation.languages)
    return render_template(
        "consultations/ask_to_take_part.html",
        form=form,
        consultation=consultation,
        refused=refused,
        days=promise().days,
        until=promise().day(clock.now()),
        operator=settings().operator_contact,
    )


@bp.get("/take-part/confirm/<token>")
def show_confirmation(token: str) -> ResponseReturnValue:
    """What the link is for; it names nobody. 404 for a link that leads nowhere, 410 for one that is too old."""
    with reading() as db:
        return _confirmation(queries_requests.find_by_link(db, ids.digest(token)))


@bp.post("/take-part/confirm/<token>")
def confirm_request(token: str) -> ResponseReturnValue:
    """The address is theirs. 200 with the day by which they hear from us, also when it was confirmed before; 404, 410."""
    with writing() as db:
        found = queries_requests.find_by_link(db, ids.digest(token))
        if found is not None and not rules.is_link_over(found, now=clock.now()):
            operations.confirm_request(db, found, promise=promise(), now=clock.now())
        return _confirmation(found)


def _confirmation(found: ParticipationRequest | None) -> ResponseReturnValue:
    if found is None:
        return render_template("consultations/no_confirmation.html", is_over=False), 404
    if rules.is_link_over(found, now=clock.now()):
        return render_template("consultations/no_confirmation.html", is_over=True), 410
    return render_template("consultations/confirm_request.html", asked=found), 200


def settings() -> Settings:
    """The settings of the installation."""
    found: Settings = current_app.extensions["consult settings"]
    return found


def promise() -> Promise:
    """Within how many working days a request is decided here."""
    here = settings()
    return Promise(here.requests_days, here.weekend_days, here.time_zone)
