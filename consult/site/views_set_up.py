"""Setting up an empty installation in the browser, by the one-time link that the start printed. Four steps and a sign-in."""

from typing import Any

from flask import Blueprint, current_app, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user
from sqlalchemy.orm import Session

from consult.accounts import guards
from consult.accounts.guards import SET_UP_FIRST, open_to_all
from consult.accounts.views_staff import begin_staff_session
from consult.core import clock, i18n
from consult.core.db import reading, writing
from consult.core.http import see_other
from consult.core.ids import random_code
from consult.core.refusals import Refused
from consult.core.settings import Settings
from consult.mail.mails import TEST
from consult.mail.models import Mail, OutboxMail
from consult.mail.operations import queue_mail
from consult.mail.queries import find_mail
from consult.site import operations
from consult.site.forms import AdministratorForm, LanguagesForm, MailTestForm, identity_form
from consult.site.identity import offered, refresh, translated
from consult.site.models import Installation
from consult.site.rules import SetUpOver

bp = Blueprint("site_set_up", __name__, url_prefix="/staff/set-up/<secret>")

STEPS = 4


def settings() -> Settings:
    """The installation's settings."""
    found: Settings = current_app.extensions["consult settings"]
    return found


def languages_form(installation: Installation) -> LanguagesForm:
    """The form of the languages, filled with what holds now."""
    form = LanguagesForm(languages=installation.languages, first=installation.languages[0])
    return form.offer(list(offered(settings()).values()), translated(settings()))


@bp.route("/", methods=["GET", "POST"])
@open_to_all
def choose_languages(secret: str) -> ResponseReturnValue:
    """Step 1: the languages. 303 to the next step; 410, or 422 with what was chosen."""
    with writing() as db:
        installation = operations.find_by_link(db, secret)
        form = languages_form(installation)
        if request.method == "GET" or not form.validate():
            return _step("choose_languages", 1, form), 200 if request.method == "GET" else 422
        operations.choose_languages(db, installation, form.in_order(), by=None, now=clock.now())
    refresh(settings())
    return see_other(url_for(".name_site", secret=secret))


@bp.route("/name/", methods=["GET", "POST"])
@open_to_all
def name_site(secret: str) -> ResponseReturnValue:
    """Step 2: name and privacy notice. 303 to the next step; 410, or 422 with what was typed."""
    with writing() as db:
        installation = operations.find_by_link(db, secret)
        form = identity_form(installation)
        if request.method == "GET" or not form.validate():
            return _step("name_site", 2, form), 200 if request.method == "GET" else 422
        try:
            with db.begin_nested():
                name, privacy = form.texts("name"), form.texts("privacy")
                operations.name_site(db, installation, name, privacy, by=None, now=clock.now())
        except Refused as problem:
            return _step("name_site", 2, form, problem), problem.status
    refresh(settings())
    return see_other(url_for(".test_mail", secret=secret))


@bp.route("/mail/", methods=["GET", "POST"])
@open_to_all
def test_mail(secret: str) -> ResponseReturnValue:
    """Step 3: a test mail, and what became of it (?mail=). 303 to itself; 410, or 422 with the typed address."""
    form = MailTestForm()
    with writing() as db:
        operations.find_by_link(db, secret)
        if request.method == "POST" and form.validate():
            try:
                code = queue_test(db, form.address.data)
                return see_other(url_for(".test_mail", secret=secret, mail=code))
            except Refused as problem:
                return _step("test_mail", 3, form, problem, **about_mail(db)), problem.status
        status = 422 if request.method == "POST" else 200
        return _step("test_mail", 3, form, **about_mail(db)), status


def queue_test(db: Session, address: str) -> str:
    """Queue a test mail. Returns the code by which its page finds it again. Raises MailAddressWrong."""
    code = random_code()
    queue_mail(db, Mail(TEST.name, f"test:{code}", f"test:{code}", address, i18n.language().code), now=clock.now())
    return code


def about_mail(db: Session) -> dict[str, Any]:
    """What the page of the mail test shows: the relay in use, and the mail under test."""
    code = request.args.get("mail", "")
    tested: OutboxMail | None = find_mail(db, f"test:{code}", f"test:{code}", TEST.name) if code else None
    return {"relay": settings(), "tested": tested}


@bp.route("/administrator/", methods=["GET", "POST"])
@open_to_all
def add_administrator(secret: str) -> ResponseReturnValue:
    """Step 4: the first person, who is then signed in. 303 to their second factor; 410, or 422 with what was typed."""
    form = AdministratorForm()
    if request.method == "GET" or not form.validate():
        with reading() as db:
            operations.find_by_link(db, secret)
        return _step("add_administrator", 4, form), 200 if request.method == "GET" else 422
    try:
        with writing() as db:
            person = operations.add_first_administrator(
                db,
                secret,
                name=form.name.data,
                email=form.email.data,
                language=i18n.language().code,
                password=form.password.data,
                now=clock.now(),
            )
            opened = begin_staff_session(db, person)
    except SetUpOver:
        raise
    except Refused as problem:
        return _step("add_administrator", 4, form, problem), problem.status
    session.clear()
    login_user(guards.load_someone(opened))
    return see_other(url_for(SET_UP_FIRST))


def _step(template: str, number: int, form: object, refused: Refused | None = None, **values: Any) -> str:
    return render_template(f"site/{template}.html", form=form, refused=refused, step=number, steps=STEPS, **values)
