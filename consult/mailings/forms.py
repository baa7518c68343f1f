"""The form of an invitation or a reminder, with ready-made words."""

import tomllib
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from flask import request
from wtforms import HiddenField, RadioField, SelectMultipleField

from consult.core.files import shipped
from consult.core.forms import AtMost, Filled, Form, LineField, NumberField, OnceForm, TextField, choices, cleaned_line
from consult.core.i18n import _, _l, find_language
from consult.core.ids import random_secret
from consult.mail.models import NOTE_MAX
from consult.mail.rules import NoteMissing
from consult.mailings.models import BODY_MAX, SUBJECT_MAX, Invitation, LeavingScope, MailingKind
from consult.mailings.operations import Wording
from consult.mailings.rules import StartWrong
from consult.vocabularies import tables

SCOPES = [
    (LeavingScope.CONSULTATION.value, _l("Mail about this consultation")),
    (LeavingScope.EVERYTHING.value, _l("All mail from this site, for good")),
]


@lru_cache(maxsize=1)
def _ready_made() -> dict[str, dict[str, str]]:
    return tomllib.loads((shipped("config") / "texts" / "mails.toml").read_text("utf-8"))


def ready_made_words(kind: MailingKind, code: str) -> tuple[str, str]:
    """Subject and text of a kind in a language, to begin with; in English where there is none in it."""
    subject, body = (_ready_made()[name] for name in (f"{kind}_subject", kind.value))
    return subject.get(code, subject["en"]), body.get(code, body["en"])


class InvitationForm(Form):
    """For whom it is. The words in each language are added by `invitation_form()`."""

    categories = SelectMultipleField(
        _l("Categories"), description=_l("Choose none to write to all."), validate_choice=False
    )
    groups = SelectMultipleField(
        _l("Groups represented"),
        description=_l("Choose some to write only to organisations that represent one of them."),
        validate_choice=False,
    )

    def offer(self) -> "InvitationForm":
        """Fill in what can be chosen. Returns the form."""
        self.categories.choices = choices((one.code, str(one.names)) for one in tables.categories().values())
        self.groups.choices = choices((one.code, str(one.names)) for one in tables.groups().values())
        return self

    def to_wording(self, languages: list[str]) -> Wording:
        """What was typed; codes that are none of ours are left out."""
        return Wording(
            categories=tuple(code for code in self.categories.data or () if code in tables.categories()),
            groups=tuple(code for code in self.groups.data or () if code in tables.groups()),
            words={code: (self[f"subject_{code}"].data, self[f"body_{code}"].data) for code in languages},
        )


class LeaveForm(OnceForm):
    """What somebody wants no more mail about."""

    once = HiddenField(default=random_secret, filters=[cleaned_line])  # shown again on the page with the way back
    scope = RadioField(
        _l("What should stop?"),
        choices=choices(SCOPES),
        default=LeavingScope.CONSULTATION.value,
        validators=[Filled(_l("Choose what should stop."))],
        invalid_choice_message=_l("Choose what should stop."),
    )


class UndoForm(Form):
    """The key of the form that was pressed."""

    once = LineField()


class LiftForm(Form):
    """Why mail may go to an address again."""

    note = TextField(
        _l("Why may we write there again?"),
        description=_l("For example: they told you so by telephone, or our own server was at fault. Without names."),
        validators=[Filled(NoteMissing.message), AtMost(NOTE_MAX)],
    )


class SendForm(Form):
    """How many the sender saw on the list, and when it should go out."""

    seen = NumberField()
    starts = LineField(
        _l("Not before"),
        description=_l(
            "Leave it empty to send it now. Or write day and time like 2027-03-14 09:00, in the time zone of the consultation."
        ),
    )

    def start(self, zone: str) -> datetime | None:
        """When it should go out, None = now. Raises StartWrong for what is no time."""
        typed = (self.starts.data or "").strip().translate(DIGITS)
        if not typed:
            return None
        try:
            made = datetime.strptime(typed, "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo(zone))
        except ValueError:
            raise StartWrong from None
        if made.year not in YEARS:
            raise StartWrong
        return made


YEARS = range(2000, 3000)  # so that no zone leads out of the calendar
DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")


def invitation_form(
    languages: list[str],
    kind: MailingKind,
    invitation: Invitation | None = None,
    words: dict[str, tuple[str, str]] | None = None,
) -> InvitationForm:
    """The form with subject and text in each language: of an invitation, or ready-made for a kind."""
    fields = {}
    for code in languages:
        name = find_language(code).name
        subject, body = (words or {}).get(code) or ready_made_words(kind, code)
        fields[f"subject_{code}"] = LineField(
            _("%(field)s (%(language)s)", field=_("Subject"), language=name),
            default=subject,
            validators=[Filled(_l("Write the subject.")), AtMost(SUBJECT_MAX)],
        )
        fields[f"body_{code}"] = TextField(
            _("%(field)s (%(language)s)", field=_("Text"), language=name),
            default=body,
            validators=[Filled(_l("Write the text.")), AtMost(BODY_MAX)],
        )
    made: type[InvitationForm] = type("InvitationFormInLanguages", (InvitationForm,), fields)
    asked = {
        name: request.args.getlist(name) for name in ("categories", "groups")
    }  # of a link that begins an invitation
    chosen = {"categories": invitation.categories, "groups": invitation.groups} if invitation else asked
    return made(data=chosen).offer()
