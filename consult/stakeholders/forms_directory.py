"""The form with which staff note what somebody said of the public directory."""

from typing import Any

from wtforms import RadioField

from consult.core.forms import AtMost, Filled, Form, LineField, choices, day_of
from consult.core.i18n import _l
from consult.stakeholders.forms import AGREED_TO, DAY_HINT, TOLD
from consult.stakeholders.models import WORDING_MAX
from consult.stakeholders.rules_directory import WAYS, PaperAnswer, SaidLater, WayUnknown

STANDS, WITH_CONTACT, NO = "stands", "with_contact", "no"
WHAT = _l("Choose what they said.")


class PaperForm(Form):
    """A yes on paper, or a no; when, how, and to which text."""

    said = RadioField(
        _l("What did they say?"),
        choices=choices(
            [
                (STANDS, _l("Yes, with name, category, region and languages")),
                (WITH_CONTACT, _l("Yes, with e-mail address and telephone number too")),
                (NO, _l("No, not in the directory")),
            ]
        ),
        validators=[Filled(WHAT)],
        invalid_choice_message=WHAT,
    )
    given_on = LineField(_l("On which day did they say so?"), description=DAY_HINT)
    how = RadioField(
        _l("How did they tell us?"),
        description=_l("A yes is on paper that you keep: a letter, or a sheet that was signed at a meeting."),
        choices=choices(one for one in TOLD if one[0] in WAYS),
        validators=[Filled(WayUnknown.message)],
        invalid_choice_message=WayUnknown.message,
    )
    wording = LineField(
        AGREED_TO,
        description=_l("Needed for a yes. Its title, version or code, for instance “Sign-up sheet, March 2027”."),
        validators=[AtMost(WORDING_MAX)],
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Also whether the day is one."""
        is_valid = bool(super().validate(extra_validators))
        if day_of(self.given_on.data) is None:
            self.given_on.errors = [str(SaidLater.message)]
        return is_valid and not self.given_on.errors

    def to_answer(self) -> PaperAnswer:
        """What was typed. For a form that is valid."""
        day = day_of(self.given_on.data)
        assert day is not None, "validated"
        said = self.said.data
        return PaperAnswer(said != NO, said == WITH_CONTACT, day, self.how.data, self.wording.data or "")
