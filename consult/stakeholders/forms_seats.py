"""The form with which a seat is handed over."""

from consult.core.forms import AtMost, Filled, LineField
from consult.core.i18n import _l
from consult.stakeholders.forms import FOUND_BY, HolderForm
from consult.stakeholders.models import EMAIL_MAX


class HandOverForm(HolderForm):
    """Who holds a seat next."""

    shown_first = ("person", "chosen")

    person = LineField(
        _l("Who is the successor?"),
        description=FOUND_BY,
        validators=[Filled(_l("Say who holds it.")), AtMost(EMAIL_MAX)],
    )
