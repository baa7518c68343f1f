"""Signing in and out, one's own account, and the list of staff."""

from datetime import timedelta

from flask import Blueprint, abort, current_app, make_response, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user
from sqlalchemy.orm import Session

from consult.accounts import guards, operations, queries
from consult.accounts.forms import (
    ROLE_NAMES,
    ChangePasswordForm,
    LanguageForm,
    PersonForm,
    RolesForm,
    SetPasswordForm,
    SignInForm,
)
from consult.accounts.guards import (
    DEVICE_COOKIE,
    DEVICE_SECONDS,
    before_second_factor,
    current_staff,
    needs,
    open_to_all,
)
from consult.accounts.models import Role, SessionKind, Staff
from consult.accounts.operations_second_factor import begin_half_signed_in
from consult.accounts.queries_second_factor import has_second_factor
from consult.accounts.rules import Act
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.http import safe_next, see_other, staff_address
from consult.core.ids import derive_key
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused
from consult.core.settings import Settings

bp = Blueprint("accounts_staff", __name__, url_prefix="/staff")

HALF_SIGNED_IN = "half_signed_in"  # in the browser's cookie: the secret of the row that says so


def _settings() -> Settings:
    settings: Settings = current_app.extensions["consult settings"]
    return settings


@bp.route("/sign-in/", methods=["GET", "POST"])
@open_to_all
def sign_in() -> ResponseReturnValue:
    """Sign in. 303 to where one was going; 422 or 429 with the typed address."""
    form = SignInForm()
    if request.method == "GET" or not form.validate():
        return render_template(
            "accounts/sign_in.html", form=form, refused=None
        ), 200 if request.method == "GET" else 422
    with writing() as db:
        tried = try_password(db, form.email.data, form.password.data)
        person, secret, device = tried.person, "", ""
        if person is not None and has_second_factor(db, person.id):
            secret = begin_half_signed_in(db, person, now=clock.now())
        elif person is not None:
            secret, device = begin_visit(db, person)
    if tried.refused is not None:
        return render_template("accounts/sign_in.html", form=form, refused=tried.refused), tried.refused.status
    return enter(secret, device) if device else _to_second_factor(secret)


def try_password(db: Session, email: str, password: str) -> operations.Tried:
    """Try a name and a password from this browser, counted under the installation's key. The transaction must be kept."""
    key = derive_key(_settings().secret_key, "sign-in")
    device = request.cookies.get(DEVICE_COOKIE, "")
    return operations.try_sign_in(db, email, password, device=device, key=key, now=clock.now())


def _to_second_factor(secret: str) -> ResponseReturnValue:
    """On to the code or passkey, with a session in which nothing else can be done."""
    session.clear()
    session[HALF_SIGNED_IN] = secret
    return see_other(staff_address("second_factor_staff.pass_second_factor", next=request.args.get("next")))


def begin_visit(db: Session, person: Staff) -> tuple[str, str]:
    """Begin the session of a person who has shown all that is asked for. Returns its secret, and the device's."""
    return begin_staff_session(db, person), operations.remember_device(db, person, now=clock.now())


def begin_staff_session(db: Session, person: Staff, kind: SessionKind = SessionKind.STAFF) -> str:
    """Begin a session of the length that the settings say. Returns the secret for the browser."""
    lasts = timedelta(hours=_settings().session_hours)
    return operations.begin_session(db, kind, person.actor, now=clock.now(), lasts=lasts)


def enter(secret: str, device: str, *, first: str = "") -> ResponseReturnValue:
    """Hand a session to the browser. 303 to `first`, or to where the person was going."""
    session.clear()
    login_user(guards.load_someone(secret))
    going = safe_next(request.args.get("next"), url_for("accounts_staff.your_account"))
    answer = make_response(see_other(first or going))
    answer.set_cookie(
        DEVICE_COOKIE,
        device,
        max_age=DEVICE_SECONDS,
        path="/staff/",
        httponly=True,
        secure=_settings().is_https,
        samesite="Lax",
    )
    return answer


@bp.post("/sign-out/")
@needs(Act.USE_DESK)
@before_second_factor
def sign_out() -> ResponseReturnValue:
    """End this session. 303 to the sign-in page."""
    with writing() as db:
        operations.revoke_session(db, current_user.get_id(), now=clock.now())
    logout_user()
    session.clear()
    return see_other(url_for(".sign_in"))


@bp.route("/password/<secret>/", methods=["GET", "POST"])
@open_to_all
def set_password(secret: str) -> ResponseReturnValue:
    """Set a password by a one-time link. 303 to the sign-in page; 410 where the link is over, 422 with what is wrong."""
    form = SetPasswordForm()
    if request.method == "GET":
        with reading() as db:
            _, person = operations.find_by_link(db, secret, now=clock.now())
        return render_template("accounts/set_password.html", form=form, person=person, refused=None)
    with writing() as db:
        _, person = operations.find_by_link(db, secret, now=clock.now())
        if not form.validate():
            return render_template("accounts/set_password.html", form=form, person=person, refused=None), 422
        try:
            operations.set_password_by_link(db, secret, form.password.data, now=clock.now())
        except Refused as problem:
            return render_template(
                "accounts/set_password.html", form=form, person=person, refused=problem
            ), problem.status
    return see_other(url_for(".sign_in"))


