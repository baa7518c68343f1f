"""Requests to take part, for the secretariat; and for the observer what became of them, every refusal with its reason."""

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.queries import names_of
from consult.accounts.rules import Act
from consult.consultations import operations_entry, operations_telling
from consult.consultations import operations_requests as operations
from consult.consultations import queries_requests as queries
from consult.consultations.forms_requests import AcceptForm, RefuseForm
from consult.consultations.mails_requests import REASONS
from consult.consultations.models_requests import ParticipationRequest
from consult.consultations.queries_entry import list_wishes
from consult.consultations.queries_proposals import list_proposals
from consult.consultations.rules_telling import is_to_tell
from consult.consultations.views_requests import settings
from consult.core import clock
from consult.core.days import day_of
from consult.core.db import reading, writing
from consult.core.forms import cleaned_line
from consult.core.http import asked_number, see_other, staff_address
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused
from consult.stakeholders.forms import CHANNELS
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.queries import find_stakeholder
from consult.vocabularies import tables
from consult.vocabularies.words import group_names

bp = Blueprint("requests_staff", __name__, url_prefix="/staff/requests")


@bp.get("/")
@needs(Act.MANAGE_STAKEHOLDERS)
def list_requests() -> ResponseReturnValue:
    """What waits, what is due first at the top; then what was decided, a page at a time. 303 to the one of a reference."""
    reference = cleaned_line(request.args.get("reference"))
    with reading() as db:
        if reference and (found := queries.find_request(db, reference)):
            return see_other(url_for(".show_request", ref=found.ref))
        waiting = queries.list_waiting(db)
        decided, more = queries.list_decided(db, after=asked_number("after"))
        return render_template(
            "consultations/list_requests.html",
            waiting=waiting,
            decided=decided,
            more=staff_address(".list_requests", after=more) if more else None,
            account=queries.account_of(db, now=clock.now()),
            wishes=list_wishes(db),
            to_tell=queries.list_to_tell(db),
            proposals=list_proposals(db),
            titles=queries.titles_of(db, [*waiting, *decided]),
            today=day_of(clock.now()),
            reasons=REASONS,
            reference=reference,
        )


@bp.get("/refusals/")
@needs(Act.READ_REQUESTS)
def list_refusals() -> ResponseReturnValue:
    """Numbers of the last twelve months, and every refusal with its reason. Of persons only that it was a person."""
    with reading() as db:
        refused, more = queries.list_decided(db, after=asked_number("after"), refused_only=True)
        return render_template(
            "consultations/list_refusals.html",
            refused=refused,
            more=staff_address(".list_refusals", after=more) if more else None,
            account=queries.account_of(db, now=clock.now()),
            titles=queries.titles_of(db, refused),
            categories=tables.categories(),
            groups=group_names(),
            reasons=REASONS,
            days=settings().requests_days,
        )


@bp.get("/<ref>/")
@needs(Act.MANAGE_STAKEHOLDERS)
def show_request(ref: str) -> ResponseReturnValue:
    """A request beside the entries that it may be, and the two decisions. 404."""
    with reading() as db:
        found = queries.find_request(db, ref) or abort(404)
        return _page(db, found, AcceptForm(formdata=None), RefuseForm(formdata=None))


@bp.post("/<ref>/accept/")
@needs(Act.MANAGE_STAKEHOLDERS)
def accept_request(ref: str) -> ResponseReturnValue:
    """Take them into the registry. 303 to the entry; 404, 409, 422."""
    form = AcceptForm()
    with writing() as db:
        found = queries.find_request(db, ref) or abort(404)
        form.offer(_offered(queries.list_alike(db, found)))
        if not form.validate():
            return _page(db, found, form, RefuseForm(formdata=None)), 422
        entry = find_stakeholder(db, form.entry.data) if form.entry.data != "new" else None
        try:
            with db.begin_nested():
                taken = operations.accept_request(db, found, entry, by=current_staff(), now=clock.now())
        except Refused as problem:
            db.refresh(found)
            return _page(db, found, form, RefuseForm(formdata=None), problem), problem.status
        is_told = not is_to_tell(found)
    return see_other(
        url_for("registry_staff.show_stakeholder", ref=taken.ref) if is_told else url_for(".show_request", ref=ref)
    )


@bp.post("/<ref>/refuse/")
@needs(Act.MANAGE_STAKEHOLDERS)
@keeps_words
def refuse_request(ref: str) -> ResponseReturnValue:
    """Say no, with a reason. 303 to the list; 404, 409, 422 with what was typed."""
    form = RefuseForm()
    with writing() as db:
        found = queries.find_request(db, ref) or abort(404)
        if not form.validate():
            return _page(db, found, AcceptForm(formdata=None), form), 422
        try:
            with db.begin_nested():
                operations.refuse_request(
                    db, found, form.to_reason(), form.words.data,
                    operator=settings().operator_contact, by=current_staff(), now=clock.now(),
                )  # fmt: skip
        except Refused as problem:
            db.refresh(found)
            return _page(db, found, AcceptForm(formdata=None), form, problem), problem.status
        is_told = not is_to_tell(found)
    return see_other(url_for(".list_requests") if is_told else url_for(".show_request", ref=ref))


@bp.post("/<ref>/told/")
@needs(Act.MANAGE_STAKEHOLDERS)
def note_told(ref: str) -> ResponseReturnValue:
    """Note that they know what was decided. 303 to the request; 404, 409."""
    with writing() as db:
        found = queries.find_request(db, ref) or abort(404)
        operations_telling.note_told(db, found, by=current_staff(), now=clock.now())
    return see_other(url_for(".show_request", ref=ref))


@bp.post("/names/<ref>/")
@needs(Act.MANAGE_STAKEHOLDERS)
def decide_name(ref: str) -> ResponseReturnValue:
    """Give an organisation the name it asks for, or not. 303 to the list; 404, 409, 422."""
    decision = request.form.get("decision", "")
    if decision not in ("take", "keep"):
        abort(422)
    with writing() as db:
        entry = find_stakeholder(db, ref) or abort(404)
        operations_entry.decide_name(db, entry, takes=decision == "take", by=current_staff(), now=clock.now())
    return see_other(url_for(".list_requests"))


def _offered(alike: list[queries.Alike]) -> list[tuple[str, str]]:
    return [(one.entry.ref, one.entry.name) for one in alike]


def _page(
    db: Session, found: ParticipationRequest, accept: AcceptForm, refuse: RefuseForm, refused: Refused | None = None
) -> str:
    alike = queries.list_alike(db, found) if not found.is_decided else []
    return render_template(
        "consultations/show_request.html",
        asked=found,
        is_to_tell=is_to_tell(found),
        teller=names_of(db, [found.told_by or ""]).get(found.told_by or "", ""),
        has_letter=bool(found.postal_address) and queries.find_accepted(db, found) is not None,
        alike=alike,
        accept=accept.offer(_offered(alike)),
        refuse=refuse,
        refused=refused,
        entry=db.get(Stakeholder, found.stakeholder_id) if found.stakeholder_id else None,
        title=queries.titles_of(db, [found]).get(found.consultation_id or 0),
        today=day_of(clock.now()),
        categories=tables.categories(),
        groups=group_names(),
        regions=tables.regions_in_use(),
        channels=dict(CHANNELS),
        reasons=REASONS,
        typed=request.method == "POST",
    )
