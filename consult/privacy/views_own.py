"""A copy of what is held about oneself, by a link that was mailed just now. A GET says what it is for; the POST hands it out, once."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.consultations import rules_entry as rules
from consult.consultations.models import Participant
from consult.consultations.models_entry import EntryAct, FreshLink
from consult.consultations.operations_entry import use_fresh_link, use_up
from consult.consultations.queries_entry import find_fresh_link
from consult.consultations.views_fresh import no_link
from consult.core import clock
from consult.core.db import lock, reading, writing
from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.privacy import operations_own as operations
from consult.privacy.forms_own import TakeForm
from consult.privacy.operations_asking import note_used
from consult.privacy.operations_own import visitors_of
from consult.privacy.queries_own import Rows, collect_own, count_own_comments
from consult.privacy.queries_visitors import collect_visitors, count_comments_of

bp = Blueprint("privacy_public", __name__, url_prefix="/<lang>/my-data")
PART_NAMES = {
    "entries": _l("Your entry"),
    "contact_people": _l("Contact people"),
    "seats": _l("Seats"),
    "consents": _l("What you agreed to, and when"),
    "own_changes": _l("What you changed yourselves"),
    "declared": _l("What you declared yourselves"),
    "requests": _l("Requests to take part"),
    "mailings": _l("Invitations, reminders, rounds in which you commented, lists you stood in"),
    "letters": _l("Letters, calls and visits, and what was noted of them"),
    "participants": _l("Consultations in which you take part"),
    "comments": _l("Your comments"),
}


@bp.route("/take/<token>", methods=["GET", "POST"])
def take_own(token: str) -> ResponseReturnValue:
    """All that is held about an entry. 200; 410 for a link that is over, 422."""
    form = TakeForm()
    with writing() if request.method == "POST" else reading() as db:
        link = find_fresh_link(db, token, EntryAct.TAKE)
        try:
            rules.check_use_fresh_link(link, now=clock.now())
            assert link is not None, "the rule has asked"
            if request.method != "POST" or not form.validate():
                return _page(form), 200 if request.method != "POST" else 422
            found = _collect(db, link)
        except Refused as problem:
            return no_link(problem)
    if form.kind.data == "page":
        return render_template("privacy/show_own.html", parts=found, names=PART_NAMES, at=clock.now())
    return copy_file(found, "my-data.json")


def copy_file(found: Mapping[str, Any], name: str) -> Response:
    """What is held of somebody, as JSON to save."""
    body = json.dumps({"made_at": clock.now().isoformat(), **found}, ensure_ascii=False, indent=1)
    attached = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, mimetype="application/json", headers=attached)


@bp.route("/forget/<token>", methods=["GET", "POST"])
def forget_entry(token: str) -> ResponseReturnValue:
    """What is erased and what stays, and the button. 200; 409 for an office, 410 for a link that is over."""
    with writing() if request.method == "POST" else reading() as db:
        link = find_fresh_link(db, token, EntryAct.FORGET)
        try:
            rules.check_use_fresh_link(link, now=clock.now())
            assert link is not None, "the rule has asked"
            if request.method != "POST":
                return _forget_page(db, link)
            with db.begin_nested():
                forget = operations.forget_visitors if link.stakeholder_id is None else operations.forget_entry
                forget(db, link, now=clock.now())
        except rules.FreshLinkOver as problem:
            return no_link(problem)
    return render_template("privacy/forget_entry.html", is_done=True, is_visitor=link.stakeholder_id is None, sent=0)


def _forget_page(db: Session, link: FreshLink) -> str:
    if link.stakeholder_id is not None:
        sent = count_own_comments(db, link.stakeholder_id)
    else:
        sent = count_comments_of(db, visitors_of(db.get_one(Participant, link.participant_id).email))
    return render_template(
        "privacy/forget_entry.html", is_done=False, is_visitor=link.stakeholder_id is None, sent=sent
    )


def _collect(db: Session, link: FreshLink) -> dict[str, Rows]:
    """What is held of whoever a link is about, which is used up by that."""
    if link.stakeholder_id is not None:
        return collect_own(db, use_fresh_link(db, link, now=clock.now()))
    visitor = lock(db, db.get_one(Participant, link.participant_id))
    use_up(db, link, now=clock.now())
    note_used(db, visitor.email, now=clock.now())
    return collect_visitors(db, visitors_of(visitor.email), visitor.email)


def _page(form: TakeForm) -> str:
    return render_template("privacy/take_own.html", form=form, names=PART_NAMES)
