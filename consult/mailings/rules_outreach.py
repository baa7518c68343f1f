"""Letters, calls and visits: when they may be made, and what may be said of them."""

from collections.abc import Collection
from datetime import date, datetime

from consult.consultations.models import Participant, Window
from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.mail.models import NOTE_MAX
from consult.mailings.models import Campaign, CampaignState
from consult.mailings.models_outreach import CALLS, OutreachState, OutreachWay
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.rules import has_agreed


class LettersNotApproved(Refused):
    """Letters of what nobody approved, was taken back, paused or stopped."""

    message = _l("Letters and calls are for a mailing that was approved and goes out. This one does not, or not now.")
    status = 409


class LettersTooLate(Refused):
    """A call for comments after the closing."""

    message = _l("The round is closed: a letter that calls for comments would come too late.")
    status = 409


class NoLetters(Refused):
    """A file without a letter."""

    message = _l("There is no letter to print.")
    status = 409


class LettersBeingMade(Refused):
    """A second file while somebody else's is being made."""

    message = _l("Somebody else on the team is having these letters made just now. Ask them, so that nobody gets two.")
    status = 409


class KindMissing(Refused):
    """A PDF where nothing makes one."""

    message = _l("This installation cannot make PDF files. Take the Word file.")
    status = 409


class ListByGroup(Refused):
    """A file of whom one can call, chosen by the groups that people represent."""

    message = _l(
        "This mailing was chosen by the groups that organisations represent. Its list is here and on paper, and never a file."
    )
    status = 409


class OutreachChanged(Refused):
    """What somebody else noted, or what stands no more."""

    message = _l("This has changed meanwhile. Look at the page again.")
    status = 409


class DayWrong(Refused):
    """A day that is none, or is not possible."""

    message = _l("Write the day as year, month and day, like 2027-03-14; it cannot be in the future.")


class DayAhead(Refused):
    """To be tried again, yesterday."""

    message = _l("Write on which day from now on to try again, as year, month and day, like 2027-03-14.")


class ReturnNoteMissing(Refused):
    """A letter that came back without a word."""

    message = _l("Say what the envelope says, for example “moved” or “unknown”, in at most %(limit)s characters.")


class PostalAddressMissing(Refused):
    """A letter to nowhere."""

    message = _l("There is no postal address that works. Write it into the entry first: ask for it on the telephone.")
    status = 409


class OfficerNotes(Refused):
    """A word on a letter or call to somebody of whom nobody here knows who it is."""

    message = _l(
        "This entry is protected: nothing is noted about it here. Tell a protection officer, who keeps it in the sealed entry."
    )
    status = 409


def check_download_calls(*, by_groups: bool) -> None:
    """A file of people is never made by the groups they represent: it would be a list of targets for whoever comes to have it.

    Raises ListByGroup.  Source: issue of the registry, "never an export filter"; decision 0029.
    """
    if by_groups:
        raise ListByGroup


def check_note_outreach(entry: Stakeholder | None) -> None:
    """Of letters and calls to a protected entry nothing is noted beside its code: what staff know of it, an officer keeps.

    Raises OfficerNotes.  Source: DESIGN section on protected entries; docs/decisions/0029-letters.md.
    """
    if entry is not None and entry.is_protected:
        raise OfficerNotes


def check_outreach(campaign: Campaign, window: Window | None, *, is_approved: bool, now: datetime) -> None:
    """People are reached with words that a second person approved, and with a call for comments while these are taken.

    Raises LettersNotApproved, LettersTooLate.  Source: issue of the mailings; docs/decisions/0029-letters.md.
    """
    if not is_approved or campaign.state not in (CampaignState.SENDING, CampaignState.SENT):
        raise LettersNotApproved
    if campaign.calls_for_comments and (window is None or window.closes_at <= now):
        raise LettersTooLate


def check_make_letters(count: int, *, in_hand_of: str | None, by: str) -> None:
    """A file has letters, and one is made at a time.

    `in_hand_of` is who is having one made now.  Raises NoLetters, LettersBeingMade.  Source: docs/decisions/0029-letters.md.
    """
    if in_hand_of not in (None, by):
        raise LettersBeingMade
    if not count:
        raise NoLetters


def check_kind(*, is_possible: bool) -> None:
    """A file is of a kind that can be made here.

    Raises KindMissing.  Source: docs/decisions/0029-letters.md.
    """
    if not is_possible:
        raise KindMissing


def check_mark_posted(state: OutreachState, day: date | None, *, today: date) -> None:
    """What was printed can be posted, and was so on a day that has come.

    Raises OutreachChanged, DayWrong.  Source: docs/decisions/0029-letters.md.
    """
    if day is None or day > today:
        raise DayWrong
    if state is not OutreachState.PRINTED:
        raise OutreachChanged


def check_return_letter(state: OutreachState, *, note: str) -> None:
    """What came back had been printed, and the envelope says why.

    Raises OutreachChanged, ReturnNoteMissing.  Source: docs/decisions/0029-letters.md.
    """
    if state not in (OutreachState.PRINTED, OutreachState.POSTED):
        raise OutreachChanged
    if not note.strip() or len(note) > NOTE_MAX:
        raise ReturnNoteMissing(limit=NOTE_MAX)


def check_note_call(
    way: OutreachWay, state: OutreachState, said: OutreachState, day: date | None, *, today: date
) -> None:
    """What came of a call or a visit is noted until they said no; whoever was not reached is tried again on a day ahead.

    Raises OutreachChanged, DayAhead.  Source: docs/decisions/0029-letters.md.
    """
    over = (OutreachState.NO_MORE, OutreachState.LEFT_OUT)
    if way is OutreachWay.LETTER or state in over or said not in CALLS or said is OutreachState.TO_SPEAK:
        raise OutreachChanged
    if said is OutreachState.NOT_REACHED and (day is None or day < today):
        raise DayAhead


def check_wants_letter(way: OutreachWay, state: OutreachState, entry: Stakeholder, *, dead: Collection[str]) -> None:
    """Whoever asks for a letter instead of a call gets one where there is an address for it.

    Raises OutreachChanged, PostalAddressMissing.  Source: docs/decisions/0029-letters.md.
    """
    if way is OutreachWay.LETTER or state in (OutreachState.NO_MORE, OutreachState.LEFT_OUT):
        raise OutreachChanged
    if not entry.postal_address or "postal_address" in dead:
        raise PostalAddressMissing


def may_be_reached(entry: Stakeholder, participant: Participant | None, *, news: bool) -> bool:
    """Nobody is written to or called without consent or duty, of news (`news`) without consent, nor after leaving.

    Source: DESIGN invariant 6; docs/decisions/0030-consent-duty-declarations.md.
    """
    return has_agreed(entry, news=news) and (participant is None or participant.left_at is None)


def is_letter_possible(entry: Stakeholder, *, dead: Collection[str]) -> bool:
    """Whether a letter would arrive, as far as we know."""
    return bool(entry.postal_address.strip()) and "postal_address" not in dead
