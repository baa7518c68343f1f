"""Who gets their answers by letter, call or visit."""

from collections.abc import Collection

from consult.consultations.models import Participant
from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.mailings import rules_outreach
from consult.mailings.models_outreach import WAYS, OutreachState, OutreachWay
from consult.mailings.rules_reach import why_not
from consult.rounds.models import Channel
from consult.stakeholders.models import Stakeholder


class FileOutdated(Refused):
    """A file of letters with words that somebody took back."""

    message = _l("Somebody withdrew a comment since this file was made. Have it made again, and delete your copies.")
    status = 409


CAME_BY = {
    Channel.LETTER: OutreachWay.LETTER,
    Channel.PHONE: OutreachWay.PHONE,
    Channel.MEETING: OutreachWay.IN_PERSON,
}  # in this order, where somebody came in several ways


def way_of_answers(
    entry: Stakeholder | None, channels: Collection[Channel], *, has_left: bool, dead: Collection[str]
) -> OutreachWay | None:
    """How an author without e-mail gets their answers: as the registry has it, or else in the way their comment came to us.

    None where they left, or nothing of theirs works. `dead` are fields of the entry that turned out not to work.
    Source: docs/decisions/0035-answer-letters.md.
    """
    if entry is None:
        return next((way for channel, way in CAME_BY.items() if channel in channels), None)
    found = why_not(entry, is_invited=False, has_left=has_left, dead=dead)
    return WAYS.get(found) if found is not None else None


def may_be_told(participant: Participant, entry: Stakeholder | None, *, has_left: bool) -> bool:
    """Nobody gets their answers after leaving, and nobody from us whom only officers know.

    Source: DESIGN invariant 6; docs/decisions/0035-answer-letters.md.
    """
    if entry is None:
        return participant.left_at is None and participant.erased_at is None
    return not entry.is_protected and not has_left and rules_outreach.may_be_reached(entry, participant, news=False)


def is_letter_possible(entry: Stakeholder | None, *, dead: Collection[str]) -> bool:
    """Whether a letter would arrive. Of whoever is not in the registry the address stands on their own letter."""
    return entry is None or rules_outreach.is_letter_possible(entry, dead=dead)


def check_fetch_answers(*, was_withdrawn: bool) -> None:
    """A file of letters is handed out until a comment that may stand in it is withdrawn.

    Raises FileOutdated.  Source: docs/decisions/0035-answer-letters.md.
    """
    if was_withdrawn:
        raise FileOutdated


def check_wants_answer_letter(
    way: OutreachWay, state: OutreachState, entry: Stakeholder | None, *, dead: Collection[str]
) -> None:
    """Whoever asks for a letter instead of a call gets one where the registry has an address for it.

    Raises OutreachChanged, PostalAddressMissing.  Source: docs/decisions/0035-answer-letters.md.
    """
    if entry is None:
        raise rules_outreach.PostalAddressMissing
    rules_outreach.check_wants_letter(way, state, entry, dead=dead)
