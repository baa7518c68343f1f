"""For everyone: the officers, and how to check that the tool they use is the one that was published."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from consult.core import clock
from consult.core.db import reading
from consult.custody import queries
from consult.custody.custodian import custodian, grouped
from consult.custody.queries_roll import open_roll
from consult.custody.sides import safe

bp = Blueprint("custody_public", __name__, url_prefix="/<lang>")


@bp.get("/custodian/")
def show_custodian() -> ResponseReturnValue:
    """Who can open what is sealed, and the SHA-256 of the file they do it with."""
    with reading() as db:
        officers, ended = queries.list_serving(db), queries.list_ended(db)
        roll = open_roll(db, now=clock.now())
    file = custodian()
    return render_template(
        "custody/show_custodian.html",
        officers=officers,
        ended=ended,
        roll=roll,
        sha256=grouped(file.sha256) if file else "",
        size=len(file.content) if file else 0,
        has_safe=safe() is not None,
    )
