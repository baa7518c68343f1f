"""Forms of drafts."""

from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, IntegerField, SelectField

from consult.core.forms import Form, LineField, choices
from consult.core.i18n import _l, find_language


class UploadForm(Form):
    """A file for one language."""

    language = SelectField(_l("Language of the text"))
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

    edition = IntegerField()
    place = IntegerField()
    act = HiddenField()
    kind = HiddenField()
    number = IntegerField()
    begins = LineField()
