"""Leaving by the link of a mail. A GET shows the choices and changes nothing, whoever or whatever asks; only a POST acts."""

from typing import NamedTuple

from flask import Blueprint, abort, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.consultations import queries as consultation_queries
from consult.consultations.doors import Entered
from consult.consultations.guards import participant_or_403
from consult.core import clock, ids
from consult.core.db import reading, writing
from consult.core.http import see_other
from consult.core.old_forms import is_one_click, takes_one_click
from consult.core.refusals import Refused
from consult.mail.keys import read_leave_token
from consult.mailings import views_lists_leaving as of_lists
from consult.mailings.forms import LeaveForm, UndoForm
from consult.mailings.list_links import find_subscriber
from consult.mailings.models_leave_links import LeaveAct
from consult.mailings.models_leaving import Leaving, LeavingScope, LeavingWay
from consult.mailings.models_lists import Subscription
from consult.mailings.operations_leaving import leave_mails as leave
from consult.mailings.operations_leaving import resume_mail as resume
from consult.mailings.operations_leaving import undo_leaving as undo
from consult.mailings.queries_leave_links import Reader, has_no_mailbox
from consult.mailings.views_asked import mail_link

bp = Blueprint("mailings_public", __name__, url_prefix="/<lang>")


class Came(NamedTuple):
    """Whose link it is: of somebody who takes part, or of a list; neither for one that leads nowhere."""

    leaver: Entered | None
    subscription: Subscription | None
    acts: bool  # whether what is pressed holds at once: by the header of a mail, or where nobody could confirm by mail


def _came(db: Session, token: str) -> Came:
    token, at_once = read_leave_token(token)
    leaver = doors.find_leaver(db, token)
    if leaver is None:
        return Came(None, find_subscriber(db, token), at_once)
    return Came(leaver, None, at_once or has_no_mailbox(db, leaver.participant))


@bp.get("/leave/<token>")
def show_leaving(token: str) -> ResponseReturnValue:
    """What can be stopped, whose name is not said. 404 for a link that leads nowhere."""
    with reading() as db:
        came = _came(db, token)
        if came.leaver is None:
            listed = came.subscription
            return of_lists.show_list_leaving(db, listed, acts=came.acts) if listed else _no_link()
        return _choices(db, came.leaver, LeaveForm(formdata=None), acts=came.acts)


@bp.post("/leave/<token>")
@takes_one_click
def leave_mails(token: str) -> ResponseReturnValue:
    """Stop what was chosen; for one click what is about the consultation, or of the list. 200, never a redirect; 404, 422.

    By the link in the body of a mail, which anybody may have by now, a link is mailed to its mailbox instead, and nothing stops: 202.
    """
    with writing() as db:
        leaver, subscription, acts = _came(db, token)
        if leaver is None:
            if subscription is None:
                return _no_link()
            return of_lists.leave_list(db, subscription, is_one_click=is_one_click(), acts=acts)
        form = None if is_one_click() else LeaveForm()  # making a form makes a cookie
        if form is not None and not form.validate():
            return _choices(db, leaver, form, acts=acts), 422
        scope = LeavingScope.CONSULTATION if form is None else LeavingScope(form.scope.data)
        if not acts:
            return mail_link(db, Reader(leaver.participant, None, leaver.consultation), LeaveAct(scope.value))
        way = LeavingWay.ONE_CLICK if form is None else LeavingWay.PAGE
        once = "" if form is None else form.once.data or ids.random_secret()
        left = leave(db, leaver, scope, way=way, once=once, now=clock.now())
        return left_page(leaver, left, once, asked=scope)


@bp.post("/leave/<token>/undo/")
def undo_leaving(token: str) -> ResponseReturnValue:
    """Take a leaving back, for whoever just pressed. 200; 404, 410."""
    form = UndoForm()
    with writing() as db:
        leaver, subscription, acts = _came(db, token)
        if leaver is None:
            once = form.once.data or ""
            return of_lists.undo_list_leaving(db, subscription, once, acts=acts) if subscription else _no_link()
        try:
            with db.begin_nested():
                undo(db, leaver, form.once.data or "", now=clock.now())
        except Refused as problem:
            return _choices(db, leaver, LeaveForm(formdata=None), problem, acts=acts), problem.status
    return render_template("mailings/undo_leaving.html", consultation=leaver.consultation)


@bp.post("/consultations/<slug>/my-mail/")
def resume_mail(slug: str) -> ResponseReturnValue:
    """Get mail again, for whoever came through their door. 303 to one's own comments; 403, 404."""
    with writing() as db:
        consultation = consultation_queries.find_public(db, slug) or abort(404)
        resume(db, participant_or_403(db, consultation), now=clock.now())
    return see_other(url_for("rounds_public.my_comments", slug=slug, resumed=1))


def _choices(db: Session, leaver: Entered, form: LeaveForm, refused: Refused | None = None, *, acts: bool) -> str:
    is_office = doors.is_at_office(db, leaver.participant)
    return render_template(
        "mailings/show_leaving.html",
        consultation=leaver.consultation,
        has_left=leaver.participant.left_at is not None,
        is_office=is_office,
        form=form.of_an_office() if is_office else form,
        acts=acts,
        refused=refused,
    )


def left_page(leaver: Entered, left: Leaving, once: str, *, asked: LeavingScope) -> str:
    """What no longer comes, and what still may; with a way back where it was this very form that did it.

    Whoever asks for everything at an office ends its news and lists: `asked` is what they chose.
    """
    is_own = bool(once) and left.once == ids.digest(once)
    return render_template(
        "mailings/leave_mails.html",
        consultation=leaver.consultation,
        is_everything=left.scope is LeavingScope.EVERYTHING,
        is_news=left.scope is LeavingScope.NEWS,
        with_lists=asked is LeavingScope.EVERYTHING,
        once=once if is_own else "",
        token=doors.leave_token_of(leaver.door),
    )


def _no_link() -> ResponseReturnValue:
    return render_template("mailings/no_leaving.html"), 404
