"""Asking to be protected, on the page of one's own entry."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from consult.consultations.views_entry import find_open
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.http import see_other
from consult.core.refusals import Refused
from consult.custody.queries import staff_serving
from consult.privacy import asking_protection

bp = Blueprint("protection_public", __name__, url_prefix="/<lang>/consultations/<slug>/my-entry/protection")
OPENED = "own_protection"  # the page once more, for whoever opened their entry by a link that was mailed for it


@bp.route("/", methods=["GET", "POST"])
def ask_protection(slug: str = "") -> ResponseReturnValue:
    """What happens when they ask and what staff saw already; the POST tells the officers. 303 back here; 403, 404, 409, 410."""
    with writing() if request.method == "POST" else reading() as db:
        mine = find_open(db, slug)
        page = {
            "own": mine.address,
            "has_door": mine.consultation is not None,
            "officers": len(staff_serving(db)),
            "refused": None,
        }
        if request.method != "POST":
            return render_template("privacy/ask_protection.html", **page, is_done=request.args.get("said") == "told")
        try:
            asking_protection.ask_protection(db, mine.entry, now=clock.now())
        except Refused as problem:
            return render_template(
                "privacy/ask_protection.html", **page | {"refused": problem}, is_done=False
            ), problem.status
    return see_other(url_for(".ask_protection", slug=slug or None, said="told"))
