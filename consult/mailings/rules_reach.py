"""Who of those whom a campaign is for gets it, in which way, and why somebody does not."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from consult.mailings.models import (
    CampaignKind,
    WhyNot,
)
from consult.stakeholders.models import Basis, Channel, Stakeholder

ORDINARY = (CampaignKind.INVITATION, CampaignKind.NEWS, CampaignKind.DEBRIEFING)  # at most one a day
ORDINARY_EVERY = timedelta(days=1)


def due_after(last: datetime | None, now: datetime) -> datetime | None:
    """From when on an ordinary mail may go to somebody who had one about the same consultation, or list; None = at once.

    At most one a day. Reminders, answers and changes of a deadline are no ordinary mails.  Source: issue of the mailings.
    """
    return last + ORDINARY_EVERY if last is not None and last + ORDINARY_EVERY > now else None


def why_not_reminded(
    entry: Stakeholder,
    *,
    has_commented: bool,
    is_invited: bool = True,
    has_left: bool = False,
    dead: Collection[str] = (),
) -> WhyNot | None:
    """Why someone gets no mail to remind them of their invitation; None where they do.

    `queries_fitting` asks the same of a whole registry.  Source: DESIGN invariants 6 and 14.

    Only what the team sees anyway: whether a comment came, never whether a door was opened or something kept for later.
    """
    found = why_not(entry, is_invited=False, has_left=has_left, dead=dead)
    if not is_invited and found in (None, *WITHOUT_MAIL):
        return WhyNot.NOT_INVITED
    return WhyNot.COMMENTED_ALREADY if has_commented and found in (None, *WITHOUT_MAIL) else found


def why_not(
    entry: Stakeholder, *, is_invited: bool, has_left: bool = False, dead: Collection[str] = ()
) -> WhyNot | None:
    """Why an entry of the registry gets no mail of a campaign; None where it does. `has_left`: this consultation.

    Somebody without e-mail, or who asked to hear from us otherwise, gets a letter, a call or a visit. `dead` are fields of the
    entry that turned out not to work.  Source: DESIGN invariant 6; docs/decisions/0029-letters.md.
    """
    way = way_to(entry, dead=dead)
    if entry.left_at is not None or entry.has_left:
        return WhyNot.LEFT
    if way in (WhyNot.NO_ADDRESS, WhyNot.CAME_BACK):
        return way
    if entry.basis is Basis.NONE:
        return WhyNot.NO_BASIS
    if has_left:
        return WhyNot.LEFT_HERE
    return WhyNot.INVITED_ALREADY if is_invited else way


WITHOUT_MAIL = (WhyNot.BY_LETTER, WhyNot.BY_PHONE, WhyNot.IN_PERSON)


def count_reached(counts: Mapping[WhyNot | None, int]) -> int:
    """How many of those whom a choice fits are reached: by mail, letter, telephone or in person."""
    return sum(counts.get(one, 0) for one in (None, *WITHOUT_MAIL))


def way_to(entry: Stakeholder, *, dead: Collection[str] = ()) -> WhyNot | None:
    """How an entry is reached: None by mail, or without; or that it cannot be.

    First as they want to hear from us, then by mail, by letter, by telephone.  Source: docs/decisions/0029-letters.md.
    """
    if entry.is_protected:
        return None  # an officer hands it over
    has_post = bool(entry.postal_address) and "postal_address" not in dead
    has_phone = bool(entry.phone) and "phone" not in dead
    if entry.channel is Channel.IN_PERSON:
        return WhyNot.IN_PERSON
    if has_phone and entry.channel is Channel.PHONE:
        return WhyNot.BY_PHONE
    if entry.email and not (has_post and entry.channel is Channel.POST):
        return None
    if has_post:
        return WhyNot.BY_LETTER
    if has_phone:
        return WhyNot.BY_PHONE
    return WhyNot.CAME_BACK if dead else WhyNot.NO_ADDRESS


def why_no_news(entry: Stakeholder, *, has_left: bool = False, dead: Collection[str] = ()) -> WhyNot | None:
    """Why an entry of the registry gets no news by mail; None where it does: consent alone, whatever office it holds.

    `queries_fitting` asks the same of a whole registry.

    Source: docs/decisions/0030-consent-duty-declarations.md.
    """
    known = why_not(entry, is_invited=False, dead=dead)
    if known not in (None, WhyNot.NO_BASIS, *WITHOUT_MAIL):
        return known
    if not entry.news:
        return WhyNot.NO_NEWS
    return WhyNot.LEFT_HERE if has_left else way_to(entry, dead=dead)
