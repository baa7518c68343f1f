"""The form that protects an entry."""

from wtforms import BooleanField

from consult.core.forms import Form
from consult.core.i18n import _l


class ProtectForm(Form):
    """Whether they know what it does; the operation asks for it."""

    is_sure = BooleanField(_l("I know that it cannot be undone"))
