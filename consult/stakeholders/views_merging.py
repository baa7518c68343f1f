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
    """Pairs that may be one, the surest first, a page at a time."""
    places = [whole_number(part) or 0 for part in request.args.get("after", "").split("-")]
    after = queries_doubles.Place(*places) if len(places) == len(queries_doubles.Place._fields) else None
    with reading() as db:
        pairs, more = queries_doubles.list_doubles(db, after=after)
        is_comparing = queries_doubles.is_comparing(db)
    return render_template(
        "stakeholders/list_doubles.html",
        pairs=pairs,
        is_comparing=is_comparing,
        more=staff_address(".list_doubles", after="-".join(map(str, more))) if more else None,
    )


@bp.post("/doubles/<ref>/<other>/keep-apart/")
@needs(Act.MANAGE_STAKEHOLDERS)
def keep_apart(ref: str, other: str) -> ResponseReturnValue:
    """Say that two are two. 303 to the other doubles; 404, 422."""
    with writing() as db:
        one, second = (queries.find_stakeholder(db, each) or abort(404) for each in (ref, other))
        operations.keep_apart(db, one, second, by=current_staff())
    return see_other(url_for(".list_doubles"))
