"""The link that was mailed to a mailbox to stop mail: a GET says what for, the POST does it, once. And asking for one behind the door."""

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.consultations.doors import Entered
from consult.consultations.forms_entry import LinkForForm
from consult.consultations.views_entry import entry_page, find_open
from consult.core import clock, ids
from consult.core.db import reading, writing
from consult.core.refusals import Refused
from consult.mailings import operations_leave_links as operations
from consult.mailings import queries_leave_links as queries
from consult.mailings import rules_leave_links as rules
from consult.mailings import views_lists_leaving as of_lists
from consult.mailings.forms import StopForm, UndoForm
from consult.mailings.mails_leave_links import stopped_by
from consult.mailings.models_leave_links import LeaveAct, LeaveLink
from consult.mailings.models_leaving import Leaving, LeavingScope
from consult.mailings.models_lists import ListLeaving
from consult.mailings.queries_leave_links import Reader
from consult.mailings.views_asked import mailed_page
from consult.mailings.views_lists_language import bp
from consult.mailings.views_public import left_page

__all__ = ["bp"]

ACTS = {purpose.value: act for act, purpose in queries.PURPOSES.items()}  # by what the buttons of an entry say


@bp.get("/leave/confirm/<token>")
def show_leave_link(token: str) -> ResponseReturnValue:
    """What a link stops, with the button; it names nobody. 410 for a link that is over, or was never made."""
    with reading() as db:
        link = queries.find_leave_link(db, token)
        try:
            rules.check_use_leave_link(link, _key(db, link), now=clock.now())
        except Refused as problem:
            return _over(problem)
        assert link is not None, "the rule has asked"
        return render_template(
            "mailings/show_leave_link.html", form=UndoForm(once=ids.random_secret()), **stopped_by(db, link)
        )


@bp.post("/leave/confirm/<token>")
def use_leave_link(token: str) -> ResponseReturnValue:
    """Stop it. 200, with the way back for whoever pressed; 410."""
    form = UndoForm()
    with writing() as db:
        once = form.once.data or ids.random_secret()
        try:
            with db.begin_nested():
                left = operations.leave_by_link(db, token, once=once, now=clock.now())
        except Refused as problem:
            return _over(problem)
        return _left(db, left, once)


@bp.post("/consultations/<slug>/my-entry/stop/")
def ask_to_stop(slug: str) -> ResponseReturnValue:
    """A no to one kind of mail, behind the door: a link is mailed to the address of the entry. 202; 403, 404, 409, 410, 422."""
    form = StopForm()
    with writing() as db:
        mine = find_open(db, slug)
        if not form.validate():
            return entry_page(db, mine, form), 422
        reader = Reader(mine.participant, None, mine.consultation)
        try:
            operations.ask_to_stop(db, reader, mine.entry, ACTS[form.purpose.data], now=clock.now())
        except Refused as problem:
            return entry_page(db, mine, LinkForForm(formdata=None), problem), problem.status
    return mailed_page()


def _key(db: Session, link: LeaveLink | None) -> bytes:
    return (queries.mailbox_of(db, queries.reader_of(db, link)).key if link is not None else None) or b""


def _left(db: Session, left: operations.Left, once: str) -> str:
    """The page of the act: that of the same choice at once."""
    participant, subscription, consultation = left.reader
    if isinstance(left.act, ListLeaving) and subscription is not None:
        return of_lists.left_page(
            db, subscription, left.act.scope, consultation, once if left.act.once == ids.digest(once) else ""
        )
    if isinstance(left.act, Leaving) and participant is not None and consultation is not None:
        leaver = Entered(doors.door_of(db, participant), participant, consultation)
        return left_page(leaver, left.act, once, asked=LeavingScope(left.what.value))
    return render_template("mailings/stop_purpose.html", consultation=consultation, is_news=left.what is LeaveAct.NEWS)


def _over(problem: Refused) -> ResponseReturnValue:
    return render_template("mailings/no_leave_link.html", refused=problem), problem.status
