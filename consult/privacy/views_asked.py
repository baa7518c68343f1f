"""One's own entry without a consultation: typing an address, the link that opens it, and what only its pages have."""

from flask import Blueprint, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from consult.accounts.operations import revoke_session
from consult.consultations import rules_entry
from consult.consultations.guards import OWN_COOKIE, keep_opened, opened_entry_or_403
from consult.consultations.models_entry import EntryAct
from consult.consultations.operations_opening import OPEN_FOR, open_entry
from consult.consultations.queries_entry import find_fresh_link
from consult.consultations.views_entry import OPENED
from consult.consultations.views_fresh import no_link
from consult.consultations.views_requests import settings
from consult.core import clock, i18n
from consult.core.db import reading, writing
from consult.core.http import not_modified, public_response, see_other
from consult.core.old_forms import takes_no_token
from consult.core.refusals import Refused
from consult.privacy import operations_asking, operations_stopping
from consult.privacy.forms_asking import AskOwnForm

bp = Blueprint("own_public", __name__, url_prefix="/<lang>")


@bp.get("/my-data/")
def ask_page() -> ResponseReturnValue:
    """Where anybody types an address. Kept for everybody: it uses no session."""
    version = f"my-data:{i18n.language().code}:{settings().operator_contact}"
    return not_modified(version) or public_response(_ask_page(AskOwnForm(formdata=None)), version)


@bp.post("/my-data/")
@takes_no_token
def ask_for_entry() -> ResponseReturnValue:
    """Have the links mailed. 202, the same whatever we know of the address; 422 for what is none."""
    form = AskOwnForm()
    if not form.validate():
        return _ask_page(form), 422
    try:
        with writing() as db:
            operations_asking.ask_for_entry(db, form.address.data, now=clock.now())
    except Refused as problem:
        return _ask_page(form, problem), problem.status
    return render_template("privacy/asked_for_entry.html", operator=settings().operator_contact), 202


def _ask_page(form: AskOwnForm, refused: Refused | None = None) -> str:
    return render_template(
        "privacy/ask_for_entry.html", form=form, refused=refused, operator=settings().operator_contact
    )


@bp.route("/my-data/open/<token>", methods=["GET", "POST"])
def show_opening(token: str) -> ResponseReturnValue:
    """A button, and nothing of whose it is; the POST opens the entry for a short time. 303 to it; 410 for a link that is over."""
    with writing() if request.method == "POST" else reading() as db:
        link = find_fresh_link(db, token, EntryAct.OPEN)
        try:
            rules_entry.check_use_fresh_link(link, now=clock.now())
            assert link is not None, "the rule has asked"
            if request.method != "POST":
                return render_template("privacy/open_entry.html", minutes=int(OPEN_FOR.total_seconds() // 60))
            secret, entry = open_entry(db, link, now=clock.now())
        except Refused as problem:
            return no_link(problem)
        operations_asking.note_used(db, entry.email, now=clock.now())
    return keep_opened(make_response(see_other(url_for(f"{OPENED}.show_entry"))), secret)


@bp.post("/my-entry/close/")
def close_entry() -> ResponseReturnValue:
    """End the session, on a computer that others use. 303 to the page where an address is typed; 403."""
    with writing() as db:
        opened_entry_or_403(db)
        revoke_session(db, request.cookies.get(OWN_COOKIE, ""), now=clock.now())
    answer = make_response(see_other(url_for(".ask_page")))
    answer.delete_cookie(OWN_COOKIE)
    return answer


@bp.post("/my-entry/leave/")
def leave_all() -> ResponseReturnValue:
    """Get no more mail; at an office none that is no duty. 303 to the entry; 403."""
    with writing() as db:
        operations_stopping.leave_all(db, opened_entry_or_403(db), now=clock.now())
    return see_other(url_for(f"{OPENED}.show_entry", said="kept"))


@bp.post("/my-entry/come-back/")
def come_back() -> ResponseReturnValue:
    """Get mail again. 303 to the entry; 403."""
    with writing() as db:
        operations_stopping.get_mail_again(db, opened_entry_or_403(db), now=clock.now())
    return see_other(url_for(f"{OPENED}.show_entry", said="kept"))
