"""Doubles, for staff: what may be one, both side by side. Undoing a merging: consult/reports/views_parting.py."""

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.core.db import reading, writing
from consult.core.forms import whole_number
from consult.core.http import see_other, staff_address
from consult.stakeholders import operations_merging as operations
from consult.stakeholders import queries, queries_doubles

bp = Blueprint("merging_staff", __name__, url_prefix="/staff/stakeholders")


@bp.get("/doubles/")
@needs(Act.MANAGE_STAKEHOLDERS)
def list_doubles() -> ResponseReturnValue:
    """Pairs that may be one, a page at a time."""
    first, _, second = request.args.get("after", "").partition("-")
    after = (whole_number(first) or 0, whole_number(second) or 0)
    with reading() as db:
        pairs, more = queries_doubles.list_doubles(db, after=after)
    return render_template(
        "stakeholders/list_doubles.html",
        pairs=pairs,
        more=staff_address(".list_doubles", after=f"{more[0]}-{more[1]}") if more else None,
    )


@bp.post("/doubles/<ref>/<other>/keep-apart/")
@needs(Act.MANAGE_STAKEHOLDERS)
def keep_apart(ref: str, other: str) -> ResponseReturnValue:
    """Say that two are two. 303 to the other doubles; 404, 422."""
    with writing() as db:
        one, second = (queries.find_stakeholder(db, each) or abort(404) for each in (ref, other))
        operations.keep_apart(db, one, second, by=current_staff())
    return see_other(url_for(".list_doubles"))
