"""Passkeys: passing with one, and one's own. The browser's part is static/passkeys.js, the only script on pages of the staff."""

from flask import Blueprint, abort, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts import operations_passkeys as operations
from consult.accounts import passkeys
from consult.accounts import queries_second_factor as factors
from consult.accounts.forms import CodeForm, ConfirmPasswordForm, NamePasskeyForm, PasskeyForm
from consult.accounts.guards import SET_UP_FIRST, before_second_factor, current_staff, needs, open_to_all
from consult.accounts.models import PasskeyChallenge, PasskeyPurpose, Staff
from consult.accounts.operations_second_factor import end_challenge, new_challenge
from consult.accounts.rules import Act
from consult.accounts.views_second_factor import (
    ask_second_factor,
    change_factor,
    half_signed_in,
    show_recovery_codes,
    this_session,
    this_site,
    to_sign_in,
)
from consult.accounts.views_staff import HALF_SIGNED_IN, begin_visit, enter
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.http import scripted, see_other
from consult.core.refusals import Refused

bp = Blueprint("passkeys_staff", __name__, url_prefix="/staff")


@bp.post("/second-factor/passkey/")
@open_to_all
def pass_with_passkey() -> ResponseReturnValue:
    """Sign in with a passkey. 303 to where one was going, or to the password where none was given; 422."""
    form, half = PasskeyForm(), str(session.get(HALF_SIGNED_IN, ""))
    with writing() as db:
        person = half_signed_in(db)
        if person is None:
            return to_sign_in()
        try:
            with db.begin_nested():
                answer, site = form.credential.data or "", this_site()
                operations.pass_with_passkey(db, person, answer, site=site, session=half, now=clock.now())
        except Refused as problem:
            new_challenge(db, person, half, PasskeyPurpose.SIGN_IN, now=clock.now())
            return ask_second_factor(db, person, CodeForm(formdata=None), problem, problem.status)
        secret, device = begin_visit(db, person)
    return enter(secret, device)


@bp.route("/account/second-factor/passkeys/new/", methods=["GET", "POST"])
@needs(Act.USE_DESK)
@before_second_factor
def begin_passkey() -> ResponseReturnValue:
    """Name a new passkey. 303 to where the browser makes it; 409, 422 or 429."""
    form = NamePasskeyForm()
    return change_factor(
        "accounts/begin_passkey.html",
        form,
        lambda db, person: operations.begin_passkey(
            db, person, form.name.data, session=this_session(), now=clock.now()
        ),
        going=url_for(".add_passkey"),
    )


@bp.route("/account/second-factor/passkeys/add/", methods=["GET", "POST"])
@needs(Act.USE_DESK)
@before_second_factor
def add_passkey() -> ResponseReturnValue:
    """Let the browser make the passkey, and keep it. 200 with recovery codes, or 303; 409 or 422 with the beginning."""
    form = PasskeyForm()
    with writing() as db:
        person = db.get_one(Staff, current_staff().id)
        asked = factors.find_challenge(db, person, this_session(), PasskeyPurpose.ADD, now=clock.now())
        if asked is None:
            return see_other(url_for(".begin_passkey"))
        if request.method == "GET":
            return _ask_for_new(db, person, asked)
        answer, name = form.credential.data or "", asked.name
        try:
            with db.begin_nested():
                new = operations.add_passkey(
                    db, person, answer, site=this_site(), session=this_session(), now=clock.now()
                )
        except Refused as problem:
            end_challenge(db, this_session())
            begin = NamePasskeyForm(formdata=None, name=name)
            return render_template("accounts/begin_passkey.html", form=begin, refused=problem), problem.status
    return show_recovery_codes(new) if new else see_other(url_for(SET_UP_FIRST))


def _ask_for_new(db: Session, person: Staff, asked: PasskeyChallenge) -> ResponseReturnValue:
    """The page on which the browser makes a passkey."""
    there = [one.credential_id for one in factors.list_passkeys(db, person)]
    options = passkeys.add_options(
        this_site(), asked.challenge, handle=person.ref, account=person.email, name=person.name, there=there
    )
    form = PasskeyForm(formdata=None)
    return scripted(render_template("accounts/add_passkey.html", form=form, options=options, name=asked.name))


@bp.route("/account/second-factor/passkeys/<ref>/remove/", methods=["GET", "POST"])
@needs(Act.USE_DESK)
def remove_passkey(ref: str) -> ResponseReturnValue:
    """Remove one of one's own passkeys. 303 to the overview; 404; 409, 422 or 429."""
    with reading() as db:
        passkey = factors.find_passkey(db, current_staff(), ref) or abort(404)
    return change_factor(
        "accounts/remove_second_factor.html",
        ConfirmPasswordForm(),
        lambda db, person: operations.remove_passkey(db, person, ref, session=this_session(), now=clock.now()),
        passkey=passkey,
    )
