"""What people declare of themselves, behind the door: the one place where it is written, and shown row by row."""

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.consultations import operations_declared as operations
from consult.consultations import queries_declared as queries
from consult.consultations.forms_declared import DeclareForm, WithdrawForm
from consult.consultations.rules_declared import FEWEST
from consult.consultations.views_consent import bp
from consult.consultations.views_entry import Mine, find_mine
from consult.consultations.words_declared import in_words
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.forms import Form
from consult.core.http import see_other
from consult.core.refusals import Refused

__all__ = ["bp"]


@bp.route("/declared/", methods=["GET", "POST"])
def declare(slug: str = "") -> ResponseReturnValue:
    """What somebody declares of themselves, to say or change. 303 to the same page; 403, 404, 409, 422 with what was chosen."""
    with writing() if request.method == "POST" else reading() as db:
        mine = find_mine(db, slug)
        if request.method != "POST":
            return _page(db, mine)
        form = DeclareForm(mine.entry, asks_report=mine.consultation is not None)
        if not form.validate():
            return _page(db, mine, form), 422
        try:
            with db.begin_nested():
                operations.declare(db, mine.consultation, mine.entry, form.to_declarations(), now=clock.now())
        except Refused as problem:
            return _page(db, mine, form, problem), problem.status
    return see_other(mine.address("declare", said="kept"))


def _page(db: Session, mine: Mine, form: Form | None = None, refused: Refused | None = None) -> str:
    own = queries.list_own(db, mine.entry)
    here = mine.consultation.id if mine.consultation is not None else None
    known = DeclareForm.of(mine.entry, [row for row, _title in own], here)
    return render_template(
        "consultations/declare.html",
        own_page=mine.address,
        own=[(row.id, in_words(row), title) for row, title in own],
        form=form or known,
        asks=form if isinstance(form, DeclareForm) else known,
        refused=refused,
        fewest=FEWEST,
    )


@bp.post("/declared/withdraw/")
def withdraw(slug: str = "") -> ResponseReturnValue:
    """Delete one declaration, at once. 303 to the page of all; 403, 404, 422."""
    form = WithdrawForm()
    with writing() as db:
        mine = find_mine(db, slug)
        if not form.validate():
            return _page(db, mine, form), 422
        operations.withdraw(db, mine.entry, form.declaration.data)
    return see_other(mine.address("declare", said="gone"))
