"""Forms of one's own entry."""

from wtforms import RadioField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice

from consult.consultations.models_entry import EntryAct
from consult.consultations.operations_consent import WORDINGS
from consult.consultations.operations_entry import Own
from consult.core.forms import AtMost, Filled, Form, LineField, TextField, choices
from consult.core.i18n import _l, languages
from consult.stakeholders.forms import CHANNELS, region_choices
from consult.stakeholders.forms_address import OneAddress
from consult.stakeholders.models import (
    EMAIL_MAX,
    NAME_MAX,
    NEEDS_MAX,
    PHONE_MAX,
    POSTAL_MAX,
    Channel,
    Stakeholder,
    StakeholderKind,
)
from consult.stakeholders.rules import ChannelUnknown, GroupUnknown, LanguageNotOurs, RegionUnknown
from consult.vocabularies.words import named_groups

WHAT = _l("Choose what the link is for.")


class LanguageForm(Form):
    """The one thing that a protected entry says of its owner and that they change alone."""

    language = SelectField(_l("Language in which we write to you"), invalid_choice_message=LanguageNotOurs.message)

    def __init__(self, **named: object) -> None:
        super().__init__(**named)
        self.language.choices = choices((record.code, record.name) for record in languages())


class OwnForm(Form):
    """What an entry says of whoever it is about. Groups are on the page of an organisation only."""

    name = LineField(_l("Name"), validators=[Filled(_l("Write the name.")), AtMost(NAME_MAX)])
    groups = SelectMultipleField(
        _l("Groups that the organisation represents"),
        description=_l("You declare them yourselves, and nobody asks for proof."),
        invalid_choice_message=GroupUnknown.message,
    )
    region = SelectField(_l("Region"), default="", invalid_choice_message=RegionUnknown.message)
    language = SelectField(_l("Language in which we write to you"), invalid_choice_message=LanguageNotOurs.message)
    also_languages = SelectMultipleField(_l("Other languages you read"), invalid_choice_message=LanguageNotOurs.message)
    channel = SelectField(
        _l("How do you want to hear from us?"),
        choices=[SelectChoice("", _l("Not said")), *choices(CHANNELS)],
        default="",
        invalid_choice_message=ChannelUnknown.message,
    )
    postal_address = TextField(_l("Postal address"), validators=[AtMost(POSTAL_MAX)])
    phone = LineField(_l("Telephone"), validators=[AtMost(PHONE_MAX)])
    access_needs = TextField(
        _l("What do you need to take part?"),
        description=_l("Sign language, large print, a step-free room, child care, an interpreter: in your own words."),
        validators=[AtMost(NEEDS_MAX)],
    )

    def __init__(self, entry: Stakeholder, **named: object) -> None:
        super().__init__(**named)
        self.groups.choices = choices(named_groups(kept=entry.group_codes))
        if entry.kind is StakeholderKind.PERSON:
            del self.groups
        self.language.choices = choices((record.code, record.name) for record in languages())
        self.also_languages.choices = self.language.choices
        self.region.choices = region_choices(kept=entry.region)

    @classmethod
    def of(cls, entry: Stakeholder, wished: str) -> "OwnForm":
        """The form filled with an entry; of an organisation with the name it asked for."""
        names = ("region", "language", "postal_address", "phone", "access_needs")
        return cls(
            entry,
            formdata=None,
            data={
                "name": wished or entry.name,
                "groups": entry.group_codes,
                "also_languages": entry.also_language_codes,
                "channel": entry.channel.value if entry.channel else "",
                **{name: getattr(entry, name) for name in names},
            },
        )

    def to_own(self) -> Own:
        """What was typed."""
        return Own(
            name=self.name.data,
            language=self.language.data,
            also_languages=tuple(sorted(self.also_languages.data or ())),
            groups=tuple(sorted(self.groups.data or ())) if "groups" in self else (),
            region=self.region.data,
            channel=Channel(self.channel.data) if self.channel.data else None,
            postal_address=self.postal_address.data,
            phone=self.phone.data,
            access_needs=self.access_needs.data,
        )


class LinkForForm(Form):
    """What a link is mailed for."""

    act = RadioField(
        _l("What is the link for?"),
        choices=choices(
            [
                (EntryAct.MOVE.value, _l("To change the e-mail address")),
                (EntryAct.TAKE.value, _l("To take away a copy of what is held about this entry")),
                (EntryAct.FORGET.value, _l("To have this entry deleted")),
            ]
        ),
        validators=[Filled(WHAT)],
        invalid_choice_message=WHAT,
    )


class PurposeForm(Form):
    """A yes or no to one purpose; each button is a form of its own."""

    purpose = SelectField(
        choices=choices((one.value, one.value) for one in WORDINGS),
        invalid_choice_message=_l("Use one of the buttons on the page of your entry."),
    )
    agrees = SelectField(
        choices=choices([("yes", "yes"), ("no", "no")]),
        invalid_choice_message=_l("Use one of the buttons on the page of your entry."),
    )


class NewAddressForm(Form):
    """Where an entry moves to."""

    email = LineField(
        _l("New e-mail address"),
        validators=[Filled(_l("Write the e-mail address like name@example.org.")), AtMost(EMAIL_MAX), OneAddress()],
    )
