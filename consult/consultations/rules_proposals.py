"""Whom the focal point of an institution may name."""

from consult.consultations.models_proposals import OPEN_MAX
from consult.core.i18n import _l, is_installed
from consult.core.refusals import Refused
from consult.stakeholders.models import NAME_MAX
from consult.stakeholders.rules import LanguageNotOurs, NameMissing, NameTooLong, checked_address


class NotTheFocalPoint(Refused):
    """Naming somebody for an institution of which one is not the focal point."""

    message = _l("Only the focal point of an institution names its alternate and colleagues here.")
    status = 409


class ProposedAlready(Refused):
    """The same address twice."""

    message = _l("Somebody with this address is named already, and waits for the secretariat.")
    status = 409


class TooManyProposed(Refused):
    """More than the secretariat can look at."""

    message = _l("Several whom you named wait for the secretariat already. Name others when it has decided.")
    status = 409


class ProposalDecided(Refused):
    """A decision about what was decided meanwhile."""

    message = _l("This was decided meanwhile. Look at the page again.")
    status = 409


def check_propose_colleague(name: str, email: str, language: str, *, waiting: int, is_focal_point: bool) -> str:
    """The focal point of an institution names people with name and address, a few at a time; the secretariat decides.

    Returns the address in its normal form. Raises NotTheFocalPoint, NameMissing, NameTooLong, AddressWrong, LanguageNotOurs,
    TooManyProposed.  Source: decision 0037.
    """
    if not is_focal_point:
        raise NotTheFocalPoint
    if not name:
        raise NameMissing
    if len(name) > NAME_MAX:
        raise NameTooLong(limit=NAME_MAX)
    if not is_installed(language):
        raise LanguageNotOurs
    if waiting >= OPEN_MAX:
        raise TooManyProposed
    return checked_address(email)
