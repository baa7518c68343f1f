"""Forms of the exchange."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_wtf.file import FileField

from consult.core.forms import Filled, Form, LineField, day_of
from consult.core.i18n import _, _l


class ResultForm(Form):
    """The result file that the custodian file made."""

    file = FileField(_l("Result file"))


class WithdrawalsForm(Form):
    """Until when one can withdraw without leaving a trace."""

    until = LineField(
        _l("Last day to withdraw"),
        description=_l("Year, month, day: 2027-03-14. It ends with that day, in the time zone of the consultation."),
        validators=[Filled(_l("Write the last day."))],
    )

    def instant(self, zone: str) -> datetime | None:
        """The last second of the day; None where the day is none."""
        day = day_of(self.until.data)
        if day is None:
            self.until.errors = [_("Write the date as year, month and day, like 2027-03-14.")]
            return None
        return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=ZoneInfo(zone))
