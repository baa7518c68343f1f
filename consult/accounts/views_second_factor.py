"""The second step of signing in, and one's own second factors. No address names a person: they come from the session."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from flask import Blueprint, Response, abort, current_app, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from consult.accounts import codes, passkeys, queries, rules
from consult.accounts import operations_second_factor as operations
from consult.accounts import queries_second_factor as factors
from consult.accounts.forms import CodeForm, ConfirmPasswordForm, FirstCodeForm, PasskeyForm
from consult.accounts.guards import (
    SET_UP_FIRST,
    before_second_factor,
    current_staff,
    needs,
    open_to_all,
    speak_language_of,
)
from consult.accounts.models import AuthenticatorOffer, PasskeyPurpose, Role, SessionKind, Staff
from consult.accounts.passkeys import Site
from consult.accounts.rules import Act
from consult.accounts.views_staff import HALF_SIGNED_IN, begin_visit, enter, try_password
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.http import scripted, see_other, staff_address
from consult.core.refusals import Refused, permits
from consult.core.settings import Settings

bp = Blueprint("second_factor_staff", __name__, url_prefix="/staff")

Change = Callable[[Session, Staff], Sequence[str] | None]  # returns recovery codes to show, if there are new ones


def this_site() -> Site:
    settings: Settings = current_app.extensions["consult settings"]
    return passkeys.site_of(settings.base_url)


# Signing in


def half_signed_in(db: Session) -> Staff | None:
    """Whoever gave their password in this browser a moment ago, and still has to show a second factor."""
    kind = SessionKind.HALF_SIGNED_IN
    person = queries.find_signed_in(db, str(session.get(HALF_SIGNED_IN, "")), now=clock.now(), kind=kind)
    if person is not None:
        speak_language_of(person)
    return person


def to_sign_in() -> ResponseReturnValue:
    return see_other(staff_address("accounts_staff.sign_in", next=request.args.get("next")))


@bp.route("/second-factor/", methods=["GET", "POST"])
@open_to_all
def pass_second_factor() -> ResponseReturnValue:
    """Sign in with a code. 303 to where one was going, or to the password where none was given; 422 or 429."""
    form = CodeForm()
    with writing() as db:
        person = half_signed_in(db)
        if person is None:
            return to_sign_in()
        if request.method == "GET" or not form.validate():
            return ask_second_factor(db, person, form, None, 200 if request.method == "GET" else 422)
        passed = operations.try_code(db, person, form.code.data, session=session[HALF_SIGNED_IN], now=clock.now())
        if passed.refused is not None:
            return ask_second_factor(db, person, form, passed.refused, passed.refused.status)
        secret, device = begin_visit(db, person)
    return enter(secret, device, first=url_for(".show_second_factor") if passed.by_recovery_code else "")


def ask_second_factor(
    db: Session, person: Staff, form: CodeForm, refused: Refused | None, status: int
) -> ResponseReturnValue:
    """The page that asks for a code or a passkey."""
    now, half = clock.now(), session[HALF_SIGNED_IN]
    have = factors.second_factors(db, person)
    asked = factors.find_challenge(db, person, half, PasskeyPurpose.SIGN_IN, now=now) if have.passkeys else None
    options = (
        passkeys.sign_in_options(this_site(), asked.challenge, [one.credential_id for one in have.passkeys])
        if asked
        else ""
    )
    page = render_template(
        "accounts/pass_second_factor.html",
        form=form,
        refused=refused,
        have=have,
        options=options,
        passkey_form=PasskeyForm(formdata=None),
        passkey_address=staff_address("passkeys_staff.pass_with_passkey", next=request.args.get("next")),
    )
    return scripted(page, status)


# One's own


@bp.get("/account/second-factor/")
@needs(Act.USE_DESK)
@before_second_factor
def show_second_factor() -> ResponseReturnValue:
    """What one has beside the password, and what one can do about it."""
    with reading() as db:
        have = factors.second_factors(db, current_staff())
    may_remove = permits(rules.check_remove_second_factor, current_user.roles, left=have.count - 1)
    return render_template(
        "accounts/show_second_factor.html",
        have=have,
        may_remove=may_remove,
        must_have=not rules.NEED_SECOND_FACTOR.isdisjoint(current_user.roles),
        takes_passkeys=this_site().takes_passkeys,
    )


def change_factor(
    template: str, form: ConfirmPasswordForm, change: Change, *, going: str = "", **values: Any
) -> ResponseReturnValue:
    """Ask for the password, then change something. 303 to the overview; 200 with new recovery codes; 409, 422 or 429."""
    if request.method == "GET" or not form.validate():
        status = 200 if request.method == "GET" else 422
        return render_template(template, form=form, refused=None, **values), status
    new, refused = _changed_if(form.password.data, change)
    if refused is not None:
        return render_template(template, form=form, refused=refused, **values), refused.status
    return show_recovery_codes(new) if new else see_other(going or url_for(SET_UP_FIRST))


def _changed_if(password: str, change: Change) -> tuple[Sequence[str], Refused | None]:
    """Change something if the signed-in person's password is right. A wrong one is counted, and that is kept."""
    me = current_staff()
    with writing() as db:
        tried = try_password(db, me.email, password)
    if tried.person is None:
        return (), tried.refused
    try:
        with writing() as db:  # another one, which holds nobody's row yet: two administrators may act on each other
            return change(db, db.get_one(Staff, me.id)) or (), None
    except Refused as problem:
        return (), problem


