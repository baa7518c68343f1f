"""Forms of answers and of screening, and the words for their choices."""

from collections.abc import Mapping, Sequence

from wtforms import BooleanField, HiddenField, RadioField, SelectField

from consult.core.forms import AtMost, Filled, Form, LineField, TextField, choices, whole_number
from consult.core.i18n import _, _l, find_language, language
from consult.responses.models import (
    OBJECTION_MAX,
    REASON_MAX,
    Answer,
    Grounds,
    Outcome,
    RedactedField,
    RedactionCategory,
)
from consult.rounds.models import TEXT_MAX

OUTCOMES = [
    (Outcome.ACCEPTED.value, _l("Accepted")),
    (Outcome.ACCEPTED_IN_PART.value, _l("Accepted in part")),
    (Outcome.NOTED.value, _l("Noted")),
    (Outcome.NOT_ACCEPTED.value, _l("Not accepted")),
    (Outcome.OUT_OF_SCOPE.value, _l("Out of scope")),
]
CATEGORIES = [
    (RedactionCategory.THIRD_PERSON_NAME.value, _l("Name of a third person")),
    (RedactionCategory.CONTACT_DETAILS.value, _l("Contact details")),
    (RedactionCategory.HEALTH_OR_PRIVATE_LIFE.value, _l("Health or private life")),
    (RedactionCategory.ACCUSATION.value, _l("Accusation of a named person")),
    (RedactionCategory.OTHER_PERSONAL.value, _l("Other personal matter")),
]
GROUNDS = [
    (Grounds.THREATS.value, _l("It contains threats")),
    (Grounds.HATRED.value, _l("It incites hatred")),
]
FIELDS = [
    (RedactedField.TEXT.value, _l("Comment")),
    (RedactedField.SUGGESTION.value, _l("Suggested wording")),
    (RedactedField.EVIDENCE.value, _l("Evidence")),
]


class AnswerForm(Form):
    """An answer to a comment. Nothing is chosen beforehand."""

    outcome = RadioField(
        _l("Your answer"),
        description=_l("“Noted” is only for a comment that asks for no change."),
        choices=choices(OUTCOMES),
        validators=[Filled(_l("Choose an answer."))],
        invalid_choice_message=_l("Choose an answer."),
    )
    reason = TextField(
        _l("Reason"),
        description=_l(
            "Needed for every answer other than “Accepted”. Everyone reads it once the answers are published."
        ),
        validators=[AtMost(REASON_MAX)],
    )

    is_screened = BooleanField(_l("I looked for passages about third persons: nothing else needs to be blacked out"))

    def without_noted(self) -> None:
        """Do not offer what would be refused for a comment that suggests other wording."""
        self.outcome.description = _("“Noted” is not among them, because this comment suggests other wording.")
        self.outcome.choices = choices([one for one in OUTCOMES if one[0] != Outcome.NOTED.value])

    def to_answer(self) -> Answer:
        """What was typed."""
        return Answer(Outcome(self.outcome.data), self.reason.data, language().code)


class RedactForm(Form):
    """A passage to black out, pasted."""

    passage = LineField(
        _l("Passage to black out"),
        description=_l(
            "Copy it from the comment. It is blacked out wherever it stands, in the suggested wording and the evidence too."
        ),
        validators=[Filled(_l("Paste the passage to black out.")), AtMost(TEXT_MAX)],
    )
    category = SelectField(
        _l("What it is about"),
        description=_l("Readers see this in place of the passage, and so does its author."),
        choices=choices([("", _l("Choose")), *CATEGORIES]),
        validators=[Filled(_l("Choose what the passage is about."))],
        invalid_choice_message=_l("Choose what the passage is about."),
    )

    def to_category(self) -> RedactionCategory:
        """What was chosen."""
        return RedactionCategory(self.category.data)


class RemoveRedactionForm(Form):
    """The place of a black-out: no text of it, and no number that betrays order."""

    field = HiddenField()
    start = HiddenField()

    def to_place(self) -> tuple[RedactedField, int] | None:
        """Field and first character; None where a stranger wrote the form."""
        known = self.field.data in list(RedactedField)
        start = whole_number(self.start.data)
        return (RedactedField(self.field.data), start) if known and start is not None else None


class WithholdForm(Form):
    """Why a comment is not published at all."""

    grounds = RadioField(
        _l("Not published, because"),
        choices=choices(GROUNDS),
        validators=[Filled(_l("Choose why this comment is not published."))],
        invalid_choice_message=_l("Choose why this comment is not published."),
    )


class ObjectForm(Form):
    """What an author says against the screening."""

    text = TextField(
        _l("Your objection"),
        description=_l(
            "Say what should be shown, and why. You can do this once; we reply before the answers are published."
        ),
        validators=[Filled(_l("Say what should be shown, and why.")), AtMost(OBJECTION_MAX)],
    )


class SettleForm(Form):
    """The team's reply to an objection."""

    reply = TextField(
        _l("Reply to the author"),
        description=_l("If you agree, first change what is blacked out or kept back. Only the author reads the reply."),
        validators=[Filled(_l("Write to the author what you decided, and why.")), AtMost(OBJECTION_MAX)],
    )


class TranslateForm(Form):
    """The reason of an answer in other languages; the fields are added by `translation_form()`."""

    codes: Sequence[str] = ()

    def to_reasons(self) -> dict[str, str]:
        """What was typed, by language."""
        return {code: self[f"in_{code}"].data or "" for code in self.codes}


def translation_form(codes: Sequence[str], present: Mapping[str, str], *, is_sent: bool) -> TranslateForm:
    """The form with a field for each of these languages, filled with what there is."""
    fields = {
        f"in_{code}": TextField(
            _("%(field)s (%(language)s)", field=_("Reason"), language=find_language(code).name),
            default=present.get(code, ""),
            validators=[AtMost(REASON_MAX)],
        )
        for code in codes
    }
    kind: type[TranslateForm] = type("TranslateFormInLanguages", (TranslateForm,), fields)
    form = kind() if is_sent else kind(formdata=None)
    form.codes = codes
    return form
