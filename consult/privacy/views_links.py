"""The personal links of protected people, for protection officers: where one takes part, and replacing a link in other hands."""

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.forms import Form
from consult.core.http import see_other
from consult.custody.queries_sealed import find_protected
from consult.custody.views_staff import own_card
from consult.privacy import operations_links as operations
from consult.privacy import queries_links as queries
from consult.stakeholders.models import Stakeholder

bp = Blueprint("links_staff", __name__, url_prefix="/staff/protected/<ref>/links")


def _entry_or_404(db: Session, ref: str) -> Stakeholder:
    return next(iter(find_protected(db, [ref])), None) or abort(404)


@bp.get("/")
@needs(Act.HOLD_KEYS)
def list_links(ref: str) -> ResponseReturnValue:
    """Where a protected entry takes part, with a button for each link. 403, 404."""
    with reading() as db:
        own_card(db)
        entry = _entry_or_404(db, ref)
        links = queries.list_links(db, entry)
    replaced = request.args.get("replaced")
    done = next((one for one in links if one.slug == replaced), None)
    return render_template("privacy/list_links.html", entry=entry, links=links, done=done, form=Form(formdata=None))


@bp.post("/<slug>/replace/")
@needs(Act.HOLD_KEYS)
def replace_link(ref: str, slug: str) -> ResponseReturnValue:
    """End a link and the visits it opened, and prepare a new one. 303 to the links; 403, 404."""
    with writing() as db:
        officer, entry = own_card(db), _entry_or_404(db, ref)
        one = next((one for one in queries.list_links(db, entry) if one.slug == slug), None) or abort(404)
        operations.replace_link(db, entry, one.participant, officer=officer, by=current_staff(), now=clock.now())
    return see_other(url_for(".list_links", ref=ref, replaced=slug))
