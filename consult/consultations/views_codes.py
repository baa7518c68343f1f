"""The page at which the code of a letter is typed. It leads to the page of the door: only that one's button enters."""

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from consult.consultations import codes, doors
from consult.consultations.forms_codes import CodeForm
from consult.consultations.rules_codes import CodeWrong, TooManyCodes
from consult.core import clock
from consult.core.db import writing
from consult.core.http import see_other
from consult.core.refusals import Refused

bp = Blueprint("codes_public", __name__, url_prefix="/<lang>/enter")


@bp.get("/")
def type_code() -> ResponseReturnValue:
    """The form."""
    return _page(CodeForm(formdata=None))


def _page(form: CodeForm, refused: Refused | None = None) -> str:
    return render_template("consultations/type_code.html", form=form, refused=refused)


@bp.post("/")
def try_code() -> ResponseReturnValue:
    """Look where it leads. 303 to the page of the door; 404 for every wrong code alike, 422, 429."""
    form = CodeForm()
    if not form.validate():
        return _page(form), 422
    with writing() as db:
        try:
            entered = codes.try_code(db, form.code.data or "", now=clock.now())
        except TooManyCodes as problem:
            return _page(form, problem), problem.status
        token = doors.token_of(entered.door) if entered is not None else ""
    if not token:
        return _page(form, CodeWrong()), CodeWrong.status
    return see_other(url_for("consultations_public.show_door", token=token))
