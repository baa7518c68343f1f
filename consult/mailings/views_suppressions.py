"""Writing again to an address from which mail came back. People are shown on their own pages; here stands no address."""

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.core import clock
from consult.core.db import writing
from consult.core.http import asked_number, see_other
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused
from consult.mail import operations_bounces as operations
from consult.mail.models import Suppression, SuppressionReason
from consult.mail.operations_suppressions import lift_suppressions as lift_many
from consult.mail.queries_suppressions import find_suppression
from consult.mailings.forms import LiftForm
from consult.mailings.forms_suppressions import LiftManyForm

bp = Blueprint("suppressions_staff", __name__, url_prefix="/staff/suppressions")


@bp.route("/<ref>/lift/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
@keeps_words
def lift_suppression(ref: str) -> ResponseReturnValue:
    """Why nothing goes to an address, and the form to write there again. 303 to itself; 404, 409, 422 with what was typed."""
    form = LiftForm()
    with writing() as db:
        found = find_suppression(db, ref) or abort(404)
        if request.method == "GET" or not form.validate():
            return _page(found, form), 200 if request.method == "GET" else 422
        try:
            with db.begin_nested():
                operations.lift_suppression(db, found, form.note.data, by=current_staff(), now=clock.now())
        except Refused as problem:
            return _page(found, form, problem), problem.status
    return see_other(url_for(".lift_suppression", ref=ref))


@bp.route("/lift-many/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
@keeps_words
def lift_suppressions() -> ResponseReturnValue:
    """Write again to all addresses that were closed in a span of time. 303 to itself; 409, 422 with what was typed."""
    form = LiftManyForm()
    if request.method == "GET" or not form.validate():
        return _many_page(form), 200 if request.method == "GET" else 422
    with writing() as db:
        try:
            with db.begin_nested():
                count = lift_many(
                    db,
                    SuppressionReason(form.reason.data),
                    *form.span(),
                    form.note.data,
                    by=current_staff(),
                    now=clock.now(),
                )
        except Refused as problem:
            return _many_page(form, problem), problem.status
    return see_other(url_for(".lift_suppressions", lifted=count))


def _many_page(form: LiftManyForm, refused: Refused | None = None) -> str:
    lifted = asked_number("lifted")
    return render_template("mailings/lift_suppressions.html", form=form, refused=refused, lifted=lifted)


def _page(suppression: Suppression, form: LiftForm, refused: Refused | None = None) -> str:
    return render_template("mailings/lift_suppression.html", suppression=suppression, form=form, refused=refused)
