"""Shapes of input. No token of theirs: what a form carries is sealed by `tokens`, and other sites are refused by Sec-Fetch-Site."""

from typing import Any

from wtforms import BooleanField, HiddenField, RadioField
from wtforms import Form as PlainForm

from consult.core.forms import AtMost, LineField, NumberField, TextField, choices
from consult.core.i18n import _l
from consult.safe.bodies import INTERNAL, PARAPHRASE, VERBATIM, Remark
from consult.safe.models import EVIDENCE_MAX, TEXT_MAX

CODE_MAX = 200  # characters: thirty digits with whatever people put between them
USES = (
    (PARAPHRASE, _l("The officers may publish it in other words, not in mine.")),
    (VERBATIM, _l("The officers may publish my own words, without what points to me.")),
    (INTERNAL, _l("It is for the officers alone. Nothing of it is published.")),
)


class Form(PlainForm):
    """A form without WTForms' own messages: every validator says its sentence in the page's language."""

    class Meta:
        """As above."""

        locales = False

    def errors_listed(self) -> list[tuple[str, str]]:
        """(id of the field, what is wrong), for the summary at the top of the page."""
        return [(field.id, str(error)) for field in self for error in field.errors[:1]]


class CommentForm(Form):
    """A comment without a name."""

    text = TextField(
        _l("Your comment"),
        description=_l("Leave out what only you could know: names, days, places. You can use any language."),
        validators=[AtMost(TEXT_MAX)],
    )
    suggestion = TextField(_l("The wording you suggest"), validators=[AtMost(TEXT_MAX)])
    evidence = TextField(
        _l("Evidence"), description=_l("A source that anyone can look up."), validators=[AtMost(EVIDENCE_MAX)]
    )
    use = RadioField(_l("What may happen with it"), choices=choices(USES), default=PARAPHRASE)
    pass_on = BooleanField(
        _l("The officers may also pass it on to the national human rights institution or the United Nations.")
    )
    token = HiddenField()

    def to_remark(self, ref: str, language: str) -> Remark:
        """What was written."""
        texts: dict[str, Any] = {
            "text": self.text.data,
            "suggestion": self.suggestion.data,
            "evidence": self.evidence.data,
        }
        return Remark(ref, language, use=self.use.data, pass_on=bool(self.pass_on.data), **texts)

    def hidden(self) -> list[tuple[str, str]]:
        """(name, value) of everything written, for the check page to carry."""
        values = [(one.name, one.data or "") for one in (self.text, self.suggestion, self.evidence, self.use)]
        return values + ([("pass_on", "y")] if self.pass_on.data else [])


class CodeForm(Form):
    """The code, and perhaps a reply that was written before the page grew too old."""

    code = LineField(_l("Your code of 30 digits"), validators=[AtMost(CODE_MAX)])
    text = TextField(_l("Your reply"))
    token = HiddenField()


class ReplyForm(Form):
    """A reply to the officers."""

    text = TextField(
        _l("Your reply"),
        description=_l("Only the officers can open it. Leave out what only you could know."),
        validators=[AtMost(TEXT_MAX)],
    )
    number = NumberField()  # which reply of the thread this is: a second press is none more
    token = HiddenField()
