"""Leaving by the link in a list's mail, at the same address as by that of a personal link: see views_public.py."""

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.consultations import queries as consultation_queries
from consult.consultations.models import Consultation
from consult.core import clock, ids
from consult.core.refusals import Refused
from consult.mailings import list_links, queries_lists
from consult.mailings.forms_lists import LanguageForm, ListLeaveForm
from consult.mailings.models_leave_links import LeaveAct
from consult.mailings.models_leaving import LeavingWay
from consult.mailings.models_lists import ListLeavingScope, Subscription, SubscriptionState
from consult.mailings.operations_lists_leaving import leave_list as leave
from consult.mailings.operations_lists_leaving import undo_list_leaving as undo
from consult.mailings.queries_leave_links import Reader
from consult.mailings.views_asked import mail_link
from consult.stakeholders.queries_duty import offices_of


def _about(db: Session) -> Consultation | None:
    """The consultation that the mail was about, as its link says: it can only add one choice that is less than everything."""
    return consultation_queries.find_public(db, request.args.get("about", "")) if request.args.get("about") else None


def _is_office(db: Session, subscription: Subscription) -> bool:
    return bool(offices_of(db, subscription.address or ""))


def show_list_leaving(
    db: Session,
    subscription: Subscription,
    form: ListLeaveForm | None = None,
    refused: Refused | None = None,
    language: LanguageForm | None = None,
    *,
    acts: bool = False,
) -> str:
    """The choices: this list, the consultation where the mail was about one, everything. Whose mailbox it is, is not said.

    `acts` says whether what is pressed holds at once.
    """
    about = _about(db)
    form = form or ListLeaveForm(formdata=None).offer(has_consultation=about is not None)
    is_office = _is_office(db, subscription)
    return render_template(
        "mailings/show_list_leaving.html",
        listed=queries_lists.read_list(db, subscription.list_id),
        consultation=about,
        has_left=subscription.state is not SubscriptionState.CONFIRMED,
        is_office=is_office,
        form=form.of_an_office() if is_office else form,
        language_form=language or LanguageForm(formdata=None, data={"language": subscription.language}),
        token=list_links.leave_token_of(subscription),
        acts=acts,
        refused=refused,
    )


def leave_list(db: Session, subscription: Subscription, *, is_one_click: bool, acts: bool) -> ResponseReturnValue:
    """Stop what was chosen; for the one click of a mail program mail of the list. 200, 422; 202 where a link is mailed instead."""
    now = clock.now()
    if is_one_click and not acts:
        return mail_link(db, Reader(None, subscription, None), LeaveAct.LIST)
    if is_one_click:
        leave(db, subscription, ListLeavingScope.LIST, way=LeavingWay.ONE_CLICK, now=now)
        return left_page(db, subscription, ListLeavingScope.LIST, None, "")
    about = _about(db)
    form = ListLeaveForm().offer(has_consultation=about is not None)
    if not form.validate():
        return show_list_leaving(db, subscription, form, acts=acts), 422
    if not acts:
        return mail_link(db, Reader(None, subscription, about), LeaveAct(form.scope.data))
    scope, once = ListLeavingScope(form.scope.data), form.once.data or ids.random_secret()
    left = leave(db, subscription, scope, way=LeavingWay.PAGE, consultation=about, once=once, now=now)
    return left_page(db, subscription, scope, about, once if left.once == ids.digest(once) else "")


def left_page(
    db: Session, subscription: Subscription, scope: ListLeavingScope, about: Consultation | None, once: str
) -> str:
    """What no longer comes, and what still may; with a way back where it was this very form that did it."""
    listed = queries_lists.read_list(db, subscription.list_id)
    return render_template(
        "mailings/leave_list.html",
        listed=listed,
        scope=scope,
        consultation=about,
        once=once,
        is_office=_is_office(db, subscription),
        token=list_links.leave_token_of(subscription),
    )


def undo_list_leaving(db: Session, subscription: Subscription, once: str, *, acts: bool) -> ResponseReturnValue:
    """Take a leaving back, for whoever just pressed. 200; 410."""
    try:
        with db.begin_nested():
            undo(db, subscription, once, now=clock.now())
    except Refused as problem:
        return show_list_leaving(db, subscription, refused=problem, acts=acts), problem.status
    listed = queries_lists.read_list(db, subscription.list_id)
    return render_template("mailings/undo_list_leaving.html", listed=listed)
