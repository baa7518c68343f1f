"""Forms of set-up and of what the site says of itself."""

import tomllib
from collections.abc import Collection, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from wtforms import PasswordField, SelectField, SelectMultipleField

from consult.accounts.models import EMAIL_MAX
from consult.accounts.models import NAME_MAX as PERSON_NAME_MAX
from consult.core.files import shipped
from consult.core.forms import DIGITS, AtMost, Filled, Form, LineField, TextField, choices
from consult.core.i18n import Language, _, _l, find_language
from consult.core.texts import Texts
from consult.site.models import NAME_MAX, PRIVACY_MAX, Installation


class LanguagesForm(Form):
    """The languages of the site."""

    languages = SelectMultipleField(
        _l("Languages"),
        description=_l("Pages and mails exist in each of these. You can change this later."),
        validators=[Filled(_l("Choose at least one language."))],
        validate_choice=False,  # whatever is none of ours is left out
    )
    first = SelectField(
        _l("The site's own language"),
        description=_l("Shown where a text does not exist in a reader's language."),
        invalid_choice_message=_l("Choose the site's own language."),
    )

    def offer(self, records: Sequence[Language], translated: Collection[str]) -> "LanguagesForm":
        """Fill in what can be chosen, saying where buttons and menus are not translated. Returns the form."""
        self.languages.choices = choices((one.code, _named(one, one.code in translated)) for one in records)
        self.first.choices = choices((one.code, one.name) for one in records)
        return self

    def in_order(self) -> list[str]:
        """The chosen codes, the site's own first; it is chosen too, whether ticked or not."""
        known = [choice.value for choice in self.languages.choices]
        return [self.first.data, *(code for code in known if code in self.languages.data and code != self.first.data)]


def _named(record: Language, is_translated: bool) -> str:
    if is_translated:
        return record.name
    return _("%(language)s (buttons and menus in English until someone translates them)", language=record.name)


class IdentityForm(Form):
    """Name and privacy notice; the fields of each language are added by `identity_form()`."""

    codes: Sequence[str] = ()

    def texts(self, name: str) -> Texts:
        """One text in each language, as typed."""
        return Texts({code: self[f"{name}_{code}"].data or "" for code in self.codes})


def identity_form(installation: Installation) -> IdentityForm:
    """The form with name and privacy notice in each language of the site: as kept, or ready-made."""
    fields: dict[str, Any] = {}
    for code in installation.languages:
        record = find_language(code)
        fields[f"name_{code}"] = LineField(
            _("%(field)s (%(language)s)", field=_("Name of the site"), language=record.name),
            default=installation.name.get(code, ""),
            validators=[Filled(_l("Write the name of the site in each of its languages.")), AtMost(NAME_MAX)],
        )
        fields[f"privacy_{code}"] = TextField(
            _("%(field)s (%(language)s)", field=_("Privacy notice"), language=record.name),
            default=installation.privacy.get(code) or ready_made_privacy(code, installation.name.get(code, "…")),
            validators=[
                Filled(_l("Say who is responsible for the data, and how they are reached.")),
                AtMost(PRIVACY_MAX),
            ],
        )
    kind: type[IdentityForm] = type("IdentityFormInLanguages", (IdentityForm,), fields)
    form = kind()
    form.codes = installation.languages
    return form


@lru_cache(maxsize=1)
def _ready_made() -> dict[str, dict[str, str]]:
    return tomllib.loads((shipped("config") / "texts" / "privacy.toml").read_text("utf-8"))


def ready_made_privacy(code: str, mechanism: str) -> str:
    """The ready-made notice in a language, with blanks where only the office knows; "…" where there is none."""
    words = _ready_made()["privacy"].get(code, "…")
    return words % {"mechanism": mechanism, "contact": "…", "retention": "…"} if "%(" in words else words


class MailTestForm(Form):
    """Where to send the test."""

    address = LineField(
        _l("Your e-mail address"), validators=[Filled(_l("Write your e-mail address.")), AtMost(EMAIL_MAX)]
    )


class AdministratorForm(Form):
    """The first person."""

    name = LineField(_l("Your name"), validators=[Filled(_l("Write your name.")), AtMost(PERSON_NAME_MAX)])
    email = LineField(
        _l("Your e-mail address"), validators=[Filled(_l("Write your e-mail address.")), AtMost(EMAIL_MAX)]
    )
    password = PasswordField(
        _l("Password"),
        description=_l("At least 12 characters. Four or five words that do not belong together are easy to remember."),
        validators=[Filled(_l("Write a password."))],
    )


class ArchiveForm(Form):
    """When the text went to the mechanism, if it did."""

    sent_on = LineField(
        _l("Day on which the report was sent"),
        description=_l("Year, month, day: 2027-03-14. Leave it empty if it was not sent."),
    )

    def validate(self, *args: object, **named: object) -> bool:
        """Also that the day is a day."""
        valid: bool = super().validate(*args, **named)
        try:
            self.day()
        except ValueError:
            self.sent_on.errors = [_("Write the date as year, month and day, like 2027-03-14.")]
            return False
        return valid

    def day(self) -> date | None:
        """The day that was typed. Raises ValueError for what is none."""
        typed = (self.sent_on.data or "").translate(DIGITS)
        return date.fromisoformat(typed) if typed else None
