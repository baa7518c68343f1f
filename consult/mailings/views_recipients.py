"""The recipients of a campaign that went out: what became of the mail to each, since when and why, and how it came so."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from consult.accounts.guards import is_allowed, needs
from consult.accounts.rules import Act
from consult.core.db import reading
from consult.core.forms import cleaned_line
from consult.core.http import asked_number
from consult.core.i18n import _l
from consult.mailings import queries, queries_history, queries_sending
from consult.mailings.finding import find_either, shown_about
from consult.mailings.forms import KINDS
from consult.mailings.models import LeftOut
from consult.mailings.queries_sending import Delivery
from consult.mailings.views_sending import bp
from consult.mailings.views_staff import DELIVERIES, REASONS

__all__ = ["bp"]

WORDS_MAX = 200  # characters that are looked for
_CODES = {one.value for one in LeftOut}
LEFT_OUT = {LeftOut(one.value): words for one, words in REASONS.items() if one.value in _CODES} | {
    LeftOut.LEFT_LIST: _l("is not on the list any more"),
    LeftOut.STOPPED: _l("the mailing was stopped"),
    LeftOut.TOO_LATE: _l("it was too late: comments had closed"),
}
EVENTS = {
    queries_history.QUEUED: _l("In line to be sent"),
    queries_history.TRIED: _l("Tried"),
    queries_history.NEXT: _l("Is tried again from here on"),
    queries_history.SUPPRESSED: _l("Nothing more is sent to the address"),
    queries_history.COMPLAINT: _l("Its reader called it spam"),
    queries_history.LIFTED: _l("The address may be written to again"),
}


@bp.get("/<ref>/recipients/")
@needs(Act.READ_CAMPAIGNS)
def list_recipients(ref: str, **of: str) -> ResponseReturnValue:
    """What became of the mail to each: all, those of one delivery, or those of a name or an address. 403, 404."""
    asked = next((one for one in Delivery if one.value == request.args.get("delivery")), None)
    sought = cleaned_line(request.args.get("find", ""))[:WORDS_MAX]
    with reading() as db:
        about, campaign = find_either(db, of, ref)
        shown = shown_about(db, about)
        people = queries_sending.list_deliveries(
            db,
            campaign,
            asked,
            words=sought,
            may_find_readers=is_allowed(Act.MANAGE_LISTS),
            after=asked_number("after"),
        )
        counts = queries_sending.count_deliveries(db, campaign)
        histories = queries_history.list_histories(db, campaign, [one.id for one in people])
    return render_template(
        "mailings/list_recipients.html",
        **shown,
        campaign=campaign,
        kinds=KINDS,
        counts=counts,
        asked=asked,
        sought=sought,
        people=people,
        more=people[-1].id if len(people) == queries.PAGE else None,
        histories=histories,
        deliveries=DELIVERIES,
        events={**DELIVERIES, **EVENTS},
        why=LEFT_OUT,
    )
