"""The form of an invitation."""

from wtforms import SelectMultipleField

from consult.core.forms import AtMost, Filled, Form, LineField, NumberField, TextField, choices
from consult.core.i18n import _, _l, find_language, use_language
from consult.mailings.models import BODY_MAX, SUBJECT_MAX, Invitation
from consult.mailings.operations import Wording
from consult.vocabularies import tables

READY_SUBJECT = _l("Please comment on the draft report")
READY_BODY = (
    _l("We have published the draft of the report and would like to know what you think of it."),
    _l(
        "You can comment on single paragraphs or on the whole. Every comment gets an answer, and we publish the answers."
    ),
    _l("The link below opens the draft and your own comments."),
)


class InvitationForm(Form):
    """For whom an invitation is. The words in each language are added by `invitation_form()`."""

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


class SendForm(Form):
    """How many the sender saw on the list."""

    seen = NumberField()


def invitation_form(
    languages: list[str], invitation: Invitation | None = None, words: dict[str, tuple[str, str]] | None = None
) -> InvitationForm:
    """The form with subject and text in each language: of an invitation, or ready-made."""
    fields = {}
    for code in languages:
        name = find_language(code).name
        with use_language(code):
            subject, body = (words or {}).get(code) or (str(READY_SUBJECT), "\n".join(map(str, READY_BODY)))
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
    kind: type[InvitationForm] = type("InvitationFormInLanguages", (InvitationForm,), fields)
    chosen = {"categories": invitation.categories, "groups": invitation.groups} if invitation else {}
    return kind(data=chosen).offer()
