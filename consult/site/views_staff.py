"""The staff's first page."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.consultations import queries
from consult.core.db import reading
from consult.vocabularies import tables

bp = Blueprint("site_staff", __name__, url_prefix="/staff")


@bp.get("/")
@needs(Act.USE_DESK)
def today() -> ResponseReturnValue:
    """The consultations on whose team one is."""
    with reading() as db:
        found = queries.list_of_team(db, current_staff().id)
    return render_template("site/today.html", consultations=found, kinds=tables.kinds())
