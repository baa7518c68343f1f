"""Forms of the registry."""

from datetime import date

from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from consult.core.forms import DIGITS, AtMost, Filled, Form, LineField, TextField, choices
from consult.core.i18n import _l, languages
from consult.stakeholders.entries import Entry
from consult.stakeholders.forms_address import OneAddress
from consult.stakeholders.forms_choosing import ChoosingForm
from consult.stakeholders.models import (
    EMAIL_MAX,
    NAME_MAX,
    NEEDS_MAX,
    NOTE_MAX,
    PHONE_MAX,
    POSTAL_MAX,
    ROLE_MAX,
    WORDING_MAX,
    Basis,
    Channel,
    Stakeholder,
    StakeholderKind,
)
from consult.stakeholders.operations import Told
from consult.stakeholders.operations_contacts import Contact
from consult.stakeholders.rules import CategoryUnknown, ChannelUnknown, GroupUnknown, LanguageNotOurs, RegionUnknown
from consult.stakeholders.words_seats import SEAT_NAMES
from consult.vocabularies import tables
from consult.vocabularies.words import named_groups

BASES = [
    (Basis.CONSENT.value, _l("They said yes to mails about consultations")),
    (Basis.DUTY.value, _l("Their office takes part by law or by appointment")),
    (Basis.NONE.value, _l("We do not write to them")),
]
CHANNELS = [
    (Channel.EMAIL.value, _l("E-mail")),
    (Channel.POST.value, _l("Post")),
    (Channel.PHONE.value, _l("Telephone")),
    (Channel.IN_PERSON.value, _l("In person")),
]
TOLD = [
    ("form", _l("Not said")),
    ("letter", _l("By letter")),
    ("email", _l("By e-mail")),
    ("phone", _l("By telephone")),
    ("meeting", _l("In person, at a meeting")),
    ("sheet", _l("On a form or sheet of paper")),
]
# Our own texts, by the codes that stand in the registry beside a yes that people gave to them here.
TEXTS = [
    ("", _l("None of these: it is named below")),
    ("take-part-1", _l("The text of our form for taking part")),
    ("my-entry-consultations-2026-12", _l("Our text about mail of consultations")),
    ("my-entry-news-2026-12", _l("Our text about news")),
]
DAY_HINT = _l("Year, month, day: 2027-03-14.")
NEWS = _l("They also said yes to news")
NEWS_HINT = _l("News are for those who agreed to them. An office or a seat is no consent to news.")
AGREED_TO = _l("Which text did they agree to?")
OTHER_TEXT = _l("Another text, or the paper")
AGREED_TO_HINT = _l("Its title, version or code, for instance “Sign-up sheet, March 2027”. It is kept with the date.")


def told_field() -> SelectField:
    """How somebody said yes."""
    wrong = _l("Choose how they told us from the list.")
    return SelectField(_l("How did they tell us?"), choices=choices(TOLD), default="form", invalid_choice_message=wrong)


def text_field() -> SelectField:
    """To which of our texts somebody said yes."""
    wrong = _l("Choose a text from the list.")
    return SelectField(AGREED_TO, choices=choices(TEXTS), default="", invalid_choice_message=wrong)


