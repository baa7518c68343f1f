"""The form that lets mail go again to many addresses, after a fault of our own."""

from datetime import UTC, datetime

from wtforms import RadioField

from consult.core.forms import DIGITS, AtMost, Filled, Form, LineField, TextField, choices
from consult.core.i18n import _l
from consult.mail.models import NOTE_MAX, SuppressionReason
from consult.mail.rules import NoteMissing

REASONS = (
    (SuppressionReason.HARD_BOUNCE.value, _l("There is no such mailbox.")),
    (SuppressionReason.SOFT_BOUNCES.value, _l("Several mails in a row could not be delivered.")),
)


class LiftManyForm(Form):
    """Which addresses, and why mail may go there again. Never those whose readers called a mail spam: that was no fault of ours."""

    reason = RadioField(
        _l("What their server said"),
        choices=choices(REASONS),
        default=SuppressionReason.HARD_BOUNCE.value,
        validators=[Filled(_l("Choose what their server said."))],
        invalid_choice_message=_l("Choose what their server said."),
    )
    since = LineField(_l("Noted from"), description=_l("In UTC, like 2027-03-14 09:00."))
    until = LineField(_l("Until"), description=_l("In UTC, like 2027-03-14 09:00."))
    note = TextField(
        _l("Why may we write there again?"),
        description=_l("For example: they told you so by telephone, or our own server was at fault. Without names."),
        validators=[Filled(NoteMissing.message), AtMost(NOTE_MAX)],
    )

    def span(self) -> tuple[datetime | None, datetime | None]:
        """From when until when; None for what is no instant."""
        return _instant(self.since.data), _instant(self.until.data)


def _instant(typed: str | None) -> datetime | None:
    try:
        return datetime.strptime((typed or "").strip().translate(DIGITS), "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    except ValueError:
        return None
