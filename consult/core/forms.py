"""Forms: fields that take what people really type, and the key that makes a second press of a button harmless."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar

from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import FileField, HiddenField, IntegerField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from consult.core.i18n import _l
from consult.core.ids import random_secret

# Controls that no keyboard types, and overrides that make a text look like another (kept: the marks that Arabic and
# Hebrew writers need, U+200E, U+200F, U+061C, and the joiners of Persian and Indic scripts).
INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
FIGURES = re.compile("[0-9]{1,10}")
NUMBER_MAX = 2**31 - 1
DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
YEARS = range(2000, 3000)  # so that no zone, and no day after the closing, leads out of the calendar
SURROGATE = re.compile("[\ud800-\udfff]")


def whole_number(text: str | None) -> int | None:
    """The number that a text writes in figures, if every database holds it; None for anything else."""
    found = int(text) if text and FIGURES.fullmatch(text) else None
    return found if found is not None and found <= NUMBER_MAX else None


def day_of(typed: str | None) -> date | None:
    """The day of what was typed, in figures of either script; None for what is none, or far from our time."""
    try:
        found = date.fromisoformat((typed or "").translate(DIGITS))
    except ValueError:
        return None
    return found if found.year in YEARS else None


def cleaned_line(text: str | None) -> str:
    """One line as people meant it: NFC, no control or override characters, blanks as one."""
    return " ".join(cleaned_text(text).split())


def cleaned_text(text: str | None) -> str:
    """Several lines as people meant them: NFC, line ends as \\n, no control or override characters."""
    if text and text.isascii() and text.isprintable():  # most cells of a list: nothing below changes anything of them
        return text.strip()
    text = (text or "").replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", SURROGATE.sub("", INVISIBLE.sub("", text))).strip()


class LineField(StringField):
    """A text of one line, cleaned."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take the first value sent."""
        self.data = cleaned_line(valuelist[0]) if valuelist else ""


class TextField(TextAreaField):
    """A text of several lines, cleaned."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take the first value sent."""
        self.data = cleaned_text(valuelist[0]) if valuelist else ""


class NumberField(IntegerField):
    """A whole number that the page put there itself; None for whatever else a stranger sends."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take the first value sent."""
        self.data = whole_number(valuelist[0]) if valuelist else None


class Token(FlaskForm.Meta.csrf_class):
    """The form token. Where it is old, wrong or missing, the form says so in the page's language, and nothing that was typed is lost."""

    def validate_csrf_token(self, form: Any, field: Any) -> None:
        """Accept what the guard of all forms has accepted, or look at the token itself. Raises ValidationError."""
        try:
            super().validate_csrf_token(form, field)
        except ValidationError:
            raise ValidationError(str(FORM_OLD)) from None


class Form(FlaskForm):
    """A form with our CSRF token. Says nothing of its own where a field says it."""

    shown_first: ClassVar[tuple[str, ...]] = ()  # where the page shows fields in another order than they are declared

    class Meta(FlaskForm.Meta):
        """WTForms' own messages are not used: every validator says its sentence, in the page's language."""

        csrf_class = Token
        locales = False

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Take what a form sends: no JSON, whose values are no texts, and files only for fields of files."""
            if request and request.is_json:
                return None
            sent = super().wrap_formdata(form, formdata)
            if not isinstance(sent, CombinedMultiDict):
                return sent
            taken: MultiDict[str, Any] = MultiDict(request.form)
            for field in form:
                if isinstance(field, FileField):
                    taken.setlist(field.name, request.files.getlist(field.name))
            return taken

    def errors_listed(self) -> list[tuple[str, str]]:
        """(id of the field, what is wrong), in the order in which the page shows the fields, for the summary at its top."""
        first = {name: place for place, name in enumerate(self.shown_first)}
        fields = sorted(self, key=lambda field: first.get(field.short_name, len(first)))
        return [(field.id, str(error)) for field in fields for error in field.errors[:1]]


class OnceForm(Form):
    """A form whose second sending changes nothing: the key is stored with what it made."""

    once = HiddenField(default=random_secret)


class Filled:
    """The field holds something. Says `message`."""

    field_flags = {"required": True}

    def __init__(self, message: Any) -> None:
        self.message = message

    def __call__(self, form: Any, field: Any) -> None:
        if not field.data or (isinstance(field.data, str) and not field.data.strip()):
            raise ValidationError(self.message)


def choices(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    """Options of a field from (value, words), the words translated when shown."""
    return [SelectChoice(value, words) for value, words in pairs]


class AtMost:
    """The field holds at most so many characters. No `maxlength` in the page: a browser would cut a paste in silence."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def __call__(self, form: Any, field: Any) -> None:
        over = len(field.data or "") - self.limit
        if over > 0:
            raise ValidationError(str(TOO_LONG) % {"limit": self.limit, "over": over})


FORM_OLD = _l("The form was open for too long, or in another window. What you typed is still here: send it once more.")
TOO_LONG = _l("Use at most %(limit)s characters; this has %(over)s too many.")
