"""Protected entries of the registry, for protection officers: by code. Who they are, only the custodian file shows."""

from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, needs
from consult.accounts.rules import Act
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.http import see_other, takes_upload
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused
from consult.custody import operations_sealed, queries_sealed
from consult.custody.forms import HandOutForm, SignedForm
from consult.custody.models import Officer
from consult.custody.sealed_files import ENTRIES_MAX, entry_file
from consult.custody.sides import here
from consult.custody.views_staff import FORM_OVERHEAD, attached, own_card
from consult.vocabularies import tables

bp = Blueprint("sealed_staff", __name__, url_prefix="/staff/protected")


@dataclass(frozen=True, slots=True)
class _Tried:
    """A form that was refused, shown again with what was chosen."""

    hand_out: HandOutForm | None = None
    take: SignedForm | None = None
    refused: Refused | None = None


def _page(db: Session, officer: Officer, tried: _Tried | None = None) -> str:
    """The list; the same part of it after a form that was refused."""
    tried = tried or _Tried()
    asked = request.args
    incomplete = asked.get("show") == "incomplete"
    rows, after = queries_sealed.list_protected(db, officer, incomplete=incomplete, after=asked.get("after", ""))
    more = url_for(".list_protected", show="incomplete" if incomplete else None, after=after) if after else None
    return render_template(
        "custody/list_protected.html",
        rows=rows,
        more=more,
        incomplete=incomplete,
        position=asked.get("after", ""),
        without=queries_sealed.count_without(db, officer),
        categories={code: one.names.shown().text for code, one in tables.categories().items()},
        form=tried.hand_out or HandOutForm(formdata=None),
        take=tried.take or SignedForm(formdata=None),
        is_take=tried.take is not None,
        chosen=set(tried.hand_out.entry.data or ()) if tried.hand_out else None,
        refused=tried.refused,
    )


@bp.get("/")
@needs(Act.HOLD_KEYS)
def list_protected() -> ResponseReturnValue:
    """The protected entries by code, and what an officer does with them. 403."""
    with reading() as db:
        return _page(db, own_card(db))


@bp.get("/officers/")
@needs(Act.HOLD_KEYS)
def download_officers() -> ResponseReturnValue:
    """What the custodian file needs to make a new entry: nothing of any entry. 403."""
    with reading() as db:
        content = entry_file(db, own_card(db), [])
    return attached(content, "officers.json")


@bp.post("/take/")
@needs(Act.HOLD_KEYS)
@takes_upload(ENTRIES_MAX + FORM_OVERHEAD)
def take_entries() -> ResponseReturnValue:
    """Hand in entries that were made, corrected or copied in the custodian file. 303 to the list; 403, 404, 409, 422."""
    form = SignedForm()
    with writing() as db:
        officer = own_card(db)
        try:
            with db.begin_nested():
                content = form.content(ENTRIES_MAX)
                operations_sealed.take_entries(
                    db, here().installation, content, officer=officer, by=current_staff(), now=clock.now()
                )
        except Refused as problem:
            return _page(db, officer, _Tried(take=form, refused=problem)), problem.status
    return see_other(url_for(".list_protected"))


@bp.post("/hand-out/")
@needs(Act.HOLD_KEYS)
@keeps_words
def hand_out() -> ResponseReturnValue:
    """The chosen entries as a file, noted in the journal with the reason. 403; 409 and 422 with what was chosen."""
    form = HandOutForm()
    with writing() as db:
        officer = own_card(db)
        if not form.validate():
            return _page(db, officer, _Tried(hand_out=form)), 422
        entries = queries_sealed.find_protected(db, (form.entry.data or [])[: queries_sealed.PAGE])
        try:
            operations_sealed.hand_out(
                db, entries, officer, form.reason(), form.words.data or "", by=current_staff(), now=clock.now()
            )
        except Refused as problem:
            return _page(db, officer, _Tried(hand_out=form, refused=problem)), problem.status
        return attached(entry_file(db, officer, entries), "entries.json")
