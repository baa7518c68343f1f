"""Forms of drafts."""

from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, SelectField

from consult.core.forms import Form, LineField, NumberField, choices
from consult.core.i18n import _l, find_language
from consult.drafts.rules import LanguageNotOfConsultation


class UploadForm(Form):
    """A file for one language."""

    language = SelectField(_l("Language of the text"), invalid_choice_message=LanguageNotOfConsultation.message)
    file = FileField(
        _l("File"),
        description=_l("Word (.docx), OpenDocument (.odt) or Markdown (.md), up to 20 MB."),
    )

    def __init__(self, codes: list[str]) -> None:
        super().__init__()
        self.language.choices = choices((code, find_language(code).name) for code in codes)


class PublishForm(Form):
    """The last look before publishing."""

    is_sure = BooleanField(_l("I have looked at the doubtful places"))


class CorrectionForm(Form):
    """One correction of what was read: at which block, what to do, and on which edition of the text."""

    edition = NumberField()
    place = NumberField()
    act = HiddenField()
    kind = HiddenField()
    number = NumberField()
    begins = LineField()
