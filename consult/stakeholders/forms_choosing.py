"""Choosing among the entries that somebody may mean."""

from collections.abc import Iterable

from wtforms import RadioField

from consult.core.forms import Form, choices
from consult.core.i18n import _, _l, find_language, format_day
from consult.mail.messages import isolated
from consult.stakeholders.models import Stakeholder
from consult.vocabularies import tables


class ChoosingForm(Form):
    """A form with a field for whom somebody means; what is found for it is offered on the next page."""

    chosen = RadioField(_l("Which of these?"), choices=[], validate_choice=False)

    def offer(self, entries: Iterable[Stakeholder]) -> None:
        """Let one of these be chosen."""
        self.chosen.choices = choices((one.ref, in_words(one)) for one in entries)


def in_words(entry: Stakeholder) -> str:
    """An entry so that it can be told from another of the same name: last, since when it is in the registry."""
    category = tables.categories().get(entry.category)
    region = tables.regions_in_use().get(entry.region)
    named = [str(one.names) for one in (category, region) if one is not None]
    written = entry.name, *named, entry.email, entry.phone, entry.postal_address.replace("\n", ", ")
    parts = [*(isolated(part) for part in written if part), isolated(find_language(entry.language).name)]
    return " · ".join([*parts, _("added on %(day)s", day=format_day(entry.created_at.date()))])
