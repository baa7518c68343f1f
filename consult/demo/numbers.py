"""What the demonstration's registry and mailings come to, counted in the database and in the script."""

from sqlalchemy import func, select

from consult.consultations.models_requests import ParticipationRequest, RequestState
from consult.core.db import reading
from consult.demo.content_files import listed_stakeholders, scripted_registry
from consult.mailings.models import Campaign, CampaignKind, CampaignState
from consult.mailings.models_lists import Subscription, SubscriptionState
from consult.mailings.queries_aftermath import read_aftermath
from consult.stakeholders.models import Seat, SeatState, Stakeholder

CAMPAIGNS = 4  # invitation, news to the list, reminder, news to all who take part


def counted_registry() -> dict[str, int]:
    """What the database holds."""
    asked = ParticipationRequest
    with reading() as db:
        news = db.scalars(
            select(Campaign).where(Campaign.kind == CampaignKind.NEWS).order_by(Campaign.id.desc())
        ).first()
        since = read_aftermath(db, news) if news else None
        numbers = {
            "entries": select(func.count(Stakeholder.id)),
            "merged": select(func.count(Stakeholder.id)).where(Stakeholder.merged_into.is_not(None)),
            "seats": select(func.count(Seat.id)).where(Seat.state == SeatState.HELD),
            "accepted": select(func.count(asked.id)).where(asked.state == RequestState.ACCEPTED),
            "refused": select(func.count(asked.id)).where(asked.state == RequestState.REFUSED),
            "readers": select(func.count(Subscription.id)).where(Subscription.state == SubscriptionState.CONFIRMED),
            "campaigns": select(func.count(Campaign.id)).where(Campaign.state == CampaignState.SENT),
        }
        found = {name: db.scalar(query) or 0 for name, query in numbers.items()}
    return found | {"came_back": since.came_back if since else 0, "left": since.left if since else 0}


def scripted_numbers() -> dict[str, int]:
    """What the script says."""
    script = scripted_registry()
    refused = sum(bool(one["refusal"]) for one in script["requests"])
    accepted = len(script["requests"]) - refused
    return {
        "entries": len(listed_stakeholders()) + len(script["persons"]) + accepted + 1,  # and the double
        "merged": 1,
        "seats": len(script["seats"]),
        "accepted": accepted,
        "refused": refused,
        "readers": sum(one["confirms"] for one in script["readers"]),
        "campaigns": CAMPAIGNS,
        "came_back": 1,
        "left": 1,
    }
