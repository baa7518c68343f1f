"""The form with which a focal point names somebody."""

from wtforms import RadioField, SelectField

from consult.consultations.models_proposals import ProposedAs
from consult.consultations.operations_proposals import Named
from consult.core.forms import AtMost, Filled, Form, LineField, choices
from consult.core.i18n import _l, languages
from consult.stakeholders.forms_address import OneAddress
from consult.stakeholders.models import EMAIL_MAX, NAME_MAX
from consult.stakeholders.rules import LanguageNotOurs

NAMED_AS = [
    (ProposedAs.ALTERNATE.value, _l("Alternate: gets the official mail of the institution too")),
    (ProposedAs.COLLEAGUE.value, _l("Colleague: somebody to speak to, who gets no mail")),
]


class ProposeForm(Form):
    """Somebody whom a focal point names."""

    named_as = RadioField(
        _l("As what?"), choices=choices(NAMED_AS), default=ProposedAs.ALTERNATE.value,
        validators=[Filled(_l("Choose as what."))], invalid_choice_message=_l("Choose as what."),
    )  # fmt: skip
    name = LineField(_l("Name"), validators=[Filled(_l("Write the name.")), AtMost(NAME_MAX)])
    email = LineField(
        _l("E-mail address"), validators=[Filled(_l("Write the e-mail address.")), AtMost(EMAIL_MAX), OneAddress()]
    )
    language = SelectField(_l("Language we write in"), invalid_choice_message=LanguageNotOurs.message)

    def __init__(self, *args: object, **named: object) -> None:
        super().__init__(*args, **named)
        self.language.choices = choices((record.code, record.name) for record in languages())

    def to_named(self) -> Named:
        """What was typed."""
        return Named(ProposedAs(self.named_as.data), self.name.data, self.email.data, self.language.data)
