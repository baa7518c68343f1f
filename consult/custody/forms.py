"""Forms of officers: a file that the custodian file made, or digits from paper."""

from datetime import date

from flask_wtf.file import FileField
from wtforms import RadioField, SelectMultipleField

from consult.core.forms import AtMost, Filled, Form, LineField, NumberField, choices
from consult.core.i18n import _l
from consult.custody.rules import FileWrong
from consult.custody.rules_sealed import Reason


class SignedForm(Form):
    """A file that the custodian file wrote."""

    file = FileField(_l("File"))

    def content(self, most: int) -> str:
        """The text of the file. Raises FileWrong where there is none, or more than `most` bytes."""
        raw = self.file.data.read(most + 1) if self.validate() and self.file.data else b""
        try:
            words: str = raw.decode()
        except UnicodeDecodeError as problem:
            raise FileWrong from problem
        if not words or len(raw) > most:
            raise FileWrong
        return words


class AppointmentForm(SignedForm):
    """An appointment signed by an officer; the only one says when the enrolment on paper was signed."""

    paper_on = LineField(
        _l("Day of the enrolment on paper"),
        description=_l("Only where you are the only officer. Year, month, day: 2027-03-14."),
    )

    def day(self) -> date | None:
        """The day that was typed; None where there is none, or where it is no day."""
        try:
            return date.fromisoformat(self.paper_on.data or "")
        except ValueError:
            return None


class FingerprintForm(Form):
    """The fingerprint as it stands on the officer's paper."""

    fingerprint = LineField(
        _l("Fingerprint, typed from the officer's paper"),
        description=_l("Forty digits in eight groups. Do not copy them from a screen."),
        validators=[Filled(_l("Type the forty digits from the paper.")), AtMost(80)],
    )


class KeyForm(Form):
    """Which key is meant: the page puts it there."""

    key = NumberField()


REASONS = {
    Reason.WRITE: _l("To write to them"),
    Reason.ASKED: _l("They asked about their entry"),
    Reason.CORRECT: _l("To correct the entry"),
    Reason.COPIES: _l("To make copies for a new officer"),
    Reason.OTHER: _l("Another reason"),
}
WORDS_MAX = 200  # characters


class HandOutForm(Form):
    """Which protected entries an officer needs, and what for. Which codes there are is the operation's question."""

    entry = SelectMultipleField(_l("Entries"), validate_choice=False, coerce=str)
    why = RadioField(
        _l("What do you need them for?"),
        choices=choices(REASONS.items()),
        validate_choice=False,
        description=_l("It stands in the journal, with the codes and your name."),
    )
    words = LineField(
        _l("The other reason"),
        description=_l("In a few words, without any name."),
        validators=[AtMost(WORDS_MAX)],
    )

    def reason(self) -> Reason | None:
        """The reason chosen; None where there is none."""
        return next((one for one in Reason if one.value == self.why.data), None)
