"""No text is lost because a form grew old: its token, its session, or the rule that let it in (DESIGN invariant 12)."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, request
from flask_wtf.csrf import CSRFError, CSRFProtect

KEEPS_WORDS = "consult_keeps_words"  # attribute on a view

ONE_CLICK = "consult_one_click"  # likewise

FROM_ANYBODY = "consult_from_anybody"  # likewise

View = TypeVar("View", bound=Callable[..., Any])


def takes_one_click(view: View) -> View:
    """Let mail programs send a view the one form that needs no token: `List-Unsubscribe=One-Click`, RFC 8058.

    Only for a view whose address itself holds a secret that nobody but the mail's reader has: that is what the form token is
    elsewhere. A mail program brings no cookie, no token and no referer, and may say that it comes from another site.
    """
    setattr(view, ONE_CLICK, True)
    return view


def takes_no_token(view: View) -> View:
    """Let a public page that is kept for everybody hold a form: no session, no cookie, no form token.

    Only for a view to which it is all the same who sends the form: it looks at no session, and does what any stranger could do
    with their own browser. What comes from another site is refused all the same.
    """
    setattr(view, FROM_ANYBODY, True)
    return view


def _needs_no_token() -> bool:
    return hasattr(current_app.view_functions.get(request.endpoint or ""), FROM_ANYBODY)


def is_one_click() -> bool:
    """Whether the request is a mail program's one click on a view that takes it."""
    if request.method != "POST" or not hasattr(current_app.view_functions.get(request.endpoint or ""), ONE_CLICK):
        return False
    return request.form.to_dict(flat=False) == {"List-Unsubscribe": ["One-Click"]}


def keeps_words(view: View) -> View:
    """Let a view show what was typed again, with a fresh token, where the token is old, wrong or missing.

    Only for a view that writes nothing before its form's `validate()` has said yes: a test posts to each without a token.
    """
    setattr(view, KEEPS_WORDS, True)
    return view


def _view_keeps_words() -> bool:
    return hasattr(current_app.view_functions.get(request.endpoint or ""), KEEPS_WORDS)


class FormGuard(CSRFProtect):  # type: ignore[misc]  # Flask-WTF has no types
    """The check of the form token, for every form."""

    def protect(self, *args: Any, **named: Any) -> None:
        """Refuse a form without its token; where the view keeps words leave that to its form: `csrf_valid` stays unset then."""
        if is_one_click() or _needs_no_token():
            return
        try:
            super().protect(*args, **named)
        except CSRFError:
            if not _view_keeps_words():
                raise


def typed_words() -> list[str]:
    """What was typed into a form whose page cannot be shown again, for copying: every value of more than one word."""
    if request.method != "POST" or not _view_keeps_words():
        return []
    try:
        values = [words for _name, words in request.form.items(multi=True)]
    except Exception:  # what cannot be read, too large or cut off, cannot be shown
        return []
    return [words for words in values if len(words.split()) > 1]
