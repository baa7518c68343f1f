"""Public pages of mailing lists: what they are, signing up, confirming, and what was sent. Only a POST acts."""

from flask import Blueprint, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue

from consult.core import clock, i18n
from consult.core.db import reading, writing
from consult.core.forms import whole_number
from consult.core.http import asked_number, not_modified, public_response
from consult.core.old_forms import takes_no_token
from consult.core.refusals import Refused
from consult.core.settings import Settings
from consult.mail.queries_suppressions import standing
from consult.mailings import list_links, operations_subscriptions, queries_lists, rules_lists
from consult.mailings.feed import atom
from consult.mailings.forms_lists import SignUpForm, sign_up_form
from consult.mailings.models_lists import Subscription, SubscriptionState
from consult.mailings.queries_lists import Listed

bp = Blueprint("lists_public", __name__, url_prefix="/<lang>")


@bp.get("/lists/")
def list_lists() -> ResponseReturnValue:
    """The lists that anybody may sign up to."""
    with reading() as db:
        found = queries_lists.list_open(db)
    version = f"lists:{i18n.language().code}:" + ",".join(one.mailing_list.version for one in found)
    return not_modified(version) or public_response(render_template("mailings/list_lists.html", lists=found), version)


@bp.get("/lists/<list_slug>/")
def show_list(list_slug: str) -> ResponseReturnValue:
    """What a list is, how often mail comes, and the form. Kept for everybody: it uses no session. 404."""
    with reading() as db:
        found = queries_lists.find_public_list(db, list_slug) or abort(404)
    version = f"list:{i18n.language().code}:{found.mailing_list.version}"
    return not_modified(version) or public_response(_list_page(found, sign_up_form(sent=False)), version)


@bp.post("/lists/<list_slug>/")
@takes_no_token
def sign_up(list_slug: str) -> ResponseReturnValue:
    """Have the link mailed that confirms. The answer is the same whatever we know of the address. 404, 409, 422."""
    form = sign_up_form(sent=True)
    with writing() as db:
        found = queries_lists.find_public_list(db, list_slug) or abort(404)
        if not form.validate():
            return _list_page(found, form), 422
        try:
            with db.begin_nested():
                operations_subscriptions.sign_up(
                    db, found.mailing_list, form.address.data, form.language.data, now=clock.now()
                )
        except Refused as problem:  # of the shape of the address, or of the list; nothing is said of who is on it
            return _list_page(found, form, problem), problem.status
    return render_template("mailings/sign_up.html", listed=found)


def _list_page(listed: Listed, form: SignUpForm, refused: Refused | None = None) -> str:
    return render_template("mailings/show_list.html", listed=listed, form=form, refused=refused)


@bp.get("/confirm/<token>")
def show_confirmation(token: str) -> ResponseReturnValue:
    """What a yes would mean. It changes nothing, whoever or whatever looks. 404, 409, 410."""
    with reading() as db:
        subscription = list_links.find_to_confirm(db, token)
        if subscription is None:
            return _no_link()
        listed = queries_lists.read_list(db, subscription.list_id)
        is_closed = standing(db, subscription.key) is not None
    return _confirmation_page(listed, subscription, is_closed=is_closed)


@bp.post("/confirm/<token>")
def confirm_subscription(token: str) -> ResponseReturnValue:
    """Be on the list. 200, and the same when pressed again; 404, 409, 410."""
    with writing() as db:
        subscription = list_links.find_to_confirm(db, token, hold=True)
        if subscription is None:
            return _no_link()
        listed, words = queries_lists.read_list(db, subscription.list_id), whole_number(request.form.get("words")) or 0
        try:
            with db.begin_nested():
                operations_subscriptions.confirm_subscription(db, subscription, words=words, now=clock.now())
        except Refused as problem:
            return _confirmation_page(listed, subscription, problem)
    return render_template("mailings/confirm_subscription.html", listed=listed)


def _confirmation_page(
    listed: Listed, subscription: Subscription, refused: Refused | None = None, *, is_closed: bool = False
) -> ResponseReturnValue:
    can_confirm, is_there = True, subscription.state is SubscriptionState.CONFIRMED and not is_closed
    try:
        rules_lists.check_confirm_subscription(subscription, listed.mailing_list, now=clock.now())
    except Refused as problem:
        can_confirm, refused = False, problem
    page = render_template(
        "mailings/show_confirmation.html", listed=listed, is_there=is_there, can_confirm=can_confirm, refused=refused
    )
    return page, refused.status if refused else 200


def _no_link() -> ResponseReturnValue:
    return render_template("mailings/no_confirmation.html"), 404


@bp.get("/lists/<list_slug>/archive/")
def show_archive(list_slug: str) -> ResponseReturnValue:
    """What was sent, the newest first, a page at a time (?before=). 404 where it is not public."""
    before = asked_number("before")
    with reading() as db:
        found = _with_archive(queries_lists.find_list(db, list_slug))
        messages = queries_lists.list_messages(db, found.mailing_list.id, before=before)
        newest = queries_lists.newest_number(db, found.mailing_list.id)
    version = f"archive:{i18n.language().code}:{found.mailing_list.version}:{newest}:{before}"
    return not_modified(version) or public_response(
        render_template("mailings/show_archive.html", listed=found, messages=messages), version
    )


@bp.get("/lists/<list_slug>/archive/<int:number>/")
def show_message(list_slug: str, number: int) -> ResponseReturnValue:
    """One message, in the language of the page or the one that stands for it. 404."""
    with reading() as db:
        found = _with_archive(queries_lists.find_list(db, list_slug))
        message = queries_lists.find_message(db, found.mailing_list.id, number) or abort(404)
    version = f"message:{i18n.language().code}:{found.mailing_list.version}:{number}"
    return not_modified(version) or public_response(
        render_template("mailings/show_message.html", listed=found, message=message), version
    )


@bp.get("/lists/<list_slug>/feed.atom")
def list_feed(list_slug: str) -> ResponseReturnValue:
    """The newest messages for feed readers. RFC 4287. 404."""
    settings: Settings = current_app.extensions["consult settings"]
    with reading() as db:
        found = _with_archive(queries_lists.find_list(db, list_slug))
        messages = queries_lists.list_messages(db, found.mailing_list.id, limit=queries_lists.FEED)
    newest = messages[0].number if messages else 0
    version = f"feed:{i18n.language().code}:{found.mailing_list.version}:{newest}"
    return not_modified(version) or public_response(
        atom(found, messages, base_url=settings.base_url), version, mimetype="application/atom+xml"
    )


def _with_archive(listed: Listed | None) -> Listed:
    return listed if listed and listed.mailing_list.archive_is_public else abort(404)
