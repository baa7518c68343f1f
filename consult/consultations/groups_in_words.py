"""What a rule of a saved group asks for, in the reader's words; what has gone from a list is named as such."""

from collections.abc import Mapping

from consult.consultations.forms_groups import KINDS, last_words, names_of
from consult.consultations.models_groups import Asked, GroupRule
from consult.core.i18n import _, languages
from consult.core.texts import Texts
from consult.stakeholders.forms import CHANNELS
from consult.vocabularies import tables
from consult.vocabularies.words import gone_word


def in_words(rule: GroupRule, consultations: Mapping[int, Texts]) -> list[tuple[str, list[str]]]:
    """Each condition: (what is asked, any of these)."""

    def named(codes: tuple[str, ...], known: Mapping[str, str]) -> list[str]:
        return [known.get(code) or gone_word(code) for code in codes]

    def of(asked: Asked | None) -> list[str]:
        if asked is None:
            return []
        title = consultations.get(asked.consultation_id)
        return [title.shown().text if title else last_words(asked.last)]

    own = {one.code: one.name for one in languages()}
    kinds, channels = ({code: str(words) for code, words in pairs} for pairs in (KINDS, CHANNELS))
    found = [
        (_("Categories"), named(rule.categories, names_of(tables.categories()))),
        (_("Groups represented"), named(rule.groups, names_of(tables.groups()))),
        (_("Regions"), named(rule.regions, names_of(tables.regions_in_use()))),
        (_("Languages"), named(rule.languages, own)),
        (_("Organisations or persons"), [kinds[rule.kind]] if rule.kind else []),
        (_("Reached by"), [channels[rule.channel]] if rule.channel else []),
        (_("Was invited to"), of(rule.invited_to)),
        (_("Was not invited to"), of(rule.not_invited_to)),
        (_("Took part in"), of(rule.took_part_in)),
        (_("Did not take part in"), of(rule.never_took_part_in)),
        (_("Seats"), [_("Holds a seat of an institution now")] if rule.holds_seat else []),
    ]
    return [(asked, any_of) for asked, any_of in found if any_of]
