"""The form for a list to upload, and what its columns may be."""

from flask_wtf.file import FileField
from wtforms import BooleanField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice

from consult.core.forms import AtMost, Filled, Form, LineField, choices
from consult.core.i18n import _l
from consult.stakeholders.forms import AGREED_TO_HINT, BASES, NEWS, NEWS_HINT, OTHER_TEXT, text_field, told_field
from consult.stakeholders.models import WORDING_MAX
from consult.stakeholders.operations import Told
from consult.stakeholders.rules import CategoryUnknown
from consult.vocabularies import tables

COLUMN_NAMES = [  # what an unknown column of a list may be
    ("name", _l("Name")),
    ("kind", _l("Organisation or person")),
    ("category", _l("Category")),
    ("groups", _l("Groups represented")),
    ("region", _l("Region")),
    ("language", _l("Language we write in")),
    ("also_languages", _l("Other languages they read")),
    ("channel", _l("How do they want to hear from us?")),
    ("email", _l("E-mail address")),
    ("postal_address", _l("Postal address")),
    ("phone", _l("Telephone")),
    ("access_needs", _l("What they need to take part")),
    ("news", _l("News, yes or no")),
    ("note", _l("Note for the secretariat")),
    ("contact_people", _l("Contact people")),
]


class ImportForm(Form):
    """A list to upload."""

    file = FileField(
        _l("CSV file, Excel workbook or address cards (.vcf)"),
        description=_l(
            "The first row holds the names of the columns: name, kind, category, groups, region, language, also_languages,"
            " channel, email, postal_address, phone, access_needs, news, note, contact_people. We ask you about any other."
            " In contact_people stand name, role and"
            " address, one after another: Ana Tona (director) <ana@example.org>; Bela Tona."
        ),
    )
    basis = RadioField(
        _l("Why may we write to the people in this list about consultations?"),
        choices=choices(BASES),
        validators=[Filled(_l("Say why we may write to them, or that we do not."))],
        # without it WTForms says its own sentence, in English
        invalid_choice_message=_l("Say why we may write to them, or that we do not."),
    )
    news = BooleanField(NEWS, description=NEWS_HINT)
    told = told_field()
    text = text_field()
    wording = LineField(OTHER_TEXT, description=AGREED_TO_HINT, validators=[AtMost(WORDING_MAX)])
    category = SelectField(
        _l("Category of new entries for which the list says none"),
        description=_l("Address cards never say one."),
        default="",
        invalid_choice_message=CategoryUnknown.message,
    )

    def __init__(self, *args: object, **named: object) -> None:
        super().__init__(*args, **named)
        known = ((one.code, str(one.names)) for one in tables.categories().values())
        self.category.choices = [SelectChoice("", _l("Not said")), *choices(known)]

    def to_told(self) -> Told:
        """How and under which text the people of the list told us why we may write to them."""
        how = "import" if self.told.data == "form" else self.told.data
        return Told(how, self.wording.data or self.text.data)
