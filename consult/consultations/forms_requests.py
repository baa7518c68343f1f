"""Forms of asking to take part, and of deciding about it."""

from wtforms import RadioField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice

from consult.consultations.mails_requests import REASONS
from consult.consultations.models_requests import WHY_MAX, WORDS_MAX, RefusalReason
from consult.core.forms import AtMost, Filled, Form, LineField, OnceForm, TextField, choices
from consult.core.i18n import _l, language, languages
from consult.stakeholders.entries import Entry
from consult.stakeholders.forms import region_choices
from consult.stakeholders.forms_address import OneAddress
from consult.stakeholders.models import (
    EMAIL_MAX,
    NAME_MAX,
    NEEDS_MAX,
    PHONE_MAX,
    POSTAL_MAX,
    Basis,
    Channel,
    StakeholderKind,
)
from consult.stakeholders.rules import CategoryUnknown, GroupUnknown, LanguageNotOurs, RegionUnknown
from consult.vocabularies import tables
from consult.vocabularies.words import named_groups

WHO = _l("Say whether you ask for an organisation or as a person.")
HOW = _l("Choose how we reach you.")
WHICH = _l("Choose an entry, or a new one.")
REASON = _l("Choose a reason from the list.")


class AskForm(OnceForm):
    """Asking to take part."""

    kind = RadioField(
        _l("Who asks?"),
        choices=choices(
            [
                (StakeholderKind.ORGANISATION.value, _l("An organisation, a group or a network")),
                (StakeholderKind.PERSON.value, _l("I, as a person")),
            ]
        ),
        validators=[Filled(WHO)],
        invalid_choice_message=WHO,  # without it WTForms says its own sentence, in English
    )
    name = LineField(
        _l("Name of the organisation, or your own"), validators=[Filled(_l("Write the name.")), AtMost(NAME_MAX)]
    )
    category = SelectField(
        _l("What describes it best?"),
        validators=[Filled(CategoryUnknown.message)],
        invalid_choice_message=CategoryUnknown.message,
    )
    groups = SelectMultipleField(
        _l("Groups that the organisation represents"),
        description=_l(
            "Organisations only: you declare them yourselves, and nobody asks for proof. Leave it empty as a person."
        ),
        invalid_choice_message=GroupUnknown.message,
    )
    region = SelectField(_l("Region"), default="", invalid_choice_message=RegionUnknown.message)
    language = SelectField(_l("Language in which we write to you"), invalid_choice_message=LanguageNotOurs.message)
    also_languages = SelectMultipleField(_l("Other languages you read"), invalid_choice_message=LanguageNotOurs.message)
    channel = RadioField(
        _l("How do you want to hear from us?"),
        choices=choices(
            [
                (Channel.EMAIL.value, _l("By e-mail")),
                (Channel.POST.value, _l("By post")),
                (Channel.PHONE.value, _l("By telephone")),
            ]
        ),
        default=Channel.EMAIL.value,
        validators=[Filled(HOW)],
        invalid_choice_message=HOW,
    )
    email = LineField(
        _l("E-mail address"),
        description=_l("We mail you a link first, so that nobody asks in your name. Leave it empty if you have none."),
        validators=[AtMost(EMAIL_MAX), OneAddress()],
    )
    postal_address = TextField(_l("Postal address"), validators=[AtMost(POSTAL_MAX)])
    phone = LineField(_l("Telephone"), validators=[AtMost(PHONE_MAX)])
    access_needs = TextField(
        _l("What do you need to take part?"),
        description=_l("Sign language, large print, a step-free room, child care, an interpreter: in your own words."),
        validators=[AtMost(NEEDS_MAX)],
    )
    why = TextField(
        _l("Why do you want to take part?"), description=_l("One sentence is enough."), validators=[AtMost(WHY_MAX)]
    )

    def __init__(self, *args: object, **named: object) -> None:
        super().__init__(*args, **named)
        known = ((one.code, str(one.names)) for one in tables.categories().values())
        self.category.choices = [SelectChoice("", _l("Choose")), *choices(known)]
        self.groups.choices = choices(named_groups())
        self.region.choices = region_choices()
        self.language.choices = choices((record.code, record.name) for record in languages())
        self.also_languages.choices = self.language.choices
        if self.language.data is None:
            self.language.data = language().code

    def to_entry(self) -> Entry:
        """What was typed, as the registry would keep it."""
        return Entry(
            kind=StakeholderKind(self.kind.data),
            name=self.name.data,
            category=self.category.data,
            language=self.language.data,
            email=self.email.data,
            groups=tuple(sorted(self.groups.data or ())),
            basis=Basis.CONSENT,
            region=self.region.data,
            also_languages=tuple(sorted(self.also_languages.data or ())),
            channel=Channel(self.channel.data),
            postal_address=self.postal_address.data,
            phone=self.phone.data,
            access_needs=self.access_needs.data,
        )


class AcceptForm(Form):
    """Whether the one who asks is in the registry already."""

    entry = RadioField(
        _l("Which entry is it?"), default="new", validators=[Filled(WHICH)], invalid_choice_message=WHICH
    )

    def offer(self, entries: list[tuple[str, str]]) -> "AcceptForm":
        """Let one choose among these entries (ref, name), or a new one. Returns itself."""
        self.entry.choices = [SelectChoice("new", _l("A new entry")), *choices(entries)]
        return self


class RefuseForm(Form):
    """Why not."""

    reason = SelectField(
        _l("Reason"),
        choices=[SelectChoice("", _l("Choose")), *choices((code.value, words) for code, words in REASONS.items())],
        validators=[Filled(REASON)],
        invalid_choice_message=REASON,
    )
    words = TextField(
        _l("In your own words"),
        description=_l(
            "The one who asked reads this, and so does the observer of the national human rights institution."
        ),
        validators=[Filled(_l("Say in your own words why.")), AtMost(WORDS_MAX)],
    )

    def to_reason(self) -> RefusalReason:
        """The reason that was chosen."""
        return RefusalReason(self.reason.data)
