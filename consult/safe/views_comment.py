"""Writing a comment: form, check page with the code, sent. Nothing is stored before Send; every step is a POST of one address."""

from typing import Any

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from consult.core import clock, crypto, i18n
from consult.core.crypto import TooLong
from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.safe import operations, rules
from consult.safe.forms import USES, CommentForm
from consult.safe.manifests import WHOLE, Manifest, Paragraph
from consult.safe.marking import marked
from consult.safe.queries import find_key
from consult.safe.receipts import new_code, thread_of
from consult.safe.tokens import Held, Purpose
from consult.safe.views_public import manifest_or_404
from consult.safe.web import page, safe

bp = Blueprint("safe_comment", __name__)

CODE_VOID = _l(
    "The service was started again meanwhile. Nothing was sent. Here is a new code; the one you wrote down before is void."
)
PAGE_OLD = _l("This page was open for a long time. Nothing was sent yet. Your code is the same: send once more.")


@bp.get("/<lang>/<slug>/comment/<ref>/")
def write_comment(slug: str, ref: str) -> ResponseReturnValue:
    """The form of a paragraph, or of the whole draft."""
    manifest, paragraph = _place(slug, ref)
    return _form(manifest, paragraph, CommentForm())


@bp.post("/<lang>/<slug>/comment/<ref>/")
def check_or_send_comment(slug: str, ref: str) -> ResponseReturnValue:
    """Check, change, send, or send without a code. Whatever is refused comes back with what was typed."""
    manifest, paragraph = _place(slug, ref)
    form, act = CommentForm(request.form), request.form.get("do")
    if act not in ("check", "send", "send_without"):
        return _form(manifest, paragraph, form)
    if not form.validate():
        return _form(manifest, paragraph, form, status=422)
    held = safe().tokens.read(form.token.data or "", Purpose.SEND)
    try:
        rules.check_texts(form.text.data, form.suggestion.data, form.evidence.data)
        if act == "check":
            _check_open(manifest)
            return _check(manifest, paragraph, form, held)
        return _send(manifest, paragraph, form, held, with_code=act == "send")
    except Refused as problem:
        return _form(manifest, paragraph, form, refused=str(problem), status=problem.status)
    except TooLong:
        return _form(manifest, paragraph, form, refused=str(TOO_LONG), status=422)


TOO_LONG = _l("Your text is too long to be sealed. Shorten it, or send it in two parts.")
BUSY = _l("We are busy just now. Nothing was sent. Wait a minute and press Send again; what you wrote is still here.")


def _place(slug: str, ref: str) -> tuple[Manifest, Paragraph | None]:
    with safe().database.reading() as db:
        manifest = manifest_or_404(db, slug)
    paragraph = manifest.paragraph(ref)
    if paragraph is None and ref != WHOLE:
        abort(404)
    return manifest, paragraph


def _check_open(manifest: Manifest) -> None:
    with safe().database.reading() as db:
        key, _, _ = find_key(db, manifest.name)
    rules.check_send_comment(manifest, key, clock.now())


def _form(
    manifest: Manifest, paragraph: Paragraph | None, form: CommentForm, *, refused: str = "", status: int = 200
) -> ResponseReturnValue:
    values: dict[str, Any] = {"manifest": manifest, "paragraph": paragraph, "form": form, "refused": refused}
    return page("safe/write_comment.html", status, can_send=manifest.takes_comments(clock.now()), **values)


def _check(
    manifest: Manifest,
    paragraph: Paragraph | None,
    form: CommentForm,
    held: Held | None,
    *,
    said: str = "",
    status: int = 200,
) -> ResponseReturnValue:
    """The check page. A code that was shown before stays; otherwise there is a new one."""
    code = held.code if held else new_code()
    texts = {"text": form.text.data, "suggestion": form.suggestion.data, "evidence": form.evidence.data}
    return page(
        "safe/check_comment.html",
        status,
        manifest=manifest,
        paragraph=paragraph,
        form=form,
        said=said,
        groups=crypto.grouped(code).split(),
        token=safe().tokens.make(Purpose.SEND, code),
        marked={name: marked(text, manifest.places) for name, text in texts.items() if text},
        use=dict(USES)[form.use.data],
    )


def _send(
    manifest: Manifest, paragraph: Paragraph | None, form: CommentForm, held: Held | None, *, with_code: bool
) -> ResponseReturnValue:
    if with_code and held is None:
        return _check(manifest, paragraph, form, None, said=str(CODE_VOID), status=409)
    if with_code and held and held.is_old:
        return _check(manifest, paragraph, form, held, said=str(PAGE_OLD), status=409)
    if not safe().sends.take():
        return _check(manifest, paragraph, form, held, said=str(BUSY), status=503)
    code = held.code if held and with_code else new_code()
    remark = form.to_remark(paragraph.ref if paragraph else WHOLE, i18n.language().code)
    with safe().database.writing() as db:
        operations.send_comment(db, manifest, thread_of(code, safe().house.secret.salt), remark, now=clock.now())
    groups = crypto.grouped(code).split() if with_code else []
    return page("safe/sent_comment.html", manifest=manifest, paragraph=paragraph, groups=groups)
