"""The form for the code of a letter."""

from consult.core.forms import AtMost, Filled, Form, LineField
from consult.core.i18n import _l

TYPED_MAX = 100  # characters, with all that people put between them


class CodeForm(Form):
    """The code."""

    code = LineField(
        _l("Code"),
        description=_l(
            "Twelve letters and digits. Small letters will do, and you need not type the lines between them."
        ),
        validators=[Filled(_l("Type the code of your letter.")), AtMost(TYPED_MAX)],
    )