class StakeholderForm(Form):
    """An organisation or a person."""

    kind = RadioField(
        _l("What is it?"),
        choices=choices(
            [
                (StakeholderKind.ORGANISATION.value, _l("An organisation")),
                (StakeholderKind.PERSON.value, _l("A person")),
            ]
        ),
        validators=[Filled(_l("Say whether it is an organisation or a person."))],
        # without it WTForms says its own sentence, in English
        invalid_choice_message=_l("Say whether it is an organisation or a person."),
    )
    name = LineField(_l("Name"), validators=[Filled(_l("Write the name.")), AtMost(NAME_MAX)])
    category = SelectField(_l("Category"), invalid_choice_message=CategoryUnknown.message)
    groups = SelectMultipleField(
        _l("Groups the organisation represents"),
        description=_l("As the organisation itself declares them. Never for a person."),
        invalid_choice_message=GroupUnknown.message,
    )
    # the page leaves it out where the operator has no list of regions
    region = SelectField(_l("Region"), default="", invalid_choice_message=RegionUnknown.message)
    language = SelectField(_l("Language we write in"), invalid_choice_message=LanguageNotOurs.message)
    also_languages = SelectMultipleField(
        _l("Other languages they read"), invalid_choice_message=LanguageNotOurs.message
    )
    channel = SelectField(
        _l("How do they want to hear from us?"),
        choices=[SelectChoice("", _l("Not said")), *choices(CHANNELS)],
        default="",
        invalid_choice_message=ChannelUnknown.message,
    )
    email = LineField(_l("E-mail address"), validators=[AtMost(EMAIL_MAX), OneAddress()])
    postal_address = TextField(_l("Postal address"), validators=[AtMost(POSTAL_MAX)])
    phone = LineField(_l("Telephone"), validators=[AtMost(PHONE_MAX)])
    access_needs = TextField(
        _l("What they need to take part"),
        description=_l(
            "As they say it themselves: sign language, large print, a step-free room. It filters no list, and a person’s is not exported."
        ),
        validators=[AtMost(NEEDS_MAX)],
    )
    basis = RadioField(
        _l("Why may we write to them about consultations?"),
        choices=choices(BASES),
        validators=[Filled(_l("Say why we may write to them, or that we do not."))],
        # without it WTForms says its own sentence, in English
        invalid_choice_message=_l("Say why we may write to them, or that we do not."),
    )
    news = BooleanField(NEWS, description=NEWS_HINT)
    told = told_field()
    text = text_field()
    wording = LineField(OTHER_TEXT, description=AGREED_TO_HINT, validators=[AtMost(WORDING_MAX)])
    note = TextField(_l("Note for the secretariat"), validators=[AtMost(NOTE_MAX)])

    def __init__(self, *args: object, stakeholder: Stakeholder | None = None, **named: object) -> None:
        super().__init__(*args, **named)
        self.category.choices = choices((one.code, str(one.names)) for one in tables.categories().values())
        self.groups.choices = choices(named_groups(kept=stakeholder.group_codes if stakeholder else ()))
        self.language.choices = choices((record.code, record.name) for record in languages())
        self.also_languages.choices = self.language.choices
        self.region.choices = region_choices(kept=stakeholder.region if stakeholder else "")

    @classmethod
    def of(cls, stakeholder: Stakeholder) -> "StakeholderForm":
        """The form filled with an entry."""
        return cls(
            stakeholder=stakeholder,
            data={
                "kind": stakeholder.kind.value,
                "name": stakeholder.name,
                "category": stakeholder.category,
                "groups": stakeholder.group_codes,
                "region": stakeholder.region,
                "language": stakeholder.language,
                "also_languages": stakeholder.also_language_codes,
                "channel": stakeholder.channel.value if stakeholder.channel else "",
                "email": stakeholder.email,
                "postal_address": stakeholder.postal_address,
                "phone": stakeholder.phone,
                "access_needs": stakeholder.access_needs,
                "basis": stakeholder.basis.value,
                "news": stakeholder.news,
                "note": stakeholder.note,
            },
        )

    def to_entry(self) -> Entry:
        """What was typed, as an entry."""
        return Entry(
            kind=StakeholderKind(self.kind.data),
            name=self.name.data,
            category=self.category.data,
            language=self.language.data,
            email=self.email.data,
            groups=tuple(sorted(self.groups.data or ())),
            basis=Basis(self.basis.data),
            note=self.note.data,
            region=self.region.data,
            also_languages=tuple(sorted(self.also_languages.data or ())),
            channel=Channel(self.channel.data) if self.channel.data else None,
            postal_address=self.postal_address.data,
            phone=self.phone.data,
            access_needs=self.access_needs.data,
            news=self.news.data,
        )

    def to_told(self) -> Told:
        """How and under which text they told us why we may write to them."""
        return Told(self.told.data, self.wording.data or self.text.data)


