"""Forms of what people declare of themselves."""

from collections.abc import Sequence

from wtforms import RadioField, SelectMultipleField

from consult.consultations.models_declared import Declared, Gender, HasDisability, OwnDeclaration
from consult.consultations.rules_declared import Declarations, NotForPersons
from consult.consultations.words_declared import DISABILITIES, GENDERS
from consult.core.forms import Filled, Form, NumberField, choices
from consult.core.i18n import _l
from consult.stakeholders.models import Stakeholder, StakeholderKind
from consult.vocabularies import tables

ANSWER = _l("Choose one of the answers.")
UNSAID = ("", _l("I prefer not to say"))
YES, NAMED = "yes", "named"


class DeclareForm(Form):
    """What somebody says of themselves. Of a person other questions than of an organisation; a report is one to a consultation."""

    groups = SelectMultipleField(_l("Groups you belong to"), invalid_choice_message=NotForPersons.message)
    gender = RadioField(
        _l("Are you a woman or a man?"), choices=choices([*GENDERS, UNSAID]), default="", invalid_choice_message=ANSWER
    )
    disability = RadioField(
        _l("Do you have a disability?"),
        choices=choices([*DISABILITIES, UNSAID]),
        default="",
        invalid_choice_message=ANSWER,
    )
    report = RadioField(_l("Did you submit a parallel report of your own?"), default="", invalid_choice_message=ANSWER)

    def __init__(self, entry: Stakeholder, *, asks_report: bool = True, **named: object) -> None:
        super().__init__(**named)
        self.groups.choices = choices((one.code, one.names.shown().text) for one in tables.person_groups().values())
        answers = [(YES, _l("Yes")), UNSAID]
        if entry.kind is StakeholderKind.ORGANISATION:
            del self.groups, self.gender, self.disability
            answers.insert(1, (NAMED, _l("Yes, and our name may be shown to the team of the consultation")))
        self.report.choices = choices(answers)
        if not asks_report:
            del self.report

    @classmethod
    def of(cls, entry: Stakeholder, rows: Sequence[OwnDeclaration], consultation_id: int | None) -> "DeclareForm":
        """The form filled with what they declared."""
        codes = {what: [one.code for one in rows if one.what is what] for what in Declared}
        report = [
            NAMED if one.named else YES
            for one in rows
            if one.what is Declared.PARALLEL_REPORT and one.consultation_id == consultation_id
        ]
        return cls(
            entry,
            asks_report=consultation_id is not None,
            formdata=None,
            data={
                "groups": codes[Declared.GROUP],
                "gender": "".join(codes[Declared.GENDER][-1:]),
                "disability": "".join(codes[Declared.DISABILITY][-1:]),
                "report": "".join(report[-1:]),
            },
        )

    def to_declarations(self) -> Declarations:
        """What was chosen."""
        report = self.report.data if "report" in self else ""
        reported, named = bool(report), report == NAMED
        if "gender" not in self:
            return Declarations(reported=reported, named=named)
        return Declarations(
            groups=tuple(sorted(set(self.groups.data or ()))),
            gender=Gender(self.gender.data) if self.gender.data else None,
            disability=HasDisability(self.disability.data) if self.disability.data else None,
            reported=reported,
            named=named,
        )


class WithdrawForm(Form):
    """Which declaration is withdrawn; each button is a form of its own."""

    declaration = NumberField(validators=[Filled(_l("Use one of the buttons on the page."))])
