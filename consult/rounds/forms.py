"""Forms of rounds and comments."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import BooleanField, HiddenField, RadioField, SelectField

from consult.consultations.models import PARTICIPANT_NAME_MAX, Participant
from consult.core.forms import AtMost, Filled, Form, LineField, NumberField, OnceForm, TextField, choices, day_of
from consult.core.i18n import _, _l, language, languages
from consult.core.texts import Texts
from consult.custody.sides import safe
from consult.rounds.models import EVIDENCE_MAX, NAMED, QUESTIONS_MAX, TEXT_MAX, Audience, CommentDraft, Consent
from consult.rounds.operations import Remark
from consult.stakeholders.forms_address import OneAddress
from consult.vocabularies import tables

CONSENTS = [
    (Consent.WITH_NAME.value, _l("With my name and organisation")),
    (Consent.ORGANISATION_ONLY.value, _l("With the name of my organisation only")),
    (Consent.CATEGORY_ONLY.value, _l("With my category only, and only if at least five people share it")),
    (Consent.WITHOUT_NAME.value, _l("Without a name")),
    (Consent.NOT_PUBLISHED.value, _l("Do not publish it. The team reads it and answers it")),
]


AUDIENCES = [
    (Audience.PUBLIC.value, _l("Everyone, under a name")),
    (Audience.REGISTERED.value, _l("Everyone in the registry of stakeholders; we mail them a link when they ask")),
    (Audience.INVITED.value, _l("Those we invite. Only they can read the draft")),
]


class CommentForm(OnceForm):
    """A comment on a paragraph or on the whole draft. Nothing is chosen beforehand."""

    version = NumberField()  # the number of the version it was shown with
    text = TextField(_l("Your comment"), validators=[AtMost(TEXT_MAX)])
    suggestion = TextField(
        _l("Or suggest other wording"),
        description=_l("Change the paragraph as you would have it. Leave it as it is if you have no suggestion."),
        validators=[AtMost(TEXT_MAX)],
    )
    evidence = TextField(
        _l("Evidence"),
        description=_l("Addresses of pages, reports, laws. You may leave this empty."),
        validators=[AtMost(EVIDENCE_MAX)],
    )
    name = LineField(_l("Your name"), validators=[AtMost(PARTICIPANT_NAME_MAX)])
    organisation = LineField(
        _l("Your organisation"), description=_l("If you speak for one."), validators=[AtMost(PARTICIPANT_NAME_MAX)]
    )
    category = SelectField(_l("What fits you best"), invalid_choice_message=_l("Choose a category from the list."))
    email = LineField(
        _l("E-mail address"),
        description=_l("You may leave this empty. We keep it only to answer you."),
        validators=[AtMost(254), OneAddress()],
    )
    consent = RadioField(
        _l("May we publish your comment?"),
        choices=choices(CONSENTS),
        validators=[Filled(_l("Choose what we may publish."))],
        invalid_choice_message=_l("Choose what we may publish."),
    )
    act = HiddenField()  # check, change or send: the button that was pressed

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        fitting = [
            ("", _("I would rather not say")),
            *((code, str(one.names)) for code, one in tables.categories().items()),
        ]
        self.category.choices = choices(fitting)

    def known(self, participant: Participant | None) -> "CommentForm":
        """Leave out what we know of someone who came through a door. Returns the form."""
        if participant is not None and participant.is_protected:
            self.consent.choices = choices(one for one in CONSENTS if one[0] not in NAMED)
        if participant is not None:
            del self.name, self.organisation, self.category, self.email
        return self

    def fill(self, kept: CommentDraft) -> None:
        """Show what was kept before."""
        self.text.data, self.suggestion.data, self.evidence.data = kept.text, kept.suggestion, kept.evidence
        self.consent.data, self.once.data = kept.consent.value if kept.consent else None, kept.once

    def is_draft_valid(self) -> bool:
        """Whether what was typed may be kept as it is: only the choice of consent can still be open."""
        return self.validate() or set(self.errors) <= {"consent"}

    def to_remark(self, participant: Participant | None) -> Remark:
        """What was typed, in the name of who came through a door, or of the name that was typed."""
        return Remark(
            text=self.text.data,
            suggestion=self.suggestion.data,
            evidence=self.evidence.data,
            name=participant.name if participant else self.name.data,
            organisation=participant.organisation if participant else self.organisation.data,
            category=participant.category if participant else self.category.data or "",
            email="" if participant else self.email.data,
            consent=Consent(self.consent.data) if self.consent.data in set(Consent) else None,
            language=language().code,
        )


class LinkForm(Form):
    """Where a personal link shall be mailed."""

    email = LineField(
        _l("Your e-mail address"),
        description=_l("The one with which you are in our registry, or which you gave with a comment."),
        validators=[Filled(_l("Write your e-mail address.")), AtMost(254), OneAddress()],
    )


class RoundForm(Form):
    """When a round closes, and what we ask people to look at."""

    closes_on = LineField(
        _l("Last day for comments"),
        description=_l(
            "Year, month, day: 2027-03-14. The round closes at the end of that day, in the time zone of the consultation."
        ),
        validators=[Filled(_l("Write the last day for comments."))],
    )

    def closing(self, zone: str) -> datetime | None:
        """The last second of the day, in the consultation's zone; None where the day is none."""
        day = day_of(self.closes_on.data)
        if day is None:
            self.closes_on.errors = self.closes_on.errors or [
                _("Write the date as year, month and day, like 2027-03-14.")
            ]
            return None
        return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=ZoneInfo(zone))


class OpenRoundForm(RoundForm):
    """The same, and who may comment."""

    audience = RadioField(
        _l("Who may comment?"),
        choices=choices(AUDIENCES),
        validators=[Filled(_l("Choose who may comment."))],
        invalid_choice_message=_l("Choose who may comment."),
    )
    takes_nameless = BooleanField(
        _l("Also take comments without a name"),
        description=_l(
            "People write to safe, on another host; only the protection officers can open what they write."
            " This cannot be changed once the round is open."
        ),
    )

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        if safe() is None:
            del self.takes_nameless

    @property
    def is_nameless(self) -> bool:
        """Whether the box is there and ticked."""
        return "takes_nameless" in self and bool(self.takes_nameless.data)


def round_form() -> "OpenRoundForm":
    """The form of a round, with the guiding questions in each language."""
    fields = {
        f"questions_{record.code}": TextField(
            _("%(field)s (%(language)s)", field=_("What we ask people to look at"), language=record.name),
            validators=[AtMost(QUESTIONS_MAX)],
        )
        for record in languages()
    }
    made: OpenRoundForm = type("RoundFormInLanguages", (OpenRoundForm,), fields)()
    return made


def questions_of(form: Form) -> Texts:
    """The guiding questions that were typed, by language."""
    found = {record.code: form[f"questions_{record.code}"].data or "" for record in languages()}
    return Texts({code: words for code, words in found.items() if words})
