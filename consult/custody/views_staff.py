"""Officers and their keys for staff. Every file an officer hands in is signed: a page is only the way it takes."""

from collections.abc import Callable

from flask import Blueprint, Response, abort, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs, open_to_all
from consult.accounts.rules import Act
from consult.consultations import queries as consultation_queries
from consult.consultations.models import Consultation, ConsultationState
from consult.core import clock
from consult.core.crypto import b64
from consult.core.db import reading, writing
from consult.core.http import see_other, takes_upload
from consult.core.refusals import Refused
from consult.custody import operations, operations_keys, queries, rules
from consult.custody.custodian import custodian, grouped
from consult.custody.forms import AppointmentForm, FingerprintForm, KeyForm, SignedForm
from consult.custody.models import CARD_MAX, OPENING_MAX, SIGNED_MAX, ConsultationKey, HalfCopy, Officer
from consult.custody.queries_roll import lapsed_roll, open_roll
from consult.custody.queries_sealed import appointed_alone
from consult.custody.sides import Safe, safe

bp = Blueprint("custody_staff", __name__, url_prefix="/staff")

FORM_OVERHEAD = 10_000  # bytes around the file in a form


def _safe_or_404() -> Safe:
    """The safe; there are officers without one, too, who keep protected entries of the registry."""
    return safe() or abort(404)


@bp.get("/custodian/")
@open_to_all
def open_custodian() -> ResponseReturnValue:
    """The custodian file, the same bytes for everyone, under a policy of its own. 404 where this version has none."""
    file = custodian() or abort(404)
    return Response(
        file.content,
        mimetype="text/html",
        headers={"Content-Security-Policy": file.policy, "X-Content-SHA256": file.sha256},
    )


def custody_page(db: Session, form: FingerprintForm, of: str = "", refused: Refused | None = None) -> str:
    """Who the officers are; the form of a card or of a roll call (`of` its reference) with what was typed there."""
    officer, serving, waiting = (
        queries.officer_of(db, current_staff().id),
        queries.list_serving(db),
        queries.list_handed_in(db),
    )
    signed = queries.signed_for(db, [one.id for one in waiting])
    file = custodian()
    return render_template(
        "custody/show_custody.html",
        officer=officer,
        serving=serving,
        waiting=waiting,
        signed={one.id: len(signed[one.id]) for one in waiting},
        ended=queries.list_ended(db),
        decide=queries.officers_decide(db),
        alone=appointed_alone(db),
        roll=open_roll(db, now=clock.now()),
        lapsed=lapsed_roll(db),
        consultations=consultation_queries.list_public(db) if safe() else [],
        sha256=grouped(file.sha256) if file else "",
        exchange=safe(),
        our_public=b64(found.our_public) if (found := safe()) else "",
        form=form,
        appointment=AppointmentForm(formdata=None),
        of=of,
        refused=refused,
    )


@bp.get("/custody/")
@needs(Act.READ_CUSTODY)
def show_custody() -> ResponseReturnValue:
    """Who the officers are, who waits to be one, and what the signed-in person may do about it."""
    with reading() as db:
        return custody_page(db, FingerprintForm(formdata=None))


@bp.get("/custody/officers/<ref>/card/")
@needs(Act.READ_CUSTODY)
def download_card(ref: str) -> ResponseReturnValue:
    """A public card as it was handed in. 404."""
    with reading() as db:
        officer = queries.find_officer(db, ref) or abort(404)
    return attached(officer.card, f"card-{officer.ref}.txt", "text/plain; charset=utf-8")


