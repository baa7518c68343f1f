"""The answer to whoever holds a link that does not stop mail by itself: the same for everybody, whatever was mailed."""

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from consult.consultations.views_requests import settings
from consult.core import clock
from consult.mailings.models_leave_links import LeaveAct
from consult.mailings.operations_leave_links import ask_to_leave
from consult.mailings.queries_leave_links import Reader


def mail_link(db: Session, reader: Reader, act: LeaveAct) -> ResponseReturnValue:
    """Mail a link for an act to the reader's own mailbox. 202: nothing has changed, and a mail program must not say so."""
    ask_to_leave(db, reader, act, now=clock.now())
    return mailed_page()


def mailed_page() -> ResponseReturnValue:
    """What they do next. It says neither to which address, nor whether a mail may go there."""
    return render_template("mailings/ask_to_leave.html", operator=settings().operator_contact), 202
