"""Choosing among the entries that somebody may mean."""

from collections.abc import Iterable

from wtforms import RadioField

from consult.core.forms import Form, choices
from consult.core.i18n import _l, find_language
from consult.stakeholders.models import Stakeholder
from consult.vocabularies import tables


class ChoosingForm(Form):
    """A form with a field for whom somebody means; what is found for it is offered on the next page."""

    chosen = RadioField(_l("Which of these?"), choices=[], validate_choice=False)

    def offer(self, entries: Iterable[Stakeholder]) -> None:
        """Let one of these be chosen."""
        self.chosen.choices = choices((one.ref, in_words(one)) for one in entries)


def in_words(entry: Stakeholder) -> str:
    """An entry so that it can be told from another of the same name."""
    category = tables.categories().get(entry.category)
    region = tables.regions_in_use().get(entry.region)
    parts = [
        entry.name,
        str(category.names) if category else "",
        str(region.names) if region else "",
        entry.email,
        entry.phone,
    ]
    parts += [
        entry.postal_address.replace("\n", ", "),
        find_language(entry.language).name,
        entry.created_at.date().isoformat(),
    ]
    return " · ".join(part for part in parts if part)
