"""Forms of consultations. A text that exists in several languages has one field for each."""

from datetime import date
from typing import Any
from zoneinfo import available_timezones

from wtforms import SelectField, SelectMultipleField

from consult.consultations.models import SLUG_MAX, SUMMARY_MAX, TERM_MAX, TITLE_MAX, Consultation, TermsPart
from consult.consultations.operations import Dossier
from consult.consultations.rules import KindUnknown, LanguageUnknown, TimeZoneUnknown
from consult.core.forms import DIGITS, AtMost, Filled, Form, LineField, TextField, choices
from consult.core.i18n import LazyText, _, _l, find_language, languages
from consult.core.texts import Texts
from consult.vocabularies import tables

PART_NAMES: dict[TermsPart, LazyText] = {
    TermsPart.WHAT_CAN_CHANGE: _l("What can still change"),
    TermsPart.WHO_WRITES: _l("Who writes the text"),
    TermsPart.WHO_DECIDES: _l("Who decides"),
    TermsPart.WHO_READS: _l("Who reads your comment"),
    TermsPart.WHAT_IS_PUBLISHED: _l("What is published"),
    TermsPart.DATES: _l("Dates"),
    TermsPart.OTHER_WAYS: _l("Other ways to take part"),
    TermsPart.REQUESTS_FOR_DATA: _l("If police, courts or another ministry ask for data"),
    TermsPart.HOW_TO_COMPLAIN: _l("How to complain"),
}
IN_EACH_LANGUAGE: dict[str, tuple[LazyText, type, int]] = {
    "title": (_l("Title"), LineField, TITLE_MAX),
    "what_it_is": (_l("What it is"), TextField, SUMMARY_MAX),
    "what_we_ask": (_l("What we ask of people"), TextField, SUMMARY_MAX),
    "other_ways": (_l("Other ways to take part"), TextField, SUMMARY_MAX),
}


def consultation_form(consultation: Consultation | None = None) -> "ConsultationForm":
    """The form of a consultation, with a field for each installed language, filled where there is one."""
    fields: dict[str, Any] = {}
    data: dict[str, Any] = {}
    for name, (words, kind, limit) in IN_EACH_LANGUAGE.items():
        for record in languages():
            label = _("%(field)s (%(language)s)", field=str(words), language=record.name)
            fields[f"{name}_{record.code}"] = kind(label, validators=[AtMost(limit)])
            if consultation is not None:
                data[f"{name}_{record.code}"] = getattr(consultation, name).get(record.code, "")
    if consultation is not None:
        data |= {
            "slug": consultation.slug,
            "kind": consultation.kind,
            "cycle": consultation.cycle,
            "languages": consultation.languages,
            "source": consultation.languages[0],
            "time_zone": consultation.time_zone,
            "due_on": consultation.due_on.isoformat() if consultation.due_on else "",
        }
    made: ConsultationForm = type("ConsultationFormInLanguages", (ConsultationForm,), fields)(data=data)
    return made


class ConsultationForm(Form):
    """What a consultation says of itself."""

    slug = LineField(
        _l("Address"),
        description=_l("Small letters, figures and hyphens, like upr-2027. It stands in every link, so keep it short."),
        validators=[Filled(_l("Write an address, like upr-2027.")), AtMost(SLUG_MAX)],
    )
    kind = SelectField(_l("Kind of text"), invalid_choice_message=KindUnknown.message)
    cycle = LineField(_l("Cycle"), description=_l("As people say it: “fourth cycle”, “2027”."), validators=[AtMost(80)])
    source = SelectField(_l("Language the draft is written in"), invalid_choice_message=LanguageUnknown.message)
    languages = SelectMultipleField(
        _l("Languages of the consultation"),
        validators=[Filled(_l("Choose at least one language."))],
        invalid_choice_message=LanguageUnknown.message,
    )
    time_zone = SelectField(_l("Time zone"), invalid_choice_message=TimeZoneUnknown.message)
    due_on = LineField(_l("Due date"), description=_l("Year, month, day: 2027-03-14. Leave it empty if there is none."))

    def __init__(self, *args: object, **named: object) -> None:
        super().__init__(*args, **named)
        codes = choices((record.code, record.name) for record in languages())
        self.languages.choices = codes
        self.source.choices = codes
        self.kind.choices = choices((code, str(kind.names)) for code, kind in tables.kinds().items())
        self.time_zone.choices = choices((zone, zone) for zone in sorted(available_timezones()))

    def validate(self, *args: object, **named: object) -> bool:
        """Also that the due date is a date."""
        valid: bool = super().validate(*args, **named)
        try:
            self._due()
        except ValueError:
            self.due_on.errors = [_("Write the date as year, month and day, like 2027-03-14.")]
            return False
        return valid

    def _due(self) -> date | None:
        text = (self.due_on.data or "").translate(DIGITS)
        return date.fromisoformat(text) if text else None

    def texts(self, name: str) -> Texts:
        """The languages of one text that were filled in."""
        found = ((record.code, self[f"{name}_{record.code}"].data or "") for record in languages())
        return Texts({code: words for code, words in found if words.strip()})

    def to_dossier(self) -> Dossier:
        """What was typed; the draft's own language first."""
        chosen = [self.source.data, *(code for code in self.languages.data if code != self.source.data)]
        return Dossier(
            slug=self.slug.data,
            title=self.texts("title"),
            kind=self.kind.data,
            cycle=self.cycle.data,
            languages=tuple(chosen),
            time_zone=self.time_zone.data,
            due_on=self._due(),
            what_it_is=self.texts("what_it_is"),
            what_we_ask=self.texts("what_we_ask"),
            other_ways=self.texts("other_ways"),
        )


def terms_form(codes: list[str], terms: dict[TermsPart, Texts]) -> "TermsForm":
    """The form of the terms: each part in each language of the consultation, filled with what there is."""
    fields = {
        f"{part.value}_{code}": TextField(
            _("%(field)s (%(language)s)", field=str(words), language=find_language(code).name),
            validators=[AtMost(TERM_MAX)],
        )
        for part, words in PART_NAMES.items()
        for code in codes
    }
    data = {f"{part.value}_{code}": terms.get(part, Texts()).get(code, "") for part in TermsPart for code in codes}
    made: TermsForm = type("TermsFormInLanguages", (TermsForm,), fields)(data=data)
    made.codes = codes
    return made


class TermsForm(Form):
    """The terms of a consultation."""

    codes: list[str]

    def to_terms(self) -> dict[TermsPart, Texts]:
        """What was typed, by part and language."""
        return {
            part: Texts({code: self[f"{part.value}_{code}"].data or "" for code in self.codes}) for part in TermsPart
        }


class TeamForm(Form):
    """Someone to put on the team."""

    email = LineField(
        _l("E-mail address"), validators=[Filled(_l("Write the e-mail address of someone on the staff."))]
    )
