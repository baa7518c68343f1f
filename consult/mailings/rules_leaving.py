"""Taking a leaving back, and getting mail again."""

from datetime import datetime, timedelta

from consult.consultations.models import Participant
from consult.consultations.rules import LinkNeeded
from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.mailings.models_leaving import Leaving

UNDO_LASTS = timedelta(days=1)


class UndoOver(Refused):
    """Taking back a leaving that is not one's own, was taken back already, or is too old."""

    message = _l(
        "This can no longer be undone here. Open your personal link: on the page of your comments you can ask for mail again."
    )
    status = 410


def check_undo_leaving(leaving: Leaving | None, *, now: datetime) -> None:
    """Only whoever pressed the button can take a leaving back, in the same window, within a day.

    Raises UndoOver.  Source: DESIGN invariant 6; a link in a mail may be anybody's by now.
    """
    if leaving is None or leaving.undone_at is not None or now - leaving.at > UNDO_LASTS:
        raise UndoOver


def check_resume_mail(participant: Participant) -> None:
    """Only whoever has come through the door of a mailbox can ask for mail to it again: anybody can type an address.

    Raises LinkNeeded.  Source: DESIGN invariant 6.
    """
    if participant.stakeholder_id is None and participant.email_confirmed_at is None:
        raise LinkNeeded
