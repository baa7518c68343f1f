"""Who is signed in, and the lock on every staff page. Flask-Login carries the session's secret; the row decides.

Who needs a second factor and has none is led to set one up, before any view is asked: a page added later is closed too.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec

from flask import Flask, current_app, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user

from consult.accounts import queries, rules
from consult.accounts.forms import SignInForm
from consult.accounts.models import Role, SessionKind, Staff
from consult.accounts.queries_second_factor import has_second_factor
from consult.accounts.rules import Act
from consult.core import clock, i18n
from consult.core.db import reading
from consult.core.http import see_other, staff_address
from consult.core.old_forms import typed_words
from consult.core.refusals import permits

P = ParamSpec("P")
DEVICE_COOKIE = "known_device"
DEVICE_SECONDS = int(rules.DEVICE_LASTS.total_seconds())
GUARD = "consult_needs"  # attribute on a view: what it needs, or OPEN; a test walks all staff pages and looks for it
OPEN = "open"
FIRST = "consult_before_second_factor"  # attribute on a view: open to those who still have to set up a second factor
SET_UP_FIRST = "second_factor_staff.show_second_factor"  # where they are led


class Someone(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """The signed-in person, for Flask-Login: its id is the secret of the session, never a number."""

    def __init__(self, secret: str, staff: Staff, roles: frozenset[Role], *, has_second_factor: bool) -> None:
        self.secret, self.staff, self.roles = secret, staff, roles
        self.has_second_factor = has_second_factor  # or came through a door of a demonstration

    def get_id(self) -> str:
        """What the signed cookie carries."""
        return self.secret

    @property
    def actor(self) -> str:
        """The opaque reference in journal and Tasks."""
        return self.staff.actor

    @property
    def may_begin(self) -> bool:
        """Whether they may do anything here yet but set up a second factor."""
        return permits(rules.check_second_factor, self.roles, has_one=self.has_second_factor)

    @property
    def name(self) -> str:
        """The name shown beside "Sign out"."""
        return self.staff.name


def load_someone(secret: str) -> Someone | None:
    """Whoever holds a session's secret, if it lives, and all that was asked for was shown."""
    with reading() as db:
        staff, walks_through = queries.find_signed_in(db, secret, now=clock.now()), False
        if staff is None and current_app.extensions["consult settings"].is_demo:
            staff = queries.find_signed_in(db, secret, now=clock.now(), kind=SessionKind.WALK_THROUGH)
            walks_through = staff is not None
        if staff is None:
            return None
        roles = queries.roles_of(db, staff.id)
        asked = not walks_through and not rules.NEED_SECOND_FACTOR.isdisjoint(roles)
        return Someone(secret, staff, roles, has_second_factor=not asked or has_second_factor(db, staff.id))


def set_up(app: Flask, session_hours: int) -> None:
    """Put Flask-Login and the lock into an application."""
    manager = LoginManager()
    # Not init_app(): it would look at the session on every request, for a remember-me cookie that we do not have, and no
    # public page could be kept by a cache any more.
    app.login_manager = manager  # type: ignore[attr-defined]
    manager.session_protection = None  # it would keep a hash of the address in the session
    manager.user_loader(load_someone)
    manager.unauthorized_handler(_to_sign_in)
    app.permanent_session_lifetime = timedelta(hours=session_hours)

    @app.before_request
    def _language_of_staff() -> None:
        if request.path.startswith("/staff/") and current_user.is_authenticated:
            speak_language_of(current_user.staff)

    @app.before_request
    def _second_factor_first() -> ResponseReturnValue | None:
        view = app.view_functions.get(request.endpoint or "")
        if not request.path.startswith("/staff/") or view is None or getattr(view, GUARD, None) == OPEN:
            return None
        if hasattr(view, FIRST) or not current_user.is_authenticated or current_user.may_begin:
            return None
        if request.method == "POST":  # whose words the page of the refusal shows, for copying
            raise rules.SecondFactorMissing
        return see_other(url_for(SET_UP_FIRST))

    @app.context_processor
    def _values() -> dict[str, Any]:
        on_desk = request.path.startswith("/staff/")
        signed_in = current_user if on_desk and current_user.is_authenticated else None
        return {"staff": signed_in, "may": lambda act: signed_in is not None and is_allowed(Act(act))}


def speak_language_of(person: Staff) -> None:
    """Answer this request in the language that a person chose, or the site's own."""
    i18n.set_language(person.language if i18n.is_installed(person.language) else i18n.languages()[0].code)


def _to_sign_in() -> ResponseReturnValue:
    """On to the sign-in page; where a session ended while someone wrote, with what they wrote, for copying."""
    if typed := typed_words():
        return render_template("accounts/sign_in.html", form=SignInForm(formdata=None), refused=None, typed=typed), 403
    return see_other(
        staff_address("accounts_staff.sign_in", next=request.full_path.rstrip("?") if request.method == "GET" else None)
    )


def is_allowed(act: Act) -> bool:
    """Whether the signed-in person's roles allow an act, now."""
    return current_user.may_begin and any(act in rules.MAY[role] for role in current_user.roles)


def current_staff() -> Staff:
    """The signed-in person. Only in views that `needs()` guards."""
    staff: Staff = current_user.staff
    return staff


def needs(act: Act) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Only for those whose role allows an act: others are sent to sign in, or get the 403 page."""

    def guard(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **named: P.kwargs) -> ResponseReturnValue:
            if not current_user.is_authenticated:
                return _to_sign_in()
            rules.check_may(current_user.roles, act)
            g.act = act
            return view(*args, **named)

        setattr(guarded, GUARD, act)
        return guarded

    return guard


def open_to_all(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Mark a staff page that one needs before one is signed in."""
    setattr(view, GUARD, OPEN)
    return view


def before_second_factor(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Mark a staff page that one needs to set up a second factor, or to leave."""
    setattr(view, FIRST, True)
    return view
