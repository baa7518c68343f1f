"""Why somebody on the list of a campaign gets no mail after all: asked when their turn has come, and kept with their row or mail."""

from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from consult.consultations.models import ConsultationState, Participant
from consult.consultations.queries import newest_window
from consult.consultations.queries_entry import find_own_entry
from consult.core import clock
from consult.mail.queries_suppressions import suppressions_of
from consult.mailings.abouts import consultation_of
from consult.mailings.models import Campaign, CampaignKind, CampaignState, LeftOut
from consult.mailings.queries_by_list import why_not_among
from consult.mailings.queries_fitting import still_subscribed
from consult.mailings.queries_mails import took_part_among
from consult.mailings.queries_turns import Next
from consult.stakeholders.addressees import Addressee
from consult.stakeholders.models import Basis, Stakeholder
from consult.stakeholders.queries import left_addresses


def why_not_queued(
    db: Session, campaign: Campaign, rows: Sequence[Next], reached: Collection[str]
) -> dict[int, LeftOut]:
    """Why no mail was made for some on the list, by their place. `reached`: the mailboxes, by key, to which another one went."""
    addresses = [one.email for one in rows if one.email]
    gone, back = left_addresses(db, addresses), suppressions_of(db, addresses)
    found = {one.id: _why_not_queued(campaign, one, gone, back, reached) for one in rows}
    return found | _why_not_by_address(db, campaign, rows, reached)


def _why_not_by_address(
    db: Session, campaign: Campaign, rows: Sequence[Next], reached: Collection[str]
) -> dict[int, LeftOut]:
    """Likewise of those who are on a mailing list still, and are invited by the address only."""
    ids = [one.subscription_id for one in rows if one.subscription_id is not None]
    if not campaign.is_by_mailbox or not ids:
        return {}
    here, why = still_subscribed(db, campaign, ids), why_not_among(db, campaign, ids)
    return {
        one.id: LeftOut(why[one.subscription_id].value) if one.subscription_id in why else LeftOut.SAME_MAILBOX
        for one in rows
        if one.subscription_id in here and (one.subscription_id in why or one.email.casefold() in reached)
    }


def _why_not_queued(
    campaign: Campaign, one: Next, gone: Collection[str], back: Collection[str], reached: Collection[str]
) -> LeftOut:
    if one.subscription_id is not None:  # who said yes to a list after leaving everything said it later
        return LeftOut.CAME_BACK if one.email in back else LeftOut.LEFT_LIST
    if one.email in gone:
        return LeftOut.LEFT
    if one.entry is not None and (why := _why_not_agreed(campaign, one.entry)):
        return why
    if not one.email:
        return LeftOut.NO_ADDRESS
    if one.left_here:
        return LeftOut.LEFT_HERE
    if one.entry is None and campaign.kind is CampaignKind.NEWS:  # a comment is no yes to news
        return LeftOut.NO_NEWS
    if one.entry is None or one.email.casefold() in reached or not campaign.calls_for_comments:
        return LeftOut.SAME_MAILBOX
    if campaign.invites_anew:
        return LeftOut.INVITED_TO_ROUND
    return LeftOut.NOT_INVITED if campaign.is_reminder else LeftOut.INVITED_ALREADY


def _why_not_agreed(campaign: Campaign, entry: Stakeholder | Addressee) -> LeftOut | None:
    if entry.has_left or entry.left_at is not None:
        return LeftOut.LEFT
    if campaign.kind is CampaignKind.NEWS:
        return None if entry.news else LeftOut.NO_NEWS
    return LeftOut.NO_BASIS if entry.basis is Basis.NONE else None


def why_unwanted(db: Session, campaign_id: int, participant_id: int) -> LeftOut:
    """Why the mail of a campaign to a participant is not sent any more, where it is not."""
    campaign, participant = db.get_one(Campaign, campaign_id), db.get(Participant, participant_id)
    if campaign.state is CampaignState.STOPPED:
        return LeftOut.STOPPED
    if is_too_late(db, campaign):
        return LeftOut.TOO_LATE
    if participant is None:
        return LeftOut.LEFT_HERE
    entry = find_own_entry(db, participant)
    if entry is not None and (why := _why_not_agreed(campaign, entry)):
        return why
    if entry is None and campaign.kind is CampaignKind.NEWS:
        return LeftOut.NO_NEWS
    if not (entry.email if entry is not None and not entry.is_protected else participant.email or entry):
        return LeftOut.NO_ADDRESS
    window = newest_window(db, consultation_of(db, campaign).id)
    if campaign.is_for_silent and window is not None and took_part_among(db, [participant_id], window):
        return LeftOut.COMMENTED_ALREADY
    return LeftOut.LEFT_HERE


def why_unwanted_of_list(db: Session, campaign_id: int, subscription_id: int) -> LeftOut:
    """Likewise of one to a reader of a list."""
    campaign = db.get(Campaign, campaign_id)
    if campaign is None:
        return LeftOut.LEFT_LIST
    if campaign.state is CampaignState.STOPPED:
        return LeftOut.STOPPED
    if campaign.is_by_mailbox:
        if is_too_late(db, campaign):
            return LeftOut.TOO_LATE
        if still_subscribed(db, campaign, [subscription_id]):
            why = why_not_among(db, campaign, [subscription_id]).get(subscription_id)
            return LeftOut(why.value) if why else LeftOut.LEFT_LIST  # the list was closed
    return LeftOut.LEFT_LIST


def is_too_late(db: Session, campaign: Campaign) -> bool:
    """Whether nothing can be done about a campaign of a consultation any more."""
    consultation = consultation_of(db, campaign)
    window = newest_window(db, consultation.id)
    is_over = consultation.state is ConsultationState.ARCHIVED
    return is_over or (campaign.calls_for_comments and window is not None and window.closes_at <= clock.now())
