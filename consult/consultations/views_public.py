"""The door: a personal link from a mail. The GET says whose mechanism it is and changes nothing; only the button enters."""

from flask import Blueprint, current_app, make_response, render_template, url_for
from flask.typing import ResponseReturnValue

from consult.consultations import doors, queries, rules
from consult.consultations.guards import keep_entered, session_lasts
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.http import see_other
from consult.core.refusals import permits
from consult.core.settings import Settings

bp = Blueprint("consultations_public", __name__, url_prefix="/<lang>")


@bp.get("/door/<token>")
def show_door(token: str) -> ResponseReturnValue:
    """What the link is for; the name of an organisation at most, never that of a person or a code. 404 for a link that leads nowhere."""
    with reading() as db:
        entered = doors.find_door(db, token)
        is_named = entered is not None and entered.participant.stakeholder_id and not entered.participant.is_protected
        nameless = entered is not None and queries.takes_nameless(db, entered.consultation.id, now=clock.now())
    if entered is None:
        return render_template("consultations/no_door.html"), 404
    is_open = permits(rules.check_enter, entered.consultation)
    page = render_template(
        "consultations/show_door.html",
        consultation=entered.consultation,
        organisation=entered.participant.organisation if is_named else "",
        is_open=is_open,
        nameless=_settings() if nameless else None,
    )
    return page, 200 if is_open else 410


def _settings() -> Settings:
    settings: Settings = current_app.extensions["consult settings"]
    return settings


@bp.post("/door/<token>")
def enter_door(token: str) -> ResponseReturnValue:
    """Enter, any number of times. 303 to one's own comments; 404, 410."""
    with writing() as db:
        entered = doors.find_door(db, token)
        if entered is None:
            return render_template("consultations/no_door.html"), 404
        secret = doors.enter(db, entered, now=clock.now(), lasts=session_lasts())
    address = url_for("rounds_public.my_comments", slug=entered.consultation.slug)
    return keep_entered(make_response(see_other(address)), entered.consultation, secret)
