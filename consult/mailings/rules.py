"""Who gets an invitation, and when it may go out."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from consult.consultations.models import Participant
from consult.consultations.rules import LinkNeeded
from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.mailings.models import BODY_MAX, SUBJECT_MAX, Invitation, InvitationState, Leaving
from consult.stakeholders.models import Basis, Stakeholder

UNDO_LASTS = timedelta(days=1)


class WhyNot(StrEnum):
    """Why someone whom the choice fits gets no mail."""

    NO_ADDRESS = "no_address"
    NO_BASIS = "no_basis"
    LEFT = "left"
    LEFT_HERE = "left_here"
    INVITED_ALREADY = "invited_already"
    COMMENTED_ALREADY = "commented_already"


class InvitationSent(Refused):
    """A change to what went out."""

    message = _l("This invitation has gone out and does not change any more. Write a new one.")
    status = 409


class TakenBackTooLate(Refused):
    """Taking back what has begun to go out."""

    message = _l("The mails have begun to go out. You can stop those that have not gone out yet.")
    status = 409


class NotUnderWay(Refused):
    """Pausing, going on or stopping where nothing is under way like that."""

    message = _l("This has changed meanwhile. Look at the page again.")
    status = 409


class NobodyMissed(Refused):
    """Another try for nobody."""

    message = _l("Every mail that could arrive has gone out. Nobody is left to try again.")
    status = 409


class StartWrong(Refused):
    """A start that is no time."""

    message = _l("Write day and time like 2027-03-14 09:00, or leave the field empty.")


class StartsTooLate(Refused):
    """A start after the closing."""

    message = _l("The round closes before that. Choose an earlier time.")


class WordsMissing(Refused):
    """A language without subject or text."""

    message = _l("Write subject and text in each language of the consultation. Missing: %(languages)s.")


class WordsTooLong(Refused):
    """Over the limit."""

    message = _l("Use at most %(subject)s characters for the subject and %(body)s for the text.")


class NobodyChosen(Refused):
    """An empty list."""

    message = _l("Nobody would get this mail. Choose more categories or groups, or look at the reasons below.")


class ListChanged(Refused):
    """The registry changed between the look at the list and the button."""

    message = _l(
        "The list changed while you looked at it: now %(count)s would get the mail. Look at it again, then send."
    )
    status = 409


class NothingOpen(Refused):
    """A call to comment where no comment is taken."""

    message = _l("No round is open, so nobody can comment. Open the round first.")
    status = 409


class NotYetPublic(Refused):
    """An invitation to what cannot be seen."""

    message = _l("Show the consultation to the public first: the mail leads to its page.")


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


def check_write_invitation(invitation: Invitation) -> None:
    """An invitation that goes out, or went, stays as it is.

    Raises InvitationSent.  Source: DESIGN invariant 1.
    """
    if invitation.state is not InvitationState.WRITING:
        raise InvitationSent


def check_take_back_invitation(invitation: Invitation, *, now: datetime) -> None:
    """The sender may think again until the first mail goes out.

    Raises TakenBackTooLate.  Source: issue of the mailings, undo for ten minutes.
    """
    if invitation.state is not InvitationState.WAITING or invitation.starts_at is None or now >= invitation.starts_at:
        raise TakenBackTooLate


def check_pause_invitation(invitation: Invitation) -> None:
    """What goes out can be paused.

    Raises NotUnderWay.  Source: issue of the mailings.
    """
    if invitation.state not in (InvitationState.SENDING, InvitationState.SENT):
        raise NotUnderWay


def check_resume_invitation(invitation: Invitation) -> None:
    """What is paused can go on.

    Raises NotUnderWay.  Source: issue of the mailings.
    """
    if invitation.state is not InvitationState.PAUSED:
        raise NotUnderWay


def check_stop_invitation(invitation: Invitation) -> None:
    """What goes out, or is paused, can be stopped for good.

    Raises NotUnderWay.  Source: issue of the mailings.
    """
    if invitation.state not in (InvitationState.SENDING, InvitationState.PAUSED, InvitationState.SENT):
        raise NotUnderWay


def check_retry_invitation(invitation: Invitation, *, missed: int) -> None:
    """Another try is for those whose mail the relay refused, and for nobody who got it.

    Raises NotUnderWay, NobodyMissed.  Source: issue of the mailings; complaint 1 of reference registry-mail-events.
    """
    if invitation.state is not InvitationState.SENT:
        raise NotUnderWay
    if not missed:
        raise NobodyMissed


def check_start(starts_at: datetime, *, closes_at: datetime | None) -> None:
    """What calls for comments goes out before they end.

    Raises StartsTooLate.  Source: issue of the mailings.
    """
    if closes_at is not None and starts_at >= closes_at:
        raise StartsTooLate


def check_words(words: Mapping[str, tuple[str, str]], languages: Collection[str]) -> None:
    """Everyone can read the invitation in one of the languages of the consultation.

    Raises WordsMissing, WordsTooLong.  Source: DESIGN invariant 13.
    """
    missing = [code for code in languages if not all(part.strip() for part in words.get(code, ("", "")))]
    if missing:
        raise WordsMissing(languages=", ".join(missing))
    if any(len(subject) > SUBJECT_MAX or len(body) > BODY_MAX for subject, body in words.values()):
        raise WordsTooLong(subject=SUBJECT_MAX, body=BODY_MAX)


def check_send_invitation(*, is_public: bool, is_over: bool, seen: int, count: int) -> None:
    """What goes out leads somewhere, reaches somebody, and reaches exactly those whom the sender saw on the list.

    Raises NotYetPublic, NothingOpen (where the newest round has closed), NobodyChosen, ListChanged.
    Source: issue of the invitations.
    """
    if not is_public:
        raise NotYetPublic
    if is_over:
        raise NothingOpen
    if not count:
        raise NobodyChosen
    if seen != count:
        raise ListChanged(count=count)


def check_send_reminder(*, is_public: bool, is_open: bool, seen: int, count: int) -> None:
    """A reminder goes out while people can still comment, and to nobody who was not on the list that the sender saw.

    Fewer may be left: those who commented while the sender looked at it.
    Raises NotYetPublic, NothingOpen, NobodyChosen, ListChanged.  Source: DESIGN section 7, reminder.
    """
    if not is_public:
        raise NotYetPublic
    if not is_open:
        raise NothingOpen
    if not count:
        raise NobodyChosen
    if count > seen:
        raise ListChanged(count=count)


def why_not_reminded(entry: Stakeholder, *, has_commented: bool, has_left: bool = False) -> WhyNot | None:
    """Why someone who is invited gets no reminder; None where they do.  Source: DESIGN invariants 6 and 14.

    Only what the team sees anyway: whether a comment came, never whether a door was opened or something kept for later.
    """
    return why_not(entry, is_invited=False, has_left=has_left) or (WhyNot.COMMENTED_ALREADY if has_commented else None)


def why_not(entry: Stakeholder, *, is_invited: bool, has_left: bool = False) -> WhyNot | None:
    """Why an entry of the registry gets no invitation; None where it does. `has_left`: this consultation.  Source: DESIGN invariant 6."""
    if entry.left_at is not None or entry.has_left:
        return WhyNot.LEFT
    if not entry.email:
        return WhyNot.NO_ADDRESS
    if entry.basis is Basis.NONE:
        return WhyNot.NO_BASIS
    if has_left:
        return WhyNot.LEFT_HERE
    return WhyNot.INVITED_ALREADY if is_invited else None