@bp.route("/account/", methods=["GET", "POST"])
@needs(Act.USE_DESK)
def your_account() -> ResponseReturnValue:
    """One's own roles and language. 303 to itself after a change."""
    form = LanguageForm(language=current_staff().language)
    if request.method == "POST":
        if not form.validate():
            return render_template(
                "accounts/your_account.html", form=form, role_names=ROLE_NAMES, roles=current_user.roles
            ), 422
        with writing() as db:
            db.get_one(Staff, current_staff().id).language = form.language.data
        return see_other(url_for(".your_account"))
    return render_template("accounts/your_account.html", form=form, role_names=ROLE_NAMES, roles=current_user.roles)


@bp.route("/account/password/", methods=["GET", "POST"])
@needs(Act.USE_DESK)
def change_password() -> ResponseReturnValue:
    """Change one's own password; one signs in anew afterwards. 303 to the sign-in page; 422 with what is wrong."""
    form = ChangePasswordForm()
    if request.method == "GET" or not form.validate():
        return render_template(
            "accounts/change_password.html", form=form, refused=None
        ), 200 if request.method == "GET" else 422
    try:
        with writing() as db:
            person = db.get_one(Staff, current_staff().id)
            operations.change_password(db, person, form.old.data, form.password.data, now=clock.now())
    except Refused as problem:
        return render_template("accounts/change_password.html", form=form, refused=problem), problem.status
    return see_other(url_for(".sign_in"))


@bp.get("/people/")
@needs(Act.MANAGE_STAFF)
def list_people() -> ResponseReturnValue:
    """Everyone with their roles."""
    with reading() as db:
        people = queries.list_staff(db)
    return render_template("accounts/list_people.html", people=people, role_names=ROLE_NAMES)


@bp.route("/people/new/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAFF)
@keeps_words
def add_person() -> ResponseReturnValue:
    """Add a person and show, once, the link on which they set a password. 409 or 422 with what was typed."""
    form = PersonForm()
    if request.method == "GET" or not form.validate():
        return render_template(
            "accounts/add_person.html", form=form, refused=None
        ), 200 if request.method == "GET" else 422
    try:
        with writing() as db:
            person = operations.add_staff(
                db,
                name=form.name.data,
                email=form.email.data,
                language=form.language.data,
                roles=[Role(value) for value in form.roles.data],
                by=current_staff(),
                now=clock.now(),
            )
            secret = operations.make_password_link(db, person, by=current_staff(), now=clock.now())
    except Refused as problem:
        return render_template("accounts/add_person.html", form=form, refused=problem), problem.status
    return _show_link(person, secret)


def _show_link(person: Staff, secret: str) -> ResponseReturnValue:
    address = _settings().base_url + url_for(".set_password", secret=secret)
    return render_template("accounts/show_link.html", person=person, address=address)


@bp.route("/people/<ref>/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAFF)
def change_person(ref: str) -> ResponseReturnValue:
    """Show someone and change their roles. 303 to the list; 404; 422 with what is wrong."""
    form = RolesForm()
    with writing() as db:
        person = queries.find_staff(db, ref) or abort(404)
        roles = queries.roles_of(db, person.id)
        if request.method == "GET":
            form = RolesForm(data={"roles": [role.value for role in roles]})
            return render_template("accounts/change_person.html", form=form, person=person, refused=None)
        if not form.validate():
            return render_template("accounts/change_person.html", form=form, person=person, refused=None), 422
        try:
            with db.begin_nested():
                chosen = [Role(value) for value in form.roles.data]
                operations.change_roles(db, person, chosen, by=current_staff(), now=clock.now())
        except Refused as problem:
            return render_template(
                "accounts/change_person.html", form=form, person=person, refused=problem
            ), problem.status
    return see_other(url_for(".list_people"))


@bp.post("/people/<ref>/link/")
@needs(Act.MANAGE_STAFF)
def make_password_link(ref: str) -> ResponseReturnValue:
    """Show, once, a new link on which someone sets a password. 404, 409."""
    with writing() as db:
        person = queries.find_staff(db, ref) or abort(404)
        secret = operations.make_password_link(db, person, by=current_staff(), now=clock.now())
    return _show_link(person, secret)


@bp.post("/people/<ref>/disable/")
@needs(Act.MANAGE_STAFF)
def disable_person(ref: str) -> ResponseReturnValue:
    """Let someone sign in no more. 303 to the list; 404, 409."""
    with writing() as db:
        person = queries.find_staff(db, ref) or abort(404)
        operations.disable_staff(db, person, by=current_staff(), now=clock.now())
    return see_other(url_for(".list_people"))
