"""The briefing of a seat: the secretariat's page, and the same for whoever holds the seat, by a link of their own.

The link's GET changes nothing and says at most which institution; its POST is answered with the page, and keeps nothing either:
no visit, no cookie, nobody sees that it was read.
"""

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.consultations.views_requests import settings
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.http import see_other
from consult.core.refusals import Refused
from consult.mailings import operations_succession, seat_links
from consult.mailings.views_registry import bp
from consult.rounds.briefing import read_briefing
from consult.stakeholders import queries
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.queries_doubles import whole_of
from consult.stakeholders.views_seats import seat_or_404
from consult.stakeholders.words_seats import SEAT_NAMES

__all__ = ["bp", "own_bp"]

own_bp = Blueprint("briefing_public", __name__, url_prefix="/<lang>/seat")


@bp.get("/<ref>/seats/<int:number>/briefing/")
@needs(Act.MANAGE_STAKEHOLDERS)
def brief_successor(ref: str, number: int) -> ResponseReturnValue:
    """What the holder of a seat should know, on one page: what is open, until when, and what came before. 404."""
    with reading() as db:
        return _desk_page(db, ref, number)


@bp.post("/<ref>/seats/<int:number>/briefing/")
@needs(Act.MANAGE_STAKEHOLDERS)
def mail_briefing(ref: str, number: int) -> ResponseReturnValue:
    """Mail the holder a new link to it. 303 to the page; 404, 409."""
    with writing() as db:
        institution, seat = seat_or_404(db, ref, number)
        try:
            with db.begin_nested():
                operations_succession.mail_briefing(db, institution, seat, by=current_staff(), now=clock.now())
        except Refused as problem:
            return _desk_page(db, ref, number, problem), problem.status
    return see_other(url_for(".brief_successor", ref=ref, number=number, said="mailed"))


def _desk_page(db: Session, ref: str, number: int, refused: Refused | None = None) -> str:
    institution = queries.find_stakeholder(db, ref) or abort(404)
    said = request.args.get("said", "")
    return render_template(
        "rounds/brief_successor.html", **_briefing(db, institution, number), refused=refused, said=said
    )


def _briefing(db: Session, institution: Stakeholder, number: int) -> dict[str, Any]:
    found = read_briefing(db, institution, number, now=clock.now()) or abort(404)
    ask = settings().mail_reply_to or settings().mail_sender
    return {**found, "seat_names": SEAT_NAMES, "ask": ask, "operator": settings().operator_contact}


@own_bp.get("/<token>")
def show_seat_link(token: str) -> ResponseReturnValue:
    """What the link is for: the institution, and nobody's name. 410 for a link that is over, or was never made."""
    with reading() as db:
        try:
            seat = seat_links.find_seat(db, token)
        except Refused as problem:
            return _over(problem)
        institution = whole_of(db, db.get_one(Stakeholder, seat.institution_id))
        return render_template("rounds/show_seat_link.html", institution=institution)


@own_bp.post("/<token>")
def open_briefing(token: str) -> ResponseReturnValue:
    """The briefing, for whoever holds the seat. 200; 410."""
    with reading() as db:
        try:
            seat = seat_links.find_seat(db, token)
        except Refused as problem:
            return _over(problem)
        institution = db.get_one(Stakeholder, seat.institution_id)
        return render_template("rounds/open_briefing.html", **_briefing(db, institution, seat.number))


def _over(problem: Refused) -> ResponseReturnValue:
    return render_template("rounds/no_seat_link.html", refused=problem), problem.status
