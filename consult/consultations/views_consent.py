"""Yes and no to each purpose, on the page of one's own entry."""

from flask.typing import ResponseReturnValue

from consult.consultations import operations_consent as operations
from consult.consultations.forms_entry import LinkForForm, PurposeForm
from consult.consultations.views_entry import bp, entry_page, find_mine
from consult.core import clock
from consult.core.db import writing
from consult.core.http import see_other
from consult.core.refusals import Refused
from consult.stakeholders.models import Purpose
from consult.stakeholders.rules import check_change_stakeholder

__all__ = ["bp"]


@bp.post("/agree/")
def choose_purpose(slug: str = "") -> ResponseReturnValue:
    """Say yes or no to one kind of mail; for a protected entry no to news. 303 to the entry; 403, 404, 409, 422."""
    form = PurposeForm()
    with writing() as db:
        mine = find_mine(db, slug)
        if (form.purpose.data, form.agrees.data) != (Purpose.NEWS.value, "no"):
            check_change_stakeholder(mine.entry)
        if not form.validate():
            return entry_page(db, mine, form), 422
        try:
            with db.begin_nested():
                purpose, agrees = Purpose(form.purpose.data), form.agrees.data == "yes"
                confirmed = mine.participant is None  # by a link that was mailed for it
                operations.choose_purpose(
                    db, mine.entry, purpose, agrees=agrees, is_confirmed=confirmed, now=clock.now()
                )
        except Refused as problem:
            return entry_page(db, mine, LinkForForm(formdata=None), problem), problem.status
    return see_other(mine.address("show_entry", said="kept"))
