"""Removing a saved group, for staff."""

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.consultations.views_groups import bp, group_or_404
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.forms import Form
from consult.core.http import see_other
from consult.core.refusals import Refused
from consult.mailings.operations_removing import remove_group as remove

__all__ = ["bp"]


@bp.route("/<ref>/remove/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAKEHOLDERS)
def remove_group(ref: str) -> ResponseReturnValue:
    """Ask, and remove a saved group. 303 to the list of groups; 403, 404, 409."""
    with writing() if request.method == "POST" else reading() as db:
        group, form, refused = group_or_404(db, ref), Form(), None
        if request.method == "POST":
            try:
                with db.begin_nested():
                    remove(db, group, by=current_staff(), now=clock.now())
                return see_other(url_for(".list_groups"))
            except Refused as problem:
                refused = problem
                db.refresh(group)
        page = render_template("consultations/remove_group.html", group=group, form=form, refused=refused)
    return page, refused.status if refused else 200
