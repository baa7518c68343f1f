"""Forms of staff accounts."""

from wtforms import HiddenField, PasswordField, SelectField, SelectMultipleField

from consult.accounts.models import EMAIL_MAX, NAME_MAX, PASSKEY_NAME_MAX, Role
from consult.core.forms import AtMost, Filled, Form, LineField, choices
from consult.core.i18n import _l, languages

ROLE_NAMES = {
    Role.SECRETARIAT: _l("Secretariat"),
    Role.APPROVER: _l("Approver"),
    Role.FACILITATOR: _l("Facilitator"),
    Role.LOGISTICS: _l("Logistics"),
    Role.TRANSLATOR: _l("Translator"),
    Role.PROTECTION_OFFICER: _l("Protection officer"),
    Role.FOCAL_POINT: _l("Focal point"),
    Role.NHRI_OBSERVER: _l("Observer of the national human rights institution"),
    Role.ADMINISTRATOR: _l("Administrator"),
}


class SignInForm(Form):
    """Address and password."""

    email = LineField(_l("E-mail address"), validators=[Filled(_l("Write your e-mail address.")), AtMost(EMAIL_MAX)])
    password = PasswordField(_l("Password"), validators=[Filled(_l("Write your password."))])


class SetPasswordForm(Form):
    """A new password."""

    password = PasswordField(
        _l("New password"),
        description=_l("At least 12 characters. Four or five words that do not belong together are easy to remember."),
        validators=[Filled(_l("Write a password."))],
    )


class ChangePasswordForm(SetPasswordForm):
    """The old password and a new one."""

    old = PasswordField(_l("Present password"), validators=[Filled(_l("Write your present password."))])


class LanguageForm(Form):
    """The language of the staff pages."""

    language = SelectField(
        _l("Language of these pages"), invalid_choice_message=_l("Choose one of the languages of this site.")
    )

    def __init__(self, *args: object, **named: object) -> None:
        super().__init__(*args, **named)
        self.language.choices = choices((record.code, record.name) for record in languages())


class PersonForm(LanguageForm):
    """A member of staff."""

    name = LineField(_l("Name"), validators=[Filled(_l("Write the name.")), AtMost(NAME_MAX)])
    email = LineField(_l("E-mail address"), validators=[Filled(_l("Write the e-mail address.")), AtMost(EMAIL_MAX)])
    roles = SelectMultipleField(
        _l("Roles"),
        description=_l("A protection officer holds no other role."),
        choices=choices((role.value, words) for role, words in ROLE_NAMES.items()),
        validators=[Filled(_l("Choose at least one role."))],
        invalid_choice_message=_l("Choose at least one role."),
    )


class RolesForm(Form):
    """The roles of someone who is there."""

    roles = SelectMultipleField(
        _l("Roles"),
        description=_l("A protection officer holds no other role."),
        choices=choices((role.value, words) for role, words in ROLE_NAMES.items()),
        validators=[Filled(_l("Choose at least one role."))],
        invalid_choice_message=_l("Choose at least one role."),
    )


class ConfirmPasswordForm(Form):
    """One's password once more, before something about signing in is changed."""

    password = PasswordField(_l("Your password, once more"), validators=[Filled(_l("Write your password."))])


class NamePasskeyForm(ConfirmPasswordForm):
    """A new passkey."""

    name = LineField(
        _l("What you call it"),
        description=_l("So that you can tell your passkeys apart: “my phone”, “key in the safe”."),
        validators=[Filled(_l("Give it a name.")), AtMost(PASSKEY_NAME_MAX)],
    )


class FirstCodeForm(Form):
    """The code that proves that an app was set up."""

    code = LineField(_l("The six figures that the app shows"), validators=[Filled(_l("Type the six figures."))])


class CodeForm(Form):
    """A code of the app, or one from paper."""

    code = LineField(
        _l("Code"),
        description=_l("The six figures that your app shows now, or one of your recovery codes."),
        validators=[Filled(_l("Type the code."))],
    )


class PasskeyForm(Form):
    """What a passkey answered: filled in by the page's script."""

    credential = HiddenField()
