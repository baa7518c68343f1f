"""Who has to be told of a decision by somebody here."""

from consult.consultations.models_requests import ParticipationRequest
from consult.core.i18n import _l
from consult.core.refusals import Refused


class NothingToTell(Refused):
    """Not decided, told already, or told by mail."""

    message = _l("Nobody has to be told of this: it is not decided, was told already, or a mail told it.")
    status = 409


class NoPostalAddress(Refused):
    """A letter to nowhere, or without a way in."""

    message = _l("For a letter with a code they need a postal address, and take part in a consultation that goes on.")
    status = 409


def check_note_told(request: ParticipationRequest) -> None:
    """Whoever gave no e-mail address is told of the decision by somebody here, once.

    Raises NothingToTell.  Source: decision 0037.
    """
    if not is_to_tell(request):
        raise NothingToTell


def is_to_tell(request: ParticipationRequest) -> bool:
    """Whether the promise to be heard from is still open: decided, no mail went, nobody noted that they know."""
    is_open = request.decided_at is not None and request.erased_at is None and request.told_at is None
    return is_open and not request.email
