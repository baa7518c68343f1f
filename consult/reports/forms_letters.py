"""What became of a letter, call or visit with answers."""

from wtforms import RadioField

from consult.core.forms import AtMost, Filled, Form, LineField, choices
from consult.core.i18n import LazyText, _l
from consult.mail.models import NOTE_MAX
from consult.mailings.forms_outreach import LETTER
from consult.mailings.models_outreach import OutreachState, OutreachWay

OF_LETTERS: list[tuple[str, LazyText]] = [
    (OutreachState.POSTED.value, _l("Posted")),
    (OutreachState.RETURNED.value, _l("Came back")),
]
OF_CALLS: list[tuple[str, LazyText]] = [
    (OutreachState.REACHED.value, _l("Reached, and told the answers")),
    (LETTER, _l("Wants a letter")),
    (OutreachState.NOT_REACHED.value, _l("Not reached")),
    (OutreachState.WRONG_NUMBER.value, _l("Wrong number, or none any more")),
]


def outcomes_of(way: OutreachWay) -> list[tuple[str, LazyText]]:
    """What can come of one."""
    return OF_LETTERS if way is OutreachWay.LETTER else OF_CALLS


class AnswersNoteForm(Form):
    """What became of one."""

    outcome = RadioField(
        _l("What came of it?"),
        choices=choices([*OF_LETTERS, *OF_CALLS]),
        validators=[Filled(_l("Choose what came of it."))],
        invalid_choice_message=_l("Choose what came of it."),
    )
    day = LineField(_l("Day"), description=_l("On which it was posted, or on which to try again. Like 2027-03-14."))
    note = LineField(
        _l("Note"), description=_l("For one that came back: what the envelope says."), validators=[AtMost(NOTE_MAX)]
    )
