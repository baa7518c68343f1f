"""The form of a comment that is entered on somebody's behalf."""

from typing import Any

from wtforms import RadioField, SelectField

from consult.consultations.models import PARTICIPANT_NAME_MAX, Participant
from consult.core.forms import AtMost, Filled, Form, LineField, OnceForm, TextField, choices, day_of
from consult.core.i18n import _, _l, find_language
from consult.mailings.forms import SCOPES
from consult.rounds.forms import CONSENTS
from consult.rounds.models import NAMED, TEXT_MAX, Channel, Consent
from consult.rounds.operations import Remark
from consult.rounds.operations_entered import Arrival
from consult.rounds.rules_entered import ArrivalWrong, PostmarkWrong
from consult.vocabularies import tables

CHANNELS = [
    (Channel.LETTER.value, _l("Letter")),
    (Channel.PHONE.value, _l("Telephone")),
    (Channel.MEETING.value, _l("Meeting")),
    (Channel.EMAIL.value, _l("E-mail")),
]
REF_MAX = 40  # characters


def channel_field(**named: Any) -> RadioField:
    """How it came."""
    return RadioField(
        _l("How did it come?"),
        choices=choices(CHANNELS),
        validators=[Filled(_l("Choose how it came."))],
        invalid_choice_message=_l("Choose how it came."),
        **named,
    )


class EnterForm(OnceForm):
    """What somebody said, how it came, and what they let us publish: nothing, until they said so."""

    channel = channel_field()
    arrived_on = LineField(_l("Arrived on"), description=_l("Like 2027-03-14."))
    posted_on = LineField(
        _l("Postmark"),
        description=_l("Only of a letter that arrived after the closing: the day on which it was posted."),
    )
    paragraph = LineField(
        _l("Paragraph"), description=_l("Its number, or nothing for the whole draft."), validators=[AtMost(REF_MAX)]
    )
    text = TextField(
        _l("Their words"),
        description=_l("As they wrote or said them."),
        validators=[Filled(_l("Write what they said.")), AtMost(TEXT_MAX)],
    )
    language = SelectField(_l("Language"), invalid_choice_message=_l("Choose a language from the list."))
    name = LineField(_l("Name"), validators=[AtMost(PARTICIPANT_NAME_MAX)])
    organisation = LineField(_l("Organisation"), validators=[AtMost(PARTICIPANT_NAME_MAX)])
    category = SelectField(_l("What fits them best"), invalid_choice_message=_l("Choose a category from the list."))
    consent = RadioField(
        _l("What did they let us publish?"),
        choices=choices(CONSENTS),
        default=Consent.NOT_PUBLISHED.value,
        validators=[Filled(_l("Choose what may be published."))],
        invalid_choice_message=_l("Choose what may be published."),
    )

    def offer(self, languages: list[str], participant: Participant | None) -> "EnterForm":
        """Fill in what can be chosen, and leave out what we know. Returns the form."""
        self.language.choices = choices((code, find_language(code).name) for code in languages)
        self.category.choices = choices(
            [("", _("Not said")), *((code, str(one.names)) for code, one in tables.categories().items())]
        )
        if participant is not None and participant.is_protected:
            self.consent.choices = choices(one for one in CONSENTS if one[0] not in NAMED)
        if participant is not None:
            del self.name, self.organisation, self.category
        return self

    def validate(self, extra_validators: Any = None) -> bool:
        """Also whether the days are days."""
        is_valid = bool(super().validate(extra_validators))
        if day_of(self.arrived_on.data) is None:
            self.arrived_on.errors = [str(ArrivalWrong.message)]
        if self.posted_on.data and day_of(self.posted_on.data) is None:
            self.posted_on.errors = [str(PostmarkWrong.message)]
        return is_valid and not self.arrived_on.errors and not self.posted_on.errors

    def to_arrival(self) -> Arrival:
        """How and when it came."""
        return Arrival(Channel(self.channel.data), day_of(self.arrived_on.data), day_of(self.posted_on.data))

    def to_remark(self, participant: Participant | None) -> Remark:
        """What was said, in the name of the participant, or of the name that was typed."""
        return Remark(
            text=self.text.data or "",
            suggestion="",
            evidence="",
            name=participant.name if participant else self.name.data,
            organisation=participant.organisation if participant else self.organisation.data,
            category=participant.category if participant else self.category.data or "",
            email="",
            consent=Consent(self.consent.data),
            language=self.language.data,
        )


class LeaveForForm(Form):
    """What somebody said they want no more of."""

    channel = channel_field()
    scope = RadioField(
        _l("What should stop?"),
        choices=choices(SCOPES),
        validators=[Filled(_l("Choose what should stop."))],
        invalid_choice_message=_l("Choose what should stop."),
    )
