"""Who gets an invitation, and when it may go out."""

from collections.abc import Collection, Mapping
from enum import StrEnum

from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.mailings.models import BODY_MAX, SUBJECT_MAX, Invitation, InvitationState
from consult.stakeholders.models import Basis, Stakeholder


class WhyNot(StrEnum):
    """Why someone whom the choice fits gets no mail."""

    NO_ADDRESS = "no_address"
    NO_BASIS = "no_basis"
    LEFT = "left"
    INVITED_ALREADY = "invited_already"
    COMMENTED_ALREADY = "commented_already"


class InvitationSent(Refused):
    """A change to what went out."""

    message = _l("This invitation has gone out and does not change any more. Write a new one.")
    status = 409


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


def check_write_invitation(invitation: Invitation) -> None:
    """An invitation that goes out, or went, stays as it is.

    Raises InvitationSent.  Source: DESIGN invariant 1.
    """
    if invitation.state is not InvitationState.WRITING:
        raise InvitationSent


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


def why_not_reminded(entry: Stakeholder, *, has_commented: bool) -> WhyNot | None:
    """Why someone who is invited gets no reminder; None where they do.  Source: DESIGN invariants 6 and 14.

    Only what the team sees anyway: whether a comment came, never whether a door was opened or something kept for later.
    """
    return why_not(entry, is_invited=False) or (WhyNot.COMMENTED_ALREADY if has_commented else None)


def why_not(entry: Stakeholder, *, is_invited: bool) -> WhyNot | None:
    """Why an entry of the registry gets no invitation; None where it does.  Source: DESIGN invariant 6."""
    if entry.left_at is not None or entry.has_left:
        return WhyNot.LEFT
    if not entry.email:
        return WhyNot.NO_ADDRESS
    if entry.basis is Basis.NONE:
        return WhyNot.NO_BASIS
    return WhyNot.INVITED_ALREADY if is_invited else None
