"""Whom a form means, for pages of staff."""

from sqlalchemy.orm import Session

from consult.core.refusals import Refused
from consult.stakeholders.forms_choosing import ChoosingForm
from consult.stakeholders.models import Stakeholder, StakeholderKind
from consult.stakeholders.queries_choosing import list_meant, meant_exactly
from consult.stakeholders.rules_seats import SeveralMeant


def entry_meant(
    db: Session, form: ChoosingForm, words: str, *, unknown: type[Refused], kind: StakeholderKind | None = None
) -> Stakeholder:
    """The entry that was written, or chosen of those offered; else the form offers what was found.

    Raises SeveralMeant, and `unknown` where nothing is found.
    """
    found = list_meant(db, words, kind)
    if exact := meant_exactly(found, words):
        return exact
    form.offer(found)
    if not found:
        raise unknown
    chosen = next((one for one in found if one.ref == form.chosen.data), None)
    if chosen is None:
        raise SeveralMeant
    return chosen
