"""Forms of letters, calls and visits."""

from wtforms import RadioField

from consult.core.forms import AtMost, Filled, Form, LineField, TextField, choices
from consult.core.i18n import _l
from consult.mail.models import NOTE_MAX
from consult.mailings.models_outreach import OutreachState

STANDINGS = {
    OutreachState.TO_PRINT: _l("To be printed"),
    OutreachState.PRINTED: _l("In a file, not posted yet"),
    OutreachState.POSTED: _l("Posted"),
    OutreachState.RETURNED: _l("Came back"),
    OutreachState.TO_SPEAK: _l("Nobody has tried yet"),
    OutreachState.NOT_REACHED: _l("Not reached, to be tried again"),
    OutreachState.REACHED: _l("Reached"),
    OutreachState.TAKES_PART: _l("Reached, will take part"),
    OutreachState.NO_MORE: _l("Reached, wants no more"),
    OutreachState.WRONG_NUMBER: _l("Wrong number"),
    OutreachState.LEFT_OUT: _l("Left out when the turn came"),
}
LETTER = "letter"  # among the outcomes: not how a call stands, but what comes of it
OUTCOMES = [
    (OutreachState.REACHED.value, _l("Reached")),
    (OutreachState.TAKES_PART.value, _l("Reached, will take part")),
    (LETTER, _l("Wants a letter")),
    (OutreachState.NOT_REACHED.value, _l("Not reached")),
    (OutreachState.WRONG_NUMBER.value, _l("Wrong number, or none any more")),
    ("no_more_here", _l("Wants no more about this consultation")),
    ("no_more", _l("Wants no more at all, for good")),
]


class LettersForm(Form):
    """Which kind of file."""

    kind = RadioField(
        _l("File"),
        choices=choices((("docx", _l("Word, to change or print")), ("pdf", _l("PDF, to print")))),
        default="docx",
        validators=[Filled(_l("Choose a kind of file."))],
        invalid_choice_message=_l("Choose a kind of file."),
    )


class PostedForm(Form):
    """The day on which the printed letters were posted."""

    day = LineField(_l("Posted on"), description=_l("Like 2027-03-14."))


class ReturnedForm(Form):
    """What an envelope says that came back."""

    note = TextField(_l("What does the envelope say?"))


class CallForm(Form):
    """What came of a call or a visit."""

    outcome = RadioField(
        _l("What came of it?"),
        choices=choices(OUTCOMES),
        validators=[Filled(_l("Choose what came of it."))],
        invalid_choice_message=_l("Choose what came of it."),
    )
    day = LineField(_l("Try again on"), description=_l("Only if nobody was reached. Like 2027-03-14."))
    note = LineField(_l("Note"), validators=[AtMost(NOTE_MAX)])