def show_recovery_codes(new: Sequence[str]) -> ResponseReturnValue:
    return render_template("accounts/show_recovery_codes.html", codes=[codes.in_fours(code) for code in new])


def this_session() -> str:
    secret: str = current_user.get_id()
    return secret


@bp.route("/account/second-factor/app/", methods=["GET", "POST"])
@needs(Act.USE_DESK)
@before_second_factor
def begin_authenticator() -> ResponseReturnValue:
    """Begin to set up an app. 303 to its secret; 422 or 429."""
    return change_factor(
        "accounts/begin_authenticator.html",
        ConfirmPasswordForm(),
        lambda db, person: operations.begin_authenticator(db, person, session=this_session(), now=clock.now()),
        going=url_for(".add_authenticator"),
    )


def _offered(db: Session) -> tuple[AuthenticatorOffer, str] | None:
    """The secret that is shown in this session."""
    person = current_staff()
    offer = factors.find_offer(db, person, this_session(), now=clock.now())
    secret = codes.unseal(offer.sealed_secret, person.actor) if offer else None
    return (offer, secret) if offer and secret else None


@bp.route("/account/second-factor/app/add/", methods=["GET", "POST"])
@needs(Act.USE_DESK)
@before_second_factor
def add_authenticator() -> ResponseReturnValue:
    """Show the secret and take the first code. 200 with recovery codes, or 303; 303 to the beginning where it is over; 422."""
    form = FirstCodeForm()
    with writing() as db:
        found = _offered(db)
        if found is None:
            return see_other(url_for(".begin_authenticator"))
        shown = {"form": form, "secret": codes.in_fours(found[1])}
        if request.method == "GET" or not form.validate():
            status = 200 if request.method == "GET" else 422
            return render_template("accounts/add_authenticator.html", refused=None, **shown), status
        try:
            with db.begin_nested():
                person, typed = db.get_one(Staff, current_staff().id), form.code.data
                new = operations.add_authenticator(db, person, typed, session=this_session(), now=clock.now())
        except Refused as problem:
            return render_template("accounts/add_authenticator.html", refused=problem, **shown), problem.status
    return show_recovery_codes(new) if new else see_other(url_for(".show_second_factor"))


@bp.get("/account/second-factor/app/picture.png")
@needs(Act.USE_DESK)
@before_second_factor
def draw_authenticator() -> ResponseReturnValue:
    """The secret as a picture, for the session in which it is shown. 404 where none is."""
    with reading() as db:
        found = _offered(db) or abort(404)
    address = codes.app_address(found[1], account=current_staff().email, site=this_site().host)
    return Response(codes.picture(address), mimetype="image/png")


@bp.route("/account/second-factor/app/remove/", methods=["GET", "POST"])
@needs(Act.USE_DESK)
def remove_authenticator() -> ResponseReturnValue:
    """Remove one's app. 303 to the overview; 409, 422 or 429."""
    return change_factor(
        "accounts/remove_second_factor.html",
        ConfirmPasswordForm(),
        lambda db, person: operations.remove_authenticator(db, person, session=this_session(), now=clock.now()),
        passkey=None,
    )


@bp.route("/account/second-factor/recovery-codes/", methods=["GET", "POST"])
@needs(Act.USE_DESK)
def make_recovery_codes() -> ResponseReturnValue:
    """Make new recovery codes and show them, once. 303 where there is nothing to recover; 422 or 429."""
    return change_factor(
        "accounts/make_recovery_codes.html",
        ConfirmPasswordForm(),
        lambda db, person: operations.make_recovery_codes(db, person, session=this_session(), now=clock.now()),
    )


# Another's


def _why_not(roles: Collection[Role], *, is_own: bool) -> Refused | None:
    """Why a second factor cannot be taken away: said at once, not after the password."""
    try:
        rules.check_reset_second_factor(roles, is_own=is_own)
    except Refused as problem:
        return problem
    return None


@bp.route("/people/<ref>/second-factor/", methods=["GET", "POST"])
@needs(Act.MANAGE_STAFF)
def reset_second_factor(ref: str) -> ResponseReturnValue:
    """Take away the second factor of someone who lost theirs. 303 to them; 404; 409, 422 or 429."""
    with reading() as db:
        person = queries.find_staff(db, ref) or abort(404)
        roles = queries.roles_of(db, person.id)
    is_own = person.id == current_staff().id
    return change_factor(
        "accounts/reset_second_factor.html",
        ConfirmPasswordForm(),
        lambda db, by: operations.reset_second_factor(db, db.get_one(Staff, person.id), by=by, now=clock.now()),
        going=url_for("accounts_staff.list_people"),
        person=person,
        why=_why_not(roles, is_own=is_own),
    )
