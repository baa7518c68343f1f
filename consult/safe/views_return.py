"""Coming back with a code: how the comment stands, messages, writing again, withdrawing. Every answer has one length."""

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from consult.core import i18n
from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.safe import operations
from consult.safe.forms import CodeForm, ReplyForm
from consult.safe.receipts import read_code, thread_of
from consult.safe.showing import look_up
from consult.safe.tokens import Purpose
from consult.safe.web import STATUS_LENGTH, page, safe

bp = Blueprint("safe_return", __name__)

BUSY = _l("We are busy just now. Nothing was sent. Wait a minute and try again; what you wrote is still here.")
TYPE_AGAIN = _l("This page was open for a long time. Type your code again; what you wrote is still here.")


@bp.get("/<lang>/return/")
def return_with_code() -> ResponseReturnValue:
    """The form for the code."""
    return page("safe/return_with_code.html", form=CodeForm(), said="", length=STATUS_LENGTH)


@bp.post("/<lang>/return/")
def show_status() -> ResponseReturnValue:
    """How the comment of a code stands. 200 for every code; 503 where too many come at once."""
    form = CodeForm(request.form)
    if not safe().returns.take():
        return _ask(form, said=str(BUSY), status=503)
    if form.token.data and not form.code.data:
        code = _code(form.token.data)
        if code is None:
            return _ask(form, said=str(TYPE_AGAIN))
    else:
        code = read_code(form.code.data or "") if form.validate() else None
    return _status(code, typed=form.code.data or "", reply=ReplyForm(text=form.text.data or ""))


@bp.post("/<lang>/return/reply/")
def write_again() -> ResponseReturnValue:
    """Seal and keep a reply. Whatever is refused comes back with what was typed."""
    form = ReplyForm(request.form)
    code = _code(form.token.data)
    if code is None:
        return _ask(CodeForm(text=form.text.data), said=str(TYPE_AGAIN), status=409)
    if not form.validate():
        return _status(code, reply=form, status=422)
    if not safe().sends.take():
        return _status(code, reply=form, refused=str(BUSY), status=503)
    try:
        _act(code, form.text.data, form.number.data or 0)
    except Refused as problem:
        return _status(code, reply=form, refused=str(problem), status=problem.status)
    return page("safe/sent_reply.html", token=safe().tokens.make(Purpose.RETURN, code), length=STATUS_LENGTH)


@bp.post("/<lang>/return/withdraw/")
def withdraw_comment() -> ResponseReturnValue:
    """Ask once more, then withdraw."""
    form = ReplyForm(request.form)
    code = _code(form.token.data)
    if code is None:
        return _ask(CodeForm(), said=str(TYPE_AGAIN), status=409)
    token = safe().tokens.make(Purpose.RETURN, code)
    if request.form.get("do") != "withdraw":
        return page("safe/withdraw_comment.html", token=token, said="", length=STATUS_LENGTH)
    if not safe().sends.take():
        return page("safe/withdraw_comment.html", 503, token=token, said=str(BUSY), length=STATUS_LENGTH)
    try:
        _act(code, None, 0)
    except Refused as problem:
        return _status(code, reply=ReplyForm(), refused=str(problem), status=problem.status)
    return _status(code, reply=ReplyForm())


@bp.get("/<lang>/return/reply/")
@bp.get("/<lang>/return/withdraw/")
def begin_again() -> ResponseReturnValue:
    """These addresses answer a button; who comes to them otherwise begins with the code."""
    return redirect(url_for(".return_with_code"), 303)


def _code(token: str | None) -> str | None:
    held = safe().tokens.read(token or "", Purpose.RETURN)
    return held.code if held and not held.is_old else None


def _act(code: str, text: str | None, number: int) -> None:
    """Write again, or withdraw where there is no text."""
    thread = thread_of(code, safe().house.secret.salt)
    with safe().database.writing() as db:
        manifest = operations.find_own_manifest(db, thread)
        if text is None:
            operations.withdraw_comment(db, manifest, thread)
        else:
            operations.write_again(db, manifest, thread, text, language=i18n.language().code, number=number)


def _ask(form: CodeForm, *, said: str, status: int = 200) -> Response:
    return page("safe/return_with_code.html", status, form=form, said=said, length=STATUS_LENGTH)


def _status(
    code: str | None, *, typed: str = "", reply: ReplyForm, refused: str = "", status: int = 200
) -> ResponseReturnValue:
    house = safe().house
    with safe().database.reading() as db:
        found, forged = look_up(db, code, house.secret.salt, house.pins, house.between)
    if forged:
        safe().forged.add(forged)
    return page(
        "safe/show_status.html",
        status,
        found=found,
        form=CodeForm(code=typed, text=reply.text.data),
        reply=reply,
        refused=refused,
        token=safe().tokens.make(Purpose.RETURN, code or "0" * 30),
        length=STATUS_LENGTH,
    )
