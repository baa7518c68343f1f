"""The forms of lists: signing up, leaving, and what staff say of a list and of those on it."""

from typing import Any

from wtforms import BooleanField, HiddenField, RadioField, SelectField

from consult.core.forms import AtMost, Filled, Form, LineField, OnceForm, TextField, choices, cleaned_line
from consult.core.i18n import _, _l, language, languages
from consult.core.ids import random_secret
from consult.core.texts import Texts
from consult.mail.models import ADDRESS_MAX
from consult.mailings.models_lists import NAME_MAX, OFTEN_MAX, SLUG_MAX, WHAT_MAX, ListLeavingScope, SignUpWay
from consult.mailings.operations_lists import ListSaid
from consult.mailings.queries_lists import Listed
from consult.mailings.rules_lists import ListLanguageUnknown
from consult.stakeholders.forms_address import OneAddress
from consult.stakeholders.rules import AddressWrong, checked_address

IN_EACH_LANGUAGE = {
    "name": (_l("Name"), LineField, NAME_MAX),
    "what_it_is": (_l("What it is"), TextField, WHAT_MAX),
    "how_often": (_l("How often mail comes"), LineField, OFTEN_MAX),
}
WAYS = [
    (SignUpWay.LETTER.value, _l("By letter")),
    (SignUpWay.PHONE.value, _l("By telephone")),
    (SignUpWay.EMAIL.value, _l("By e-mail")),
    (SignUpWay.MEETING.value, _l("In a meeting")),
]
SCOPES = [
    (ListLeavingScope.LIST.value, _l("Mail of this list")),
    (ListLeavingScope.CONSULTATION.value, _l("Mail about this consultation")),
    (ListLeavingScope.EVERYTHING.value, _l("All mail from this site, for good")),
]


class SubscriberForm(Form):
    """Where mail of a list should go, and in which language."""

    address = LineField(
        _l("E-mail address"), validators=[Filled(_l("Write an e-mail address.")), AtMost(ADDRESS_MAX), OneAddress()]
    )
    language = SelectField(_l("Language of the mails"), invalid_choice_message=ListLanguageUnknown.message)

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.language.choices = choices((record.code, record.name) for record in languages())


class LanguageForm(Form):
    """In which language a reader wants the mails of a list."""

    language = SelectField(_l("Language of the mails"), invalid_choice_message=ListLanguageUnknown.message)

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.language.choices = choices((record.code, record.name) for record in languages())


class SignUpForm(SubscriberForm):
    """The same on the page of the list. It stands on a page that is kept for everybody, and so has no token."""

    class Meta(Form.Meta):
        """No session, no cookie: see `takes_no_token`."""

        csrf = False


def sign_up_form(*, sent: bool) -> SignUpForm:
    """The form of the page, in its language where nothing was chosen; filled with what was `sent`."""
    chosen = {"language": language().code}
    return SignUpForm(data=chosen) if sent else SignUpForm(formdata=None, data=chosen)


class AddForm(SubscriberForm):
    """Somebody who asked staff."""

    how = RadioField(
        _l("How they asked"),
        choices=choices(WAYS),
        validators=[Filled(_l("Choose how they asked."))],
        invalid_choice_message=_l("Choose how they asked."),
    )


class FindForm(Form):
    """One address, whole."""

    address = LineField(
        _l("E-mail address"),
        description=_l("The whole address. There is no page with all of them."),
        validators=[Filled(_l("Write an e-mail address.")), AtMost(ADDRESS_MAX)],
    )

    def to_address(self) -> str:
        """The address as it is kept; as it was typed where it is none."""
        try:
            return checked_address(self.address.data)
        except AddressWrong:
            return str(self.address.data)


class ListLeaveForm(OnceForm):
    """What the reader of a list's mail wants no more of."""

    once = HiddenField(default=random_secret, filters=[cleaned_line])  # shown again on the page with the way back
    scope = RadioField(
        _l("What should stop?"),
        default=ListLeavingScope.LIST.value,
        validators=[Filled(_l("Choose what should stop."))],
        invalid_choice_message=_l("Choose what should stop."),
    )

    def offer(self, *, has_consultation: bool) -> "ListLeaveForm":
        """Give the choices that there are. Returns the form."""
        shown = [one for one in SCOPES if has_consultation or one[0] != ListLeavingScope.CONSULTATION.value]
        self.scope.choices = choices(shown)
        return self

    def of_an_office(self) -> "ListLeaveForm":
        """The same, where official mail is a duty: of all mail, news and lists end. Returns the form."""
        everything = ListLeavingScope.EVERYTHING.value
        shown = [(one.value, _l("News, and all mailing lists") if one.value == everything else one.label)
                 for one in self.scope.choices]  # fmt: skip
        self.scope.choices = choices(shown)
        return self


class ListForm(Form):
    """What a list is and how it is used. The words in each language are added by `list_form()`."""

    slug = LineField(
        _l("Address"),
        description=_l(
            "Small letters, figures and hyphens, like un-news. It stands in every mail and cannot be changed later."
        ),
        validators=[AtMost(SLUG_MAX)],
    )
    takes_sign_up = BooleanField(_l("Anybody can sign up on its page"))
    archive_is_public = BooleanField(_l("Anybody can read what was sent, also in a feed"))
    is_open = BooleanField(_l("The list is open: people can join, and mail can be sent"))

    def texts(self, name: str) -> Texts:
        """The languages of one text that were filled in."""
        found = ((record.code, self[f"{name}_{record.code}"].data or "") for record in languages())
        return Texts({code: words for code, words in found if words.strip()})

    def to_said(self) -> ListSaid:
        """What was typed."""
        return ListSaid(
            slug=self.slug.data or "",
            **{name: self.texts(name) for name in IN_EACH_LANGUAGE},
            takes_sign_up=bool(self.takes_sign_up.data),
            archive_is_public=bool(self.archive_is_public.data),
            is_open=bool(self.is_open.data),
        )


def list_form(listed: Listed | None = None) -> ListForm:
    """The form with the words in each language of the site, filled where there is a list."""
    fields: dict[str, Any] = {}
    data: dict[str, Any] = {"takes_sign_up": True, "archive_is_public": True, "is_open": True}
    for name, (words, kind, limit) in IN_EACH_LANGUAGE.items():
        for record in languages():
            label = _("%(field)s (%(language)s)", field=str(words), language=record.name)
            fields[f"{name}_{record.code}"] = kind(label, validators=[AtMost(limit)])
            if listed is not None:
                data[f"{name}_{record.code}"] = getattr(listed.words, name).get(record.code, "")
    if listed is not None:
        kept = listed.mailing_list
        data |= {"slug": kept.slug, "takes_sign_up": kept.takes_sign_up, "is_open": kept.is_open}
        data["archive_is_public"] = kept.archive_is_public
    made: type[ListForm] = type("ListFormInLanguages", (ListForm,), fields)
    return made(data=data)
