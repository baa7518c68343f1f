"""Who is invited to a round that were invited to one before."""

from collections.abc import Collection

from consult.mailings.models import WhyNot
from consult.mailings.rules import WITHOUT_MAIL, why_not
from consult.stakeholders.models import Stakeholder


def why_not_invited_anew(
    entry: Stakeholder,
    *,
    is_invited_to_round: bool,
    has_commented: bool,
    has_left: bool = False,
    dead: Collection[str] = (),
) -> WhyNot | None:
    """Why an entry gets no invitation to the newest round; None where it does: once a round, and not after a comment in it.

    Source: docs/decisions/0040-to-whom-campaigns-go.md.
    """
    found = why_not(entry, is_invited=False, has_left=has_left, dead=dead)
    if found not in (None, *WITHOUT_MAIL):
        return found
    if is_invited_to_round:
        return WhyNot.INVITED_TO_ROUND
    return WhyNot.COMMENTED_ALREADY if has_commented else found
