"""The mailbox of a demonstration: what was mailed, to be read and followed. Exists only where mails are captured.

It stands below accounts in the order of imports, so the wiring gives it the lock that its pages need.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from consult.core.settings import Settings
from consult.mail.captured import linked, list_captured, read_captured
from consult.mail.connection import mailbox

PAGE = 50  # mails

View = Callable[..., ResponseReturnValue]


def mailbox_pages(settings: Settings, guard: Callable[[Any], View]) -> Blueprint:
    """The pages under /staff/mailbox/, each behind `guard`."""
    bp = Blueprint("mail_staff", __name__, url_prefix="/staff/mailbox")
    folder = mailbox(settings)

    @bp.get("/")
    @guard
    def list_mails() -> ResponseReturnValue:
        """The captured mails, newest first."""
        mails = list_captured(folder, before=request.args.get("before", ""), limit=PAGE + 1)
        more = mails[PAGE - 1].name if len(mails) > PAGE else None
        return render_template("mail/list_mails.html", mails=mails[:PAGE], more=more)

    @bp.get("/<name>/")
    @guard
    def show_mail(name: str) -> ResponseReturnValue:
        """One captured mail: its plain part, with our own addresses to follow. 404 for an unknown one."""
        mail = read_captured(folder, name) or abort(404)
        return render_template("mail/show_mail.html", mail=mail, text=linked(mail.text, settings.base_url))

    return bp
