"""Forms of saved groups and standing invitations."""

from collections.abc import Iterable, Mapping
from typing import Any

from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField

from consult.consultations.models_groups import FACTS, GROUP_NAME_MAX, REASON_MAX, Asked, GroupRule
from consult.consultations.rules_groups import GroupRuleWrong, KindOfTextUnknown
from consult.core.forms import AtMost, Filled, Form, LineField, choices, whole_number
from consult.core.i18n import _, _l, _n, languages
from consult.core.texts import Texts
from consult.stakeholders.forms import CHANNELS, FOUND_BY
from consult.stakeholders.forms_choosing import ChoosingForm
from consult.stakeholders.models import EMAIL_MAX, StakeholderKind
from consult.vocabularies import tables
from consult.vocabularies.words import gone_word

KINDS = ((StakeholderKind.ORGANISATION.value, _l("Organisations")), (StakeholderKind.PERSON.value, _l("Persons")))
LASTS = (1, 2, 3, 5, 10)  # consultations that "any of the last ..." offers
LAST, OF = "last:", "of:"
LISTS = ("categories", "groups", "regions", "languages")


def _many(words: Any, description: Any = "") -> SelectMultipleField:
    return SelectMultipleField(words, description=description, invalid_choice_message=GroupRuleWrong.message)


def _fact(words: Any) -> SelectField:
    return SelectField(words, default="", invalid_choice_message=GroupRuleWrong.message)


class GroupForm(Form):
    """The name and the rule of a saved group."""

    name = LineField(_l("Name of the group"), description=_l("For the team."), validators=[AtMost(GROUP_NAME_MAX)])
    categories = _many(_l("Categories"), _l("Any of those you choose."))
    groups = _many(
        _l("Groups represented"), _l("Any of those you choose. Only organisations are found, as they declare it.")
    )
    regions = _many(_l("Regions"), _l("Any of those you choose."))
    languages = _many(_l("Languages"), _l("In which we write to them, or which they read as well."))
    kind = _fact(_l("Organisations or persons"))
    channel = _fact(_l("Reached by"))
    invited_to = _fact(_l("Was invited to"))
    not_invited_to = _fact(_l("Was not invited to"))
    took_part_in = _fact(_l("Took part in"))
    never_took_part_in = _fact(_l("Did not take part in"))
    holds_seat = BooleanField(_l("Holds a seat of an institution now"))

    def offer(self, consultations: Mapping[int, Texts], kept: GroupRule | None = None) -> "GroupForm":
        """Fill in what can be chosen; what a rule asks for stays, also where it has gone from a list. Returns the form."""
        kept = kept or GroupRule()
        offered = {
            "categories": names_of(tables.categories()), "groups": names_of(tables.groups()),
            "regions": names_of(tables.regions_in_use()), "languages": {one.code: one.name for one in languages()},
        }  # fmt: skip
        for name, known in offered.items():
            gone = {code: gone_word(code) for code in getattr(kept, name) if code not in known}
            self[name].choices = choices((known | gone).items())
        self.kind.choices = choices([("", _("Either")), *KINDS])
        self.channel.choices = choices([("", _("Any way")), *CHANNELS])
        asked = [("", _("Does not matter")), *((f"{LAST}{n}", last_words(n)) for n in self._lasts(kept))]
        asked += [(f"{OF}{row_id}", title.shown().text) for row_id, title in consultations.items()]
        for name in FACTS:
            self[name].choices = choices(asked)
        return self

    @staticmethod
    def _lasts(kept: GroupRule) -> list[int]:
        return sorted({*LASTS, *(one.last for name in FACTS if (one := getattr(kept, name)) and one.last)})

    def to_rule(self) -> GroupRule:
        """What was chosen."""
        chosen: dict[str, Any] = {name: tuple(sorted(set(self[name].data or ()))) for name in LISTS}
        chosen |= {name: _asked(self[name].data) for name in FACTS}
        return GroupRule(
            **chosen,
            kind=self.kind.data or "",
            channel=self.channel.data or "",
            holds_seat=bool(self.holds_seat.data),
        )


def names_of(table: Mapping[str, Any]) -> dict[str, str]:
    """The names of a list of the operator's by code."""
    return {code: str(one.names.shown().text) for code, one in table.items()}


def last_words(number: int) -> str:
    """In words: any of the last so many consultations."""
    if number == 1:
        return _("The last consultation")
    return _n("Any of the last %(n)s consultation", "Any of the last %(n)s consultations", number)


def _asked(chosen: str | None) -> Asked | None:
    number = whole_number((chosen or "").rpartition(":")[2])
    if not number:
        return None
    return Asked(last=number) if str(chosen).startswith(LAST) else Asked(consultation_id=number)


def data_of(name: str, rule: GroupRule) -> dict[str, Any]:
    """A saved group as its form shows it."""
    facts = {fact: getattr(rule, fact) for fact in FACTS}
    shown = {
        fact: "" if one is None else f"{LAST}{one.last}" if one.last else f"{OF}{one.consultation_id}"
        for fact, one in facts.items()
    }
    plain = {field: getattr(rule, field) for field in ("kind", "channel", "holds_seat")}
    return {"name": name, **{field: list(getattr(rule, field)) for field in LISTS}, **plain, **shown}


def prefilled(args: Any) -> dict[str, Any]:
    """What a link that begins a group asks for; what is none of ours is chosen by nobody."""
    return {name: args.getlist(name) for name in LISTS} | {name: args.get(name, "") for name in FACTS}


REASON = _l("Why?")
REASON_HINT = _l("The team sees it beside the name.")


class PutInForm(ChoosingForm):
    """An entry to put into a group, and why."""

    who = LineField(
        _l("Who?"),
        description=FOUND_BY,
        validators=[Filled(_l("Write an e-mail address or a name.")), AtMost(EMAIL_MAX)],
    )
    reason = LineField(REASON, description=REASON_HINT, validators=[AtMost(REASON_MAX)])


class ReasonForm(Form):
    """Why an entry is taken out."""

    reason = LineField(REASON, description=REASON_HINT, validators=[AtMost(REASON_MAX)])


class StandingForm(Form):
    """For which kinds of text something is always proposed."""

    which = RadioField(
        _l("For which consultations?"),
        choices=choices([("all", _l("Of every kind of text")), ("some", _l("Of the kinds of text chosen below"))]),
        validators=[Filled(_l("Choose for which consultations."))],
        invalid_choice_message=_l("Choose for which consultations."),
    )
    kinds = SelectMultipleField(_l("Kinds of text"), invalid_choice_message=KindOfTextUnknown.message)

    def offer(self, kept: Iterable[str] = ()) -> "StandingForm":
        """Fill in the kinds of text. Returns the form."""
        known = names_of(tables.kinds())
        self.kinds.choices = choices((known | {code: gone_word(code) for code in kept if code not in known}).items())
        return self

    def validate(self, *args: object, **named: object) -> bool:
        """Also that some kinds are chosen where only some are meant: none would mean all."""
        valid: bool = super().validate(*args, **named)
        if valid and self.which.data == "some" and not self.kinds.data:
            self.kinds.errors = [_("Choose at least one kind of text.")]
            return False
        return valid

    def to_kinds(self) -> list[str]:
        """The kinds that were chosen; none = all."""
        return [] if self.which.data == "all" else sorted(set(self.kinds.data or ()))
