"""Who is invited to a round, of those who take part already and of those on a mailing list."""

from collections.abc import Collection
from datetime import datetime

from consult.consultations.models import Window
from consult.mailings.models import Campaign, CampaignKind, WhyNot
from consult.mailings.rules import NothingOpen
from consult.mailings.rules_reach import WITHOUT_MAIL, why_not
from consult.stakeholders.models import Stakeholder


def why_not_invited_anew(
    entry: Stakeholder,
    *,
    is_invited_to_round: bool,
    has_commented: bool,
    has_left: bool = False,
    dead: Collection[str] = (),
) -> WhyNot | None:
    """Why an entry gets no invitation to the newest round; None where it does: once a round, and not after a comment in it.

    `queries_fitting` asks the same of a whole registry.

    Source: docs/decisions/0040-to-whom-campaigns-go.md.
    """
    found = why_not(entry, is_invited=False, has_left=has_left, dead=dead)
    if found not in (None, *WITHOUT_MAIL):
        return found
    if is_invited_to_round:
        return WhyNot.INVITED_TO_ROUND
    return WhyNot.COMMENTED_ALREADY if has_commented else found


def why_not_by_address(
    *, is_for_invited: bool, is_invited_to_round: bool, has_commented: bool, has_left: bool
) -> WhyNot | None:
    """Why somebody on a mailing list whom no entry is known of gets no invitation; None where they do: mail of that list.

    They get the public page, so the round must take comments that are written from there.
    Source: docs/decisions/0040-to-whom-campaigns-go.md.
    """
    if has_left:
        return WhyNot.LEFT_HERE
    if is_for_invited:
        return WhyNot.FOR_INVITED
    if is_invited_to_round:
        return WhyNot.INVITED_TO_ROUND
    return WhyNot.COMMENTED_ALREADY if has_commented else None


def check_invite_list(campaign: Campaign, window: Window | None, *, now: datetime) -> None:
    """A mailing list is invited to a round that is open: before, nobody knows whether it takes comments of whoever reads the public page.

    Raises NothingOpen.  Source: docs/decisions/0040-to-whom-campaigns-go.md.
    """
    is_open = window is not None and window.opens_at <= now < window.closes_at
    if campaign.is_by_mailbox and campaign.kind is CampaignKind.INVITATION and not is_open:
        raise NothingOpen
