"""Who is signed in, and the lock on every staff page. Flask-Login carries the session's secret; the row decides."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec

from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user

from consult.accounts import queries, rules
from consult.accounts.forms import SignInForm
from consult.accounts.models import Role, Staff
from consult.accounts.rules import Act
from consult.core import clock, i18n
from consult.core.db import reading
from consult.core.http import see_other, staff_address
from consult.core.old_forms import typed_words

P = ParamSpec("P")
DEVICE_COOKIE = "known_device"
DEVICE_SECONDS = int(rules.DEVICE_LASTS.total_seconds())
GUARD = "consult_needs"  # attribute on a view: what it needs, or OPEN; a test walks all staff pages and looks for it
OPEN = "open"


class Someone(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """The signed-in person, for Flask-Login: its id is the secret of the session, never a number."""

    def __init__(self, secret: str, staff: Staff, roles: frozenset[Role]) -> None:
        self.secret, self.staff, self.roles = secret, staff, roles

    def get_id(self) -> str:
        """What the signed cookie carries."""
        return self.secret

    @property
    def actor(self) -> str:
        """The opaque reference in journal and Tasks."""
        return self.staff.actor

    @property
    def name(self) -> str:
        """The name shown beside "Sign out"."""
        return self.staff.name


def load_someone(secret: str) -> Someone | None:
    """Whoever holds a session's secret, if it lives."""
    with reading() as db:
        staff = queries.find_signed_in(db, secret, now=clock.now())
        return Someone(secret, staff, queries.roles_of(db, staff.id)) if staff else None


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
            i18n.set_language(_usable(current_user.staff.language))

    @app.context_processor
    def _values() -> dict[str, Any]:
        on_desk = request.path.startswith("/staff/")
        signed_in = current_user if on_desk and current_user.is_authenticated else None
        return {"staff": signed_in, "may": lambda act: signed_in is not None and is_allowed(Act(act))}


def _usable(code: str) -> str:
    return code if i18n.is_installed(code) else i18n.languages()[0].code


def _to_sign_in() -> ResponseReturnValue:
    """On to the sign-in page; where a session ended while someone wrote, with what they wrote, for copying."""
    if typed := typed_words():
        return render_template("accounts/sign_in.html", form=SignInForm(formdata=None), refused=None, typed=typed), 403
    return see_other(
        staff_address("accounts_staff.sign_in", next=request.full_path.rstrip("?") if request.method == "GET" else None)
    )


def is_allowed(act: Act) -> bool:
    """Whether the signed-in person's roles allow an act."""
    return any(act in rules.MAY[role] for role in current_user.roles)


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
