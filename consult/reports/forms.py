"""The form with which answers are published."""

from datetime import date

from wtforms import HiddenField

from consult.core.forms import DIGITS, Form, LineField
from consult.core.i18n import _, _l


class PublishForm(Form):
    """What is published, and for an interim report by when the rest comes."""

    kind = HiddenField()  # the button that was pressed
    answers_by = LineField(
        _l("Missing answers by"), description=_l("Only for an interim report. Year, month, day: 2027-04-04.")
    )

    def day(self) -> date | None:
        """The day that was typed; None where there is none, with the reason beside the field where it is no date."""
        if not self.answers_by.data:
            return None
        try:
            return date.fromisoformat(self.answers_by.data.translate(DIGITS))
        except ValueError:
            self.answers_by.errors = [_("Write the date as year, month and day, like 2027-03-14.")]
            return None
