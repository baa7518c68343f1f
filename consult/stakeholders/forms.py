"""Forms of the registry."""

from flask_wtf.file import FileField
from wtforms import RadioField, SelectField, SelectMultipleField

from consult.core.forms import AtMost, Filled, Form, LineField, TextField, choices
from consult.core.i18n import _l, languages
from consult.stakeholders.models import EMAIL_MAX, NAME_MAX, NOTE_MAX, Basis, Stakeholder, StakeholderKind
from consult.stakeholders.operations import Entry
from consult.stakeholders.rules import CategoryUnknown, GroupUnknown, LanguageNotOurs
from consult.vocabularies import tables

BASES = [
    (Basis.CONSENT.value, _l("They said yes to mails about consultations")),
    (Basis.DUTY.value, _l("Their office takes part by law or by appointment")),
    (Basis.NONE.value, _l("We do not write to them by e-mail")),
]


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
    language = SelectField(_l("Language we write in"), invalid_choice_message=LanguageNotOurs.message)
    email = LineField(_l("E-mail address"), validators=[AtMost(EMAIL_MAX)])
    basis = RadioField(
        _l("Why may we write to them?"),
        choices=choices(BASES),
        validators=[Filled(_l("Say why we may write to them, or that we do not."))],
        # without it WTForms says its own sentence, in English
        invalid_choice_message=_l("Say why we may write to them, or that we do not."),
    )
    note = TextField(_l("Note for the secretariat"), validators=[AtMost(NOTE_MAX)])

    def __init__(self, *args: object, **named: object) -> None:
        super().__init__(*args, **named)
        self.category.choices = choices((one.code, str(one.names)) for one in tables.categories().values())
        self.groups.choices = choices((one.code, str(one.names)) for one in tables.groups().values())
        self.language.choices = choices((record.code, record.name) for record in languages())

    @classmethod
    def of(cls, stakeholder: Stakeholder) -> "StakeholderForm":
        """The form filled with an entry."""
        return cls(
            data={
                "kind": stakeholder.kind.value,
                "name": stakeholder.name,
                "category": stakeholder.category,
                "groups": stakeholder.group_codes,
                "language": stakeholder.language,
                "email": stakeholder.email,
                "basis": stakeholder.basis.value,
                "note": stakeholder.note,
            }
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
        )


class ImportForm(Form):
    """A list to upload."""

    file = FileField(
        _l("CSV file or Excel workbook"),
        description=_l(
            "The first row holds the names of the columns: name, kind, category, groups, language, email, note."
        ),
    )
    basis = RadioField(
        _l("Why may we write to the people in this list?"),
        choices=choices(BASES),
        validators=[Filled(_l("Say why we may write to them, or that we do not."))],
        # without it WTForms says its own sentence, in English
        invalid_choice_message=_l("Say why we may write to them, or that we do not."),
    )
