"""What people may declare of themselves, and from how many on it is counted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from consult.consultations.models_declared import Gender, HasDisability
from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.stakeholders.models import Stakeholder, StakeholderKind

FEWEST = 5  # of persons, in every number that is shown and in what is left beside it. Source: DESIGN invariant 8


@dataclass(frozen=True, slots=True)
class Declarations:
    """All that somebody declares of themselves now; what is not in it, they do not say."""

    groups: tuple[str, ...] = ()
    gender: Gender | None = None
    disability: HasDisability | None = None
    reported: bool = False  # to the mechanism of the consultation whose door they came through
    named: bool = False  # as an organisation that did


class DeclaresNothing(Refused):
    """Somebody who left, or whom only an officer knows."""

    message = _l("Nothing can be declared for this entry.")
    status = 409


class NotForPersons(Refused):
    """A group that would make a target list of persons."""

    message = _l("Choose from the groups on the page.")


class NotOfOrganisations(Refused):
    """What only a person is, or an organisation's name for a person."""

    message = _l("This is not asked of this kind of entry.")


def check_declare(entry: Stakeholder, said: Declarations, *, allowed: Collection[str]) -> None:
    """People declare of themselves what is asked of their kind: persons never the groups that the operator leaves out.

    Persons say groups, woman or man, and a disability; organisations agree to be named with a report of their own. Who left
    or is protected declares nothing.  Raises DeclaresNothing, NotOfOrganisations, NotForPersons.
    Source: A/HRC/50/64, paragraphs 47 to 49; docs/decisions/0033-own-declarations.md.
    """
    if entry.is_protected or entry.has_left:
        raise DeclaresNothing
    is_person = entry.kind is StakeholderKind.PERSON
    if (said.named and is_person) or (not is_person and (said.groups or said.gender or said.disability)):
        raise NotOfOrganisations
    if set(said.groups) - set(allowed):
        raise NotForPersons


def is_safe(cells: Sequence[int], total: int) -> bool:
    """Whether numbers of persons can be shown: each of them, and what is left of all of them together, is five or more.

    Nobody at all is not shown either: it tells of each that they did not say it.
    """
    return min(*cells, total - sum(cells)) >= FEWEST
