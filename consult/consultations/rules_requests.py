"""Who may ask to take part, and how a request is decided. Papers are no condition."""

from datetime import date, datetime, timedelta

from consult.consultations.models_requests import ParticipationRequest, RequestState
from consult.core.i18n import _l
from consult.core.refusals import Refused
from consult.stakeholders.models import Channel, Stakeholder, StakeholderKind
from consult.stakeholders.rules import check_region, check_stakeholder

LINK_LASTS = timedelta(days=7)
UNCONFIRMED_MAILS = 3  # an hour, to an address that nobody has confirmed
KEPT_FOR = timedelta(days=365)  # after the decision, for complaints; then the personal part goes


class NoWayToAnswer(Refused):
    """Nothing by which we could answer."""

    message = _l("Write an e-mail address, a postal address or a telephone number, so that we can answer you.")


class WayMissing(Refused):
    """The way they chose, and nothing to reach them by it."""

    message = _l("You chose a way to hear from us: write the address or number for it too, or choose another way.")


class GroupsAsPerson(Refused):
    """Groups ticked by somebody who asks as a person."""

    message = _l("Groups are asked of organisations only. Leave them empty if you ask as a person.")


class SentTwice(Refused):
    """The same form twice at once: the first counts."""

    message = _l("This form was sent a moment ago already: we have your request.")
    status = 409


class RequestDecided(Refused):
    """A second decision."""

    message = _l("This request has been decided already. Load the page again to see how.")
    status = 409


class RequestNotConfirmed(Refused):
    """A decision before the address is known to be theirs."""

    message = _l("The address of this request is not confirmed yet.")
    status = 409


class EntryOfAnotherKind(Refused):
    """A request of a person joined with an organisation, or into an entry that is merged away."""

    message = _l("Choose one of the entries shown, or make a new one.")


class RefusalWithoutWords(Refused):
    """A reason from the list, and not a word to whom it concerns."""

    message = _l("Say in your own words why: the one who asked and the national human rights institution read it.")


def check_ask_to_take_part(asked: Stakeholder) -> None:
    """Anybody may ask, with a name and a way to be answered. Nothing else is a condition: no registration, no status, no papers.

    Raises GroupsAsPerson, NoWayToAnswer, WayMissing and what check_stakeholder and check_region raise.
    Source: A/HRC/50/64, paragraphs 47 to 49; issue of the registry.
    """
    if asked.kind is StakeholderKind.PERSON and asked.groups:
        raise GroupsAsPerson
    if not (asked.email or asked.postal_address or asked.phone):
        raise NoWayToAnswer
    ways = {Channel.EMAIL: asked.email, Channel.POST: asked.postal_address, Channel.PHONE: asked.phone}
    if asked.channel is None or not ways.get(asked.channel):
        raise WayMissing
    check_stakeholder(asked)
    check_region(asked.region)


def check_decide_request(request: ParticipationRequest) -> None:
    """A request is decided once, after its address was confirmed.

    Raises RequestNotConfirmed, RequestDecided.  Source: docs/decisions/0026-asking-and-self-service.md.
    """
    if request.state is RequestState.UNCONFIRMED:
        raise RequestNotConfirmed
    if request.state is not RequestState.WAITING:
        raise RequestDecided


def check_join_request(request: ParticipationRequest, entry: Stakeholder) -> None:
    """A request is joined with an entry of its own kind that stands for itself.

    Raises EntryOfAnotherKind.  Source: docs/decisions/0026-asking-and-self-service.md.
    """
    if entry.kind is not request.kind or entry.merged_into is not None:
        raise EntryOfAnotherKind


def check_refuse_request(words: str) -> None:
    """Whoever is refused is told why in words, not only by a reason from a list.

    Raises RefusalWithoutWords.  Source: issue of the registry.
    """
    if not words.strip():
        raise RefusalWithoutWords


def is_link_over(request: ParticipationRequest, *, now: datetime) -> bool:
    """Whether the link that confirms an address can do nothing any more."""
    return request.state is RequestState.UNCONFIRMED and now >= request.created_at + LINK_LASTS


def day_due(begins: date, days: int, weekend: frozenset[int]) -> date:
    """The last day of so many working days after a day. `weekend` are days of the week, Monday being 1; holidays are not known."""
    day = begins
    while days:
        day += timedelta(days=1)
        days -= day.isoweekday() not in weekend
    return day
