"""Forms about what is held about oneself."""

from wtforms import RadioField

from consult.core.forms import Filled, Form, choices
from consult.core.i18n import _l

FORMAT = _l("Choose a format.")


class TakeForm(Form):
    """In which format."""

    kind = RadioField(
        _l("Format"),
        choices=choices([("page", _l("A page to read and print")), ("json", _l("A file for programs (JSON)"))]),
        default="page",
        validators=[Filled(FORMAT)],
        invalid_choice_message=FORMAT,
    )
