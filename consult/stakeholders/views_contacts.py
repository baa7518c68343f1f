"""The contact people of an organisation, for staff."""

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.http import see_other
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused, permits
from consult.stakeholders import operations_contacts as operations
from consult.stakeholders import queries
from consult.stakeholders.forms import ContactForm
from consult.stakeholders.models import ContactPerson, Stakeholder
from consult.stakeholders.rules import check_change_stakeholder

bp = Blueprint("contacts_staff", __name__, url_prefix="/staff/stakeholders/<ref>/contacts")
TEMPLATE = "stakeholders/edit_contact.html"


@bp.route("/new/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
@keeps_words
def add_contact(ref: str) -> ResponseReturnValue:
    """Add a contact person. 303 to the organisation; 404 or 422 with what was typed."""
    form = ContactForm()
    with writing() if request.method == "POST" else reading() as db:
        organisation = queries.find_stakeholder(db, ref) or abort(404)
        shown = {"form": form, "stakeholder": organisation, "contact": None}
        if request.method == "GET":
            if not permits(check_change_stakeholder, organisation):
                return see_other(url_for("registry_staff.show_stakeholder", ref=ref))  # which says why
            return render_template(TEMPLATE, **shown, refused=None)
        if not form.validate():
            return render_template(TEMPLATE, **shown, refused=None), 422
        try:
            operations.add_contact(db, organisation, form.to_contact(), by=current_staff(), now=clock.now())
        except Refused as problem:
            return render_template(TEMPLATE, **shown, refused=problem), problem.status
    return see_other(url_for("registry_staff.show_stakeholder", ref=ref))


@bp.route("/<int:number>/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
@keeps_words
def change_contact(ref: str, number: int) -> ResponseReturnValue:
    """Correct a contact person. 303 to the organisation; 404 or 422 with what was typed."""
    with writing() if request.method == "POST" else reading() as db:
        organisation, known = _contact_or_404(db, ref, number)
        form = ContactForm(obj=known if request.method == "GET" else None)
        shown = {"form": form, "stakeholder": organisation, "contact": known}
        if request.method == "GET":
            if not permits(check_change_stakeholder, organisation):
                return see_other(url_for("registry_staff.show_stakeholder", ref=ref))  # which says why
            return render_template(TEMPLATE, **shown, refused=None)
        if not form.validate():
            return render_template(TEMPLATE, **shown, refused=None), 422
        try:
            operations.change_contact(db, organisation, known, form.to_contact(), by=current_staff(), now=clock.now())
        except Refused as problem:
            return render_template(TEMPLATE, **shown, refused=problem), problem.status
    return see_other(url_for("registry_staff.show_stakeholder", ref=ref))


@bp.post("/<int:number>/remove/")
@needs(Act.MANAGE_STAKEHOLDERS)
def remove_contact(ref: str, number: int) -> ResponseReturnValue:
    """Forget a contact person. 303 to the organisation; 404."""
    with writing() as db:
        organisation, known = _contact_or_404(db, ref, number)
        operations.remove_contact(db, organisation, known, by=current_staff(), now=clock.now())
    return see_other(url_for("registry_staff.show_stakeholder", ref=ref))


def _contact_or_404(db: Session, ref: str, number: int) -> tuple[Stakeholder, ContactPerson]:
    organisation = queries.find_stakeholder(db, ref) or abort(404)
    return organisation, queries.find_contact(db, organisation.id, number) or abort(404)
