"""What protection officers hand over: the list by code, the file for the custodian, and what became of each."""

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.forms import Form
from consult.core.http import see_other, staff_address
from consult.core.refusals import Refused
from consult.custody.views_staff import attached, own_card
from consult.mail.operations_delivery import find_delivery
from consult.mailings import operations_deliveries as operations

bp = Blueprint("deliveries_staff", __name__, url_prefix="/staff/deliveries")


@bp.get("/")
@needs(Act.HOLD_KEYS)
def list_deliveries() -> ResponseReturnValue:
    """What waits to be handed over, by code. 403 for whoever is no officer."""
    with reading() as db:
        own_card(db)
        return _page(db, None)


@bp.post("/fetch/")
@needs(Act.HOLD_KEYS)
def fetch_deliveries() -> ResponseReturnValue:
    """All of it as a file for the custodian. 403; 422 where nothing waits for those whom this officer can open."""
    with writing() as db:
        try:
            content = operations.fetch_deliveries(db, own_card(db), by=current_staff(), now=clock.now())
        except Refused as problem:
            return _page(db, problem), problem.status
    return attached(content, "deliveries.json")


@bp.post("/<ref>/settle/")
@needs(Act.HOLD_KEYS)
def settle_delivery(ref: str) -> ResponseReturnValue:
    """Note that it was handed over, or that nobody was reached. 303 to the list; 403, 404, 409."""
    with writing() as db:
        own_card(db)
        found = find_delivery(db, ref) or abort(404)
        reached = request.form.get("reached") != "no"
        try:
            with db.begin_nested():
                operations.close_delivery(db, found, reached=reached, by=current_staff(), now=clock.now())
        except Refused as problem:
            return _page(db, problem), problem.status
    return see_other(staff_address(".list_deliveries"))


def _page(db: Session, refused: Refused | None) -> str:
    waiting = operations.list_to_deliver(db, now=clock.now())
    return render_template("mailings/list_deliveries.html", waiting=waiting, form=Form(formdata=None), refused=refused)
