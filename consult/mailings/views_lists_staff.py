"""Mailing lists for the secretariat: begin one, change it, numbers, and one subscription at a time by its whole address."""

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.accounts.guards import current_staff, is_allowed, needs
from consult.accounts.rules import Act
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.http import see_other
from consult.core.i18n import find_language
from consult.core.old_forms import keeps_words
from consult.core.refusals import Refused
from consult.mail.queries_suppressions import suppressions_of
from consult.mailings import operations_lists, operations_subscriptions, queries_lists
from consult.mailings.finding import listed_campaigns
from consult.mailings.forms_lists import AddForm, FindForm, ListForm, list_form
from consult.mailings.models_lists import SignUpWay
from consult.mailings.queries_lists import Listed

bp = Blueprint("lists_staff", __name__, url_prefix="/staff/mailing-lists")


def _find(db: Session, list_slug: str) -> Listed:
    return queries_lists.find_list(db, list_slug) or abort(404)


@bp.get("/")
@needs(Act.MANAGE_LISTS)
def list_lists() -> ResponseReturnValue:
    """All lists. 403."""
    with reading() as db:
        found = queries_lists.list_lists(db)
    return render_template("mailings/list_lists_staff.html", lists=found)


@bp.route("/new/", methods=["GET", "POST"])
@needs(Act.MANAGE_LISTS)
@keeps_words
def create_list() -> ResponseReturnValue:
    """Begin a list. 303 to its page; 403, 409, 422 with what was typed."""
    form = list_form()
    with writing() as db:
        if request.method == "GET" or not form.validate():
            return _form_page(None, form), 200 if request.method == "GET" else 422
        try:
            with db.begin_nested():
                made = operations_lists.create_list(db, form.to_said(), by=current_staff(), now=clock.now())
        except Refused as problem:
            return _form_page(None, form, problem), problem.status
    return see_other(url_for(".show_list", list_slug=made.slug))


@bp.route("/<list_slug>/edit/", methods=["GET", "POST"])
@needs(Act.MANAGE_LISTS)
@keeps_words
def change_list(list_slug: str) -> ResponseReturnValue:
    """Say something else of a list, open or close it. 303 to its page; 403, 404, 422 with what was typed."""
    with writing() as db:
        found = _find(db, list_slug)
        form = list_form(found)
        if request.method == "GET" or not form.validate():
            return _form_page(found, form), 200 if request.method == "GET" else 422
        try:
            with db.begin_nested():
                operations_lists.change_list(
                    db, found.mailing_list, form.to_said(), by=current_staff(), now=clock.now()
                )
        except Refused as problem:
            return _form_page(found, form, problem), problem.status
    return see_other(url_for(".show_list", list_slug=list_slug))


def _form_page(listed: Listed | None, form: ListForm, refused: Refused | None = None) -> str:
    return render_template("mailings/edit_list.html", listed=listed, form=form, refused=refused)


@bp.get("/<list_slug>/")
@needs(Act.MANAGE_LISTS)
def show_list(list_slug: str) -> ResponseReturnValue:
    """What a list says of itself, and how many are on it in each language; nobody by name. 403, 404."""
    with reading() as db:
        found = _find(db, list_slug)
        counts = queries_lists.count_subscriptions(db, found.mailing_list.id)
        messages = queries_lists.newest_number(db, found.mailing_list.id)
        news = listed_campaigns(db, found.mailing_list)
    return render_template(
        "mailings/show_list_staff.html",
        **news,
        counts=counts,
        languages_named={one.language: find_language(one.language).name for one in counts},
        messages=messages,
        was_asked="asked" in request.args,
    )


@bp.route("/<list_slug>/add/", methods=["GET", "POST"])
@needs(Act.MANAGE_LISTS)
@keeps_words
def add_subscriber(list_slug: str) -> ResponseReturnValue:
    """Enter somebody who asked; they are mailed and confirm. 303 to the list; 403, 404, 409, 422 with what was typed."""
    form = AddForm()
    with writing() as db:
        found = _find(db, list_slug)
        if request.method == "GET" or not form.validate():
            return _add_page(found, form), 200 if request.method == "GET" else 422
        try:
            with db.begin_nested():
                operations_subscriptions.add_subscriber(
                    db, found.mailing_list, form.address.data, form.language.data, how=SignUpWay(form.how.data),
                    by=current_staff(), now=clock.now(),
                )  # fmt: skip
        except Refused as problem:
            return _add_page(found, form, problem), problem.status
    return see_other(url_for(".show_list", list_slug=list_slug, asked=1))


def _add_page(listed: Listed, form: AddForm, refused: Refused | None = None) -> str:
    return render_template("mailings/add_subscriber.html", listed=listed, form=form, refused=refused)


@bp.route("/<list_slug>/find/", methods=["GET", "POST"])
@needs(Act.MANAGE_LISTS)
def find_subscription(list_slug: str) -> ResponseReturnValue:
    """What is known of one whole address, which stands in no address of ours: so a POST. 200; 403, 404, 422."""
    form = FindForm()
    with reading() as db:
        found = _find(db, list_slug)
        is_asked = request.method == "POST" and form.validate()
        subscription = queries_lists.find_by_address(db, found.mailing_list.id, form.to_address()) if is_asked else None
        closed = suppressions_of(db, [form.to_address()] if is_asked else [])
    page = render_template(
        "mailings/find_subscription.html",
        listed=found,
        form=form,
        is_asked=is_asked,
        subscription=subscription,
        suppression=next(iter(closed.values()), None),
        can_lift=is_allowed(Act.MANAGE_STAKEHOLDERS),
    )
    return page, 422 if form.errors else 200


@bp.post("/<list_slug>/subscriptions/<ref>/end/")
@needs(Act.MANAGE_LISTS)
def end_subscription(list_slug: str, ref: str) -> ResponseReturnValue:
    """Take somebody who asked for it off the list. 303 to the list; 403, 404, 409."""
    with writing() as db:
        found = _find(db, list_slug)
        subscription = queries_lists.find_subscription(db, found.mailing_list.id, ref) or abort(404)
        operations_subscriptions.end_subscription(db, subscription, by=current_staff(), now=clock.now())
    return see_other(url_for(".show_list", list_slug=list_slug))
