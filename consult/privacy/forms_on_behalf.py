"""The forms with which staff note what somebody asked of them."""

from typing import Any

from wtforms import RadioField

from consult.core.forms import AtMost, Filled, Form, LineField, TextField, choices, day_of
from consult.core.i18n import _l
from consult.privacy.forms_own import TakeForm
from consult.privacy.models_own import AskedWay, IdentityCheck
from consult.privacy.operations_on_behalf import Heard
from consult.privacy.rules_on_behalf import NOTE_MAX, AskedLater
from consult.stakeholders.forms import DAY_HINT

WAYS = [
    (AskedWay.LETTER.value, _l("By letter")),
    (AskedWay.PHONE.value, _l("By telephone")),
    (AskedWay.IN_PERSON.value, _l("In person")),
]
CHECKS = [
    (IdentityCheck.KNOWN.value, _l("Somebody here knows them")),
    (IdentityCheck.DOCUMENT.value, _l("They showed a document; we kept no copy")),
    (IdentityCheck.CALLED_BACK.value, _l("We called or wrote back, to the number or address that the registry has")),
    (IdentityCheck.SIGNATURE.value, _l("The signature is that of a paper they signed before")),
    (IdentityCheck.REPRESENTATIVE.value, _l("Somebody else asked for them, with a power of attorney")),
]
HOW, CHECK = _l("Choose how they asked."), _l("Choose how you made sure that it is they.")


class HeardForm(Form):
    """How somebody asked, on which day, and how staff made sure that it is they."""

    way = RadioField(
        _l("How did they ask?"), choices=choices(WAYS), validators=[Filled(HOW)], invalid_choice_message=HOW
    )
    asked_on = LineField(_l("On which day did they ask?"), description=DAY_HINT)
    checked = RadioField(
        _l("How did you make sure that it is they?"),
        choices=choices(CHECKS),
        validators=[Filled(CHECK)],
        invalid_choice_message=CHECK,
    )
    note = TextField(
        _l("What else is to be said of that"),
        description=_l("The journal keeps it. No name, and no number of a document."),
        validators=[AtMost(NOTE_MAX)],
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Also whether the day is one."""
        is_valid = bool(super().validate(extra_validators))
        if day_of(self.asked_on.data) is None:
            self.asked_on.errors = [str(AskedLater.message)]
        return is_valid and not self.asked_on.errors

    def to_heard(self) -> Heard:
        """What was typed. For a form that is valid."""
        note = self.note.data or ""
        return Heard(AskedWay(self.way.data), day_of(self.asked_on.data), IdentityCheck(self.checked.data), note)


class CopyForm(HeardForm, TakeForm):
    """Likewise, and in which format the copy is made."""
