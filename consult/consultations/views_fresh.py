"""Moving the address of an entry: a link that was mailed just now to the old one, then one that went to the new. A GET changes nothing."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from consult.consultations import operations_entry as operations
from consult.consultations import queries_entry as queries
from consult.consultations import rules_entry as rules
from consult.consultations.forms_entry import NewAddressForm
from consult.consultations.models_entry import EntryAct
from consult.consultations.views_requests import settings
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused

bp = Blueprint("fresh_public", __name__, url_prefix="/<lang>/my-data")


@bp.route("/move/<token>", methods=["GET", "POST"])
@keeps_words
def ask_to_move(token: str) -> ResponseReturnValue:
    """Where the new address is typed, having come by the old. 200; 410 for a link that is over, 422 with what was typed."""
    form = NewAddressForm()
    with writing() if request.method == "POST" else reading() as db:
        link = queries.find_fresh_link(db, token, EntryAct.MOVE)
        try:
            rules.check_use_fresh_link(link, now=clock.now())
        except Refused as problem:
            return no_link(problem)
        assert link is not None, "the rule has asked"
        if request.method != "POST" or not form.validate():
            return _new_address(form), 200 if request.method != "POST" else 422
        try:
            with db.begin_nested():
                operations.ask_to_move(db, link, form.email.data, now=clock.now())
        except rules.FreshLinkOver as problem:
            return no_link(problem)
        except Refused as problem:
            return _new_address(form, problem), problem.status
    return render_template("consultations/moving_address.html", is_done=False, minutes=_minutes())


def _new_address(form: NewAddressForm, refused: Refused | None = None) -> str:
    return render_template("consultations/ask_to_move.html", form=form, refused=refused)


def _minutes() -> int:
    return int(rules.LINK_LASTS.total_seconds() // 60)


@bp.get("/arrive/<token>")
def show_move(token: str) -> ResponseReturnValue:
    """What the link at the new address is for; it names nobody. 410 for a link that is over."""
    with reading() as db:
        try:
            rules.check_use_fresh_link(queries.find_fresh_link(db, token, EntryAct.ARRIVE), now=clock.now())
        except Refused as problem:
            return no_link(problem)
    return render_template("consultations/move_address.html", refused=None)


@bp.post("/arrive/<token>")
def move_address(token: str) -> ResponseReturnValue:
    """The entry has its new address. 200; 409 where another entry has name and address, 410."""
    with writing() as db:
        link = queries.find_fresh_link(db, token, EntryAct.ARRIVE)
        try:
            rules.check_use_fresh_link(link, now=clock.now())
            assert link is not None, "the rule has asked"
            with db.begin_nested():
                operations.move_address(db, link, operator=settings().operator_contact, now=clock.now())
        except rules.FreshLinkOver as problem:
            return no_link(problem)
        except Refused as problem:
            return render_template("consultations/move_address.html", refused=problem), problem.status
    return render_template("consultations/moving_address.html", is_done=True, minutes=_minutes())


def no_link(problem: Refused) -> ResponseReturnValue:
    """The page for a link that is over; the same for one that was never made."""
    return render_template("consultations/no_fresh_link.html", refused=problem), problem.status
