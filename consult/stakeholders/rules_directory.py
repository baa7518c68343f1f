"""Standing in the public directory: by a yes behind the door, or by one on paper that staff note."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.stakeholders.models import (
    SENSITIVE_CATEGORIES,
    WORDING_MAX,
    Protection,
    Purpose,
    Stakeholder,
    StakeholderKind,
)
from consult.stakeholders.queries_consents import LastAct
from consult.stakeholders.rules import check_change_stakeholder

ON_PAPER = ("letter", "meeting")  # how a yes may come: what somebody signed
WAYS = (*ON_PAPER, "email", "phone")  # how a no may


@dataclass(frozen=True, slots=True)
class PaperAnswer:
    """What somebody said of the directory to staff: on which day, how, and under which text."""

    stands: bool
    shows_contact: bool
    given_on: date
    how: str
    wording: str = ""


class NotForTheDirectory(Refused):
    """A person whose category says what they believe or organise for, somebody who left, or is protected."""

    message = _l("This entry cannot stand in the public directory.")
    status = 409


class NotInDirectory(Refused):
    """A contact shown for somebody who is not there."""

    message = _l("Agree to stand in the directory first.")
    status = 409


class YesNotOnPaper(Refused):
    """A yes that nobody could show."""

    message = _l("A yes to the directory is noted from paper only: a letter, or a sheet that was signed at a meeting.")


class WayUnknown(Refused):
    """An answer that came in no way."""

    message = _l("Choose how they told us from the list.")


class TextMissing(Refused):
    """A yes to nobody knows what."""

    message = _l("Write which text they agreed to: its title, version or code, in at most %(limit)s characters.")


class SaidLater(Refused):
    """An answer of tomorrow."""

    message = _l("Write on which day they said so, like 2027-03-14: not in the future.")


class TakenBackSince(Refused):
    """A yes that is older than their no."""

    message = _l("They said no to the directory after this yes. Only a newer yes puts them there again.")
    status = 409


class ContactTakenBackSince(Refused):
    """A yes to showing the contact that is older than their no to it."""

    message = _l("They said no to showing their contact after this yes. Note that they stand there by name only.")
    status = 409


class NoContactToShow(Refused):
    """A yes to showing what is not there."""

    message = _l("This entry has no e-mail address and no telephone number that could be shown.")
    status = 409


def check_stand_in_directory(entry: Stakeholder, purpose: Purpose, *, agrees: bool) -> None:
    """Whoever agrees stands in the public directory; never a person by what they believe or organise for, nor who left.

    Saying no is always possible.  Raises NotForTheDirectory, NotInDirectory.
    Source: docs/decisions/0030-consent-duty-declarations.md.
    """
    if not agrees:
        return
    is_sensitive = entry.kind is StakeholderKind.PERSON and entry.category in SENSITIVE_CATEGORIES
    if is_sensitive or entry.has_left or entry.protection is Protection.PROTECTED:
        raise NotForTheDirectory
    if purpose is Purpose.DIRECTORY_CONTACT and entry.protection is not Protection.PUBLIC:
        raise NotInDirectory


def check_note_directory(
    entry: Stakeholder, answer: PaperAnswer, noes: Mapping[str, LastAct], *, now: datetime
) -> None:
    """Staff note a yes to the directory that was given on paper, and a no however it came: on which day, and to which text.

    A yes that is older than the newest no puts nobody there again, and shows no contact again after a no to that; nor one of the
    same day, where they said no themselves. `noes` are the newest of them, by the code of what they are about.
    Raises MergedAway, EntryProtected, WayUnknown, SaidLater, YesNotOnPaper, TextMissing, TakenBackSince, ContactTakenBackSince,
    NoContactToShow, and what check_stand_in_directory raises.  Source: docs/decisions/0030-consent-duty-declarations.md.
    """
    check_change_stakeholder(entry)
    if answer.how not in WAYS:
        raise WayUnknown
    if answer.given_on > (now + timedelta(hours=14)).date():  # somewhere on Earth it is that day already
        raise SaidLater
    if len(answer.wording) > WORDING_MAX:
        raise TextMissing(limit=WORDING_MAX)
    if not answer.stands:
        return
    if answer.how not in ON_PAPER:
        raise YesNotOnPaper
    if not answer.wording.strip():
        raise TextMissing(limit=WORDING_MAX)
    check_stand_in_directory(entry, Purpose.DIRECTORY, agrees=True)
    if _is_older(answer.given_on, noes.get(Purpose.DIRECTORY.value)):
        raise TakenBackSince
    if answer.shows_contact and _is_older(answer.given_on, noes.get(Purpose.DIRECTORY_CONTACT.value)):
        raise ContactTakenBackSince
    if answer.shows_contact and not (entry.email or entry.phone):
        raise NoContactToShow


def _is_older(given_on: date, no: LastAct | None) -> bool:
    return no is not None and (given_on < no.said_on or (given_on == no.said_on and no.by == "self"))
