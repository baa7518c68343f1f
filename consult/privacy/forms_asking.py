"""The form in which anybody types an address to see what is held."""

from consult.core.forms import AtMost, Filled, Form, LineField
from consult.core.i18n import _l
from consult.mail.models import ADDRESS_MAX
from consult.stakeholders.forms_address import OneAddress


class AskOwnForm(Form):
    """An address, on a page that is kept for everybody, and so without a token."""

    class Meta(Form.Meta):
        """No session, no cookie: see `takes_no_token`."""

        csrf = False

    address = LineField(
        _l("Your e-mail address"),
        validators=[Filled(_l("Write your e-mail address.")), AtMost(ADDRESS_MAX), OneAddress()],
    )
