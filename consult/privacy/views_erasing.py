"""Erasing a protected person at once: by an officer, who knows a code, and by themselves behind their door."""

from flask import Blueprint, abort, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.consultations.views_entry import find_mine
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.forms import Form
from consult.core.http import see_other
from consult.core.refusals import Refused
from consult.custody.queries_sealed import find_protected
from consult.custody.views_staff import own_card
from consult.privacy import operations_erasing as operations
from consult.privacy.forms_protecting import ProtectForm
from consult.privacy.rules_protecting import check_erase_entry
from consult.stakeholders.models import Stakeholder

bp = Blueprint("erasing_staff", __name__, url_prefix="/staff/protected")
own_bp = Blueprint("erasing_public", __name__, url_prefix="/<lang>/consultations/<slug>/my-entry/erase")


def _entry_or_404(db: Session, ref: str) -> Stakeholder:
    return next(iter(find_protected(db, [ref])), None) or abort(404)


@bp.get("/<ref>/erase/")
@needs(Act.HOLD_KEYS)
def confirm_erasing(ref: str) -> ResponseReturnValue:
    """What erasing means, and the button. 403, 404."""
    with reading() as db:
        own_card(db)
        return render_template("privacy/erase_entry.html", entry=_entry_or_404(db, ref), form=Form(formdata=None))


@bp.post("/<ref>/erase/")
@needs(Act.HOLD_KEYS)
def erase_entry(ref: str) -> ResponseReturnValue:
    """Erase a protected entry. 303 to the list; 403, 404."""
    with writing() as db:
        officer, entry = own_card(db), _entry_or_404(db, ref)
        operations.erase_entry(db, entry, officer=officer, by=current_staff(), now=clock.now())
    return see_other(url_for("sealed_staff.list_protected"))


@own_bp.get("/")
def confirm_erasing_myself(slug: str) -> ResponseReturnValue:
    """What goes and what stays, and the button. 403, 404, 409 for whoever is not protected, 410."""
    with reading() as db:
        check_erase_entry(find_mine(db, slug).entry)
    return _page(slug)


@own_bp.post("/")
def erase_myself(slug: str) -> ResponseReturnValue:
    """Erase oneself. 200; 403, 404, 409, 410, 422 without the tick."""
    form = ProtectForm()
    with writing() as db:
        mine = find_mine(db, slug)
        try:
            with db.begin_nested():
                operations.erase_myself(db, mine.entry, is_sure=form.is_sure.data, now=clock.now())
        except Refused as problem:
            return _page(slug, form, problem), problem.status
    return render_template("privacy/erase_myself.html", is_done=True, slug=slug, form=form, refused=None)


def _page(slug: str, form: ProtectForm | None = None, refused: Refused | None = None) -> str:
    form = form or ProtectForm(formdata=None)
    return render_template("privacy/erase_myself.html", is_done=False, slug=slug, form=form, refused=refused)
