"""When officers add, correct, fetch and erase protected entries of the registry."""

from collections.abc import Collection, Sequence
from enum import StrEnum

from consult.core.i18n import _l, is_installed
from consult.core.refusals import Refused
from consult.custody.models import Officer
from consult.custody.rules import check_is_officer
from consult.custody.sealed_files import Handed, stand_of
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.rules import KindStays, LanguageNotOurs, check_category


class Reason(StrEnum):
    """Why an officer fetches who somebody is. It stands in the journal."""

    WRITE = "write"
    ASKED = "asked"
    CORRECT = "correct"
    COPIES = "copies"
    OTHER = "other"  # with a few words, which stand outside of the chain


class EntryRefused(Refused):
    """One entry of several that cannot be taken or handed out: which one, and why."""

    message = _l("Entry %(ref)s: %(why)s")

    def __init__(self, ref: str, why: Refused) -> None:
        super().__init__(ref=ref, why=why)
        self.status = why.status


class RefTaken(Refused):
    """A new entry under a code that is there: mostly the same file twice."""

    message = _l("There is an entry of this code already. If you took this file in before, nothing is left to do.")
    status = 409


class EntryUnknown(Refused):
    """A correction of nothing."""

    message = _l("There is no protected entry of this code.")
    status = 404


class EntryErased(Refused):
    """An entry of which no copy is left, because somebody wished so."""

    message = _l("This entry was erased. Whoever comes back is a new entry.")
    status = 409


class EntryChanged(Refused):
    """Copies or a correction from before something that stands open was changed."""

    message = _l(
        "Their language, the answer whether we may write, or something else that stands open was changed meanwhile. Fetch the"
        " entry again and open the new file in the custodian file: your changes go on from there. Then write the file for the"
        " site anew."
    )
    status = 409


class NoneChosen(Refused):
    """Nothing to hand out."""

    message = _l("Choose the entries that you need.")


class ReasonUnknown(Refused):
    """A handing out without saying why."""

    message = _l("Say what you need them for. It stands in the journal.")


class WordsMissing(Refused):
    """Another reason, and not which."""

    message = _l("Say in a few words what the reason is, without any name.")


class CopyMissing(Refused):
    """An entry that this officer cannot open."""

    message = _l("There is no copy of it for you. Ask an officer who has one to make copies for all.")
    status = 409


class HoldsOnlyCopies(Refused):
    """An officer after whom nobody could open some entry."""

    message = _l(
        "Nobody but this officer can open some of the protected entries. First make copies of them for another officer,"
        " or erase them."
    )
    status = 409


def check_take_entry(handed: Handed, known: Stakeholder | None, *, has_copies: bool) -> None:
    """A new entry has a code that nobody has; a later edition is of a protected entry that was not erased, keeps its kind, and
    begins from what stands open now.

    Raises CategoryUnknown, CategoryOfAPerson, LanguageNotOurs, RefTaken, EntryUnknown, EntryErased, KindStays, EntryChanged.
    Source: decisions 0012 and 0028.
    """
    check_category(handed.kind, handed.category)
    if not is_installed(handed.language):
        raise LanguageNotOurs
    if handed.is_new:
        if known is not None:
            raise RefTaken
        return
    if known is None or not known.is_protected:
        raise EntryUnknown
    if not has_copies:
        raise EntryErased
    if known.kind is not handed.kind:
        raise KindStays
    if handed.stand != stand_of(known):
        raise EntryChanged


def check_hand_out(
    officer: Officer, entries: Sequence[Stakeholder], held: Collection[int], reason: Reason | None, words: str
) -> None:
    """An officer fetches what they can open, and says why; for another reason in words.

    `held` are the ids of which there is a copy for them.  Raises NotAnOfficer, NoneChosen, ReasonUnknown, WordsMissing,
    EntryRefused with CopyMissing.  Source: decision 0028.
    """
    check_is_officer(officer)
    if not entries:
        raise NoneChosen
    if reason is None:
        raise ReasonUnknown
    if reason is Reason.OTHER and not words.strip():
        raise WordsMissing
    for entry in entries:
        if entry.id not in held:
            raise EntryRefused(entry.ref, CopyMissing())


def check_end_holder(only_theirs: bool) -> None:
    """No card ends after which nobody could open some entry.

    Raises HoldsOnlyCopies.  Source: decision 0028.
    """
    if only_theirs:
        raise HoldsOnlyCopies