def region_choices(*, kept: str = "") -> list[SelectChoice]:
    """The operator's regions, and none; one that has gone from the list stays with whoever has it."""
    regions = {one.code: str(one.names) for one in tables.regions_in_use().values()}
    return [SelectChoice("", _l("Not said")), *choices((({kept: kept} if kept else {}) | regions).items())]


class ContactForm(Form):
    """Somebody to speak to in an organisation."""

    name = LineField(_l("Name"), validators=[Filled(_l("Write the name.")), AtMost(NAME_MAX)])
    role = LineField(_l("What they do there"), validators=[AtMost(ROLE_MAX)])
    email = LineField(_l("E-mail address"), validators=[AtMost(EMAIL_MAX), OneAddress()])
    language = SelectField(_l("Language we write in"), invalid_choice_message=LanguageNotOurs.message)

    def __init__(self, *args: object, **named: object) -> None:
        super().__init__(*args, **named)
        self.language.choices = choices((record.code, record.name) for record in languages())

    def to_contact(self) -> Contact:
        """What was typed, as a contact person."""
        return Contact(self.name.data, self.role.data, self.email.data, self.language.data)


YEARS = range(1900, 3000)


class DayField(LineField):
    """A day, written as year, month and day, in figures of either script."""

    @property
    def day(self) -> date:
        """The day. Raises ValueError for what is none."""
        day = date.fromisoformat((self.data or "").translate(DIGITS))
        if day.year not in YEARS:
            raise ValueError("a day outside of the calendar of seats")
        return day


def is_day(_form: Form, field: DayField) -> None:
    """The field holds a day. Raises ValidationError."""
    try:
        field.day  # noqa: B018
    except ValueError:
        raise ValidationError(_l("Write the date as year, month and day, like 2027-03-14.")) from None


def is_day_if_given(form: Form, field: DayField) -> None:
    """The field holds a day, or nothing. Raises ValidationError."""
    if field.data:
        is_day(form, field)


FOUND_BY = _l("E-mail address, telephone number, or part of the name. Where several fit, you choose.")


class HolderForm(ChoosingForm):
    """Who holds a seat from a day."""

    person = LineField(
        _l("Who holds it?"),
        description=FOUND_BY,
        validators=[Filled(_l("Say who holds it.")), AtMost(EMAIL_MAX)],
    )
    since = DayField(_l("From which day?"), description=DAY_HINT, validators=[Filled(_l("Write the day.")), is_day])
    until = DayField(
        _l("Until which day?"),
        description=_l("The day on which another may begin. Empty where no end is set."),
        validators=[is_day_if_given],
    )
    appointed_by = LineField(
        _l("Appointed by"), description=_l("The office or the letter."), validators=[AtMost(ROLE_MAX)]
    )

    @property
    def ends(self) -> date | None:
        """The day on which another may begin; None where no end is set."""
        return self.until.day if self.until.data else None


class SeatForm(HolderForm):
    """A seat, and who holds it."""

    shown_first = ("role", "person", "chosen")

    role = SelectField(
        _l("Which seat?"),
        choices=choices((role.value, words) for role, words in SEAT_NAMES.items()),
        invalid_choice_message=_l("Choose a seat from the list."),
    )


class EndSeatForm(Form):
    """The day on which a seat ends."""

    until = DayField(_l("Until which day?"), description=DAY_HINT, validators=[Filled(_l("Write the day.")), is_day])


class MergeForm(Form):
    """Which of two entries stays."""

    keep = RadioField(
        _l("Which entry holds from now on?"),
        validators=[Filled(_l("Choose which entry holds from now on."))],
        invalid_choice_message=_l("Choose which entry holds from now on."),
    )


class ExportForm(Form):
    """In which format the registry is written."""

    kind = RadioField(
        _l("Format"),
        choices=[SelectChoice("xlsx", "Excel (.xlsx)"), SelectChoice("csv", "CSV")],
        default="xlsx",
        validators=[Filled(_l("Choose a format."))],
        invalid_choice_message=_l("Choose a format."),
    )