def attached(content: str, name: str, mimetype: str = "application/json") -> Response:
    """A file to keep."""
    return Response(content, mimetype=mimetype, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@bp.post("/custody/card/")
@needs(Act.HOLD_KEYS)
@takes_upload(CARD_MAX + FORM_OVERHEAD)
def hand_in_card() -> ResponseReturnValue:
    """Hand in one's own card. 303 to the officers; 403, 409, 422."""
    content = SignedForm().content(CARD_MAX)
    with writing() as db:
        operations.hand_in_card(db, content, by=current_staff(), roles=current_user.roles, now=clock.now())
    return see_other(url_for(".show_custody"))


@bp.post("/custody/officers/<ref>/appoint/")
@needs(Act.APPOINT_OFFICERS)
def appoint_officer(ref: str) -> ResponseReturnValue:
    """Appoint one of the first officers, before anything is sealed. 303 to the officers; 404, 409, 422 with what was typed."""
    return by_fingerprint(ref, queries.find_officer, operations.appoint_officer)


def by_fingerprint(
    ref: str, find: Callable[[Session, str], object | None], act: Callable[..., object]
) -> ResponseReturnValue:
    """An act on what a reference names, with the fingerprint typed from paper. 303 to the officers; 404, 409, 422 with what was typed."""
    form = FingerprintForm()
    with writing() as db:
        found = find(db, ref) or abort(404)
        if not form.validate():
            return custody_page(db, form, ref), 422
        try:
            with db.begin_nested():
                act(db, found, form.fingerprint.data, by=current_staff(), now=clock.now())
        except Refused as problem:
            return custody_page(db, form, ref, problem), problem.status
    return see_other(url_for("custody_staff.show_custody"))


@bp.post("/custody/appointments/")
@needs(Act.HOLD_KEYS)
@takes_upload(SIGNED_MAX + FORM_OVERHEAD)
def sign_appointment() -> ResponseReturnValue:
    """Hand in a signed word for a newcomer. 303 to the officers; 403, 409, 422."""
    form = AppointmentForm()
    content = form.content(SIGNED_MAX)
    with writing() as db:
        officer = own_card(db)
        operations.sign_appointment(
            db, content, officer=officer, paper_on=form.day(), by=current_staff(), now=clock.now()
        )
    return see_other(url_for(".show_custody"))


@bp.post("/custody/officers/<ref>/end/")
@needs(Act.END_OFFICERS)
def end_officer(ref: str) -> ResponseReturnValue:
    """End one's own office; before anything is sealed an administrator may take a card back. 303 to the officers; 404, 409."""
    with writing() as db:
        officer = queries.find_officer(db, ref) or abort(404)
        operations.end_officer(db, officer, by=current_staff(), now=clock.now())
    return see_other(url_for(".show_custody"))


# --- the key of a consultation ---------------------------------------------------------------------------------------


def own_card(db: Session) -> Officer:
    """The card of the signed-in officer. Raises NotAnOfficer."""
    officer = queries.officer_of(db, current_staff().id)
    rules.check_is_officer(officer)
    assert officer is not None, "the rule has seen it"
    return officer


def public_or_404(db: Session, slug: str) -> Consultation:
    """A consultation that is shown to the public: officers belong to no team. Archived ones too: letters are kept longer."""
    return consultation_queries.find_public(db, slug) or abort(404)


def going_on_or_404(db: Session, slug: str) -> Consultation:
    """The same, while it goes on: for what makes a key."""
    found = public_or_404(db, slug)
    return found if found.state is not ConsultationState.ARCHIVED else abort(404)


def _copy_or_404(db: Session, slug: str) -> tuple[Consultation, HalfCopy]:
    consultation, officer = public_or_404(db, slug), own_card(db)
    key = _key_or_404(db, consultation)
    return consultation, queries.copy_of(db, key.id, officer.id) or abort(404)


def _key_or_404(db: Session, consultation: Consultation) -> ConsultationKey:
    wanted = KeyForm().key.data
    return next((one for one in queries.list_keys(db, consultation.id) if one.number == wanted), None) or abort(404)


def _to_desk(slug: str) -> ResponseReturnValue:
    return see_other(url_for("safe_desk_staff.show_desk", slug=slug))


@bp.post("/custody/consultations/<slug>/opening/")
@needs(Act.HOLD_KEYS)
@takes_upload(OPENING_MAX + FORM_OVERHEAD)
def open_key(slug: str) -> ResponseReturnValue:
    """Hand in an opening file. 303 to the desk; 403, 404, 409, 422."""
    content = SignedForm().content(OPENING_MAX)
    with writing() as db:
        consultation, officer = going_on_or_404(db, slug), own_card(db)
        operations_keys.open_key(
            db, _safe_or_404(), consultation, content, officer=officer, by=current_staff(), now=clock.now()
        )
    return _to_desk(slug)


@bp.post("/custody/consultations/<slug>/half/")
@needs(Act.HOLD_KEYS)
def hand_out_half(slug: str) -> ResponseReturnValue:
    """One's own sealed half, as a file. 403, 404, 410."""
    with writing() as db:
        consultation, copy = _copy_or_404(db, slug)
        content = operations_keys.hand_out_half(
            db, _safe_or_404(), consultation, copy, by=current_staff(), now=clock.now()
        )
    return attached(content, f"half-{slug}.json")


@bp.post("/custody/consultations/<slug>/half/confirm/")
@needs(Act.HOLD_KEYS)
def confirm_half(slug: str) -> ResponseReturnValue:
    """Say that one has the half. 303 to the desk; 403, 404, 409."""
    with writing() as db:
        consultation, copy = _copy_or_404(db, slug)
        operations_keys.confirm_half(db, _safe_or_404(), consultation, copy, by=current_staff(), now=clock.now())
    return _to_desk(slug)


@bp.post("/custody/consultations/<slug>/sheet/confirm/")
@needs(Act.HOLD_KEYS)
def confirm_sheet(slug: str) -> ResponseReturnValue:
    """Say that the recovery sheet is put away. 303 to the desk; 403, 404."""
    with writing() as db:
        consultation, officer = public_or_404(db, slug), own_card(db)
        key = _key_or_404(db, consultation)
        operations_keys.confirm_sheet(db, consultation, key, officer=officer, by=current_staff(), now=clock.now())
    return _to_desk(slug)


@bp.post("/custody/consultations/<slug>/stop/")
@needs(Act.HOLD_KEYS)
@takes_upload(SIGNED_MAX + FORM_OVERHEAD)
def stop_key(slug: str) -> ResponseReturnValue:
    """Hand in the signed stop of a key. 303 to the desk; 403, 404, 409, 422."""
    content = SignedForm().content(SIGNED_MAX)
    with writing() as db:
        consultation, officer = public_or_404(db, slug), own_card(db)
        operations_keys.stop_key(
            db, _safe_or_404(), consultation, content, officer=officer, by=current_staff(), now=clock.now()
        )
    return _to_desk(slug)
