"""What the demonstration's registry and mailings come to, counted in the database and in the script."""

from sqlalchemy import func, select

from consult.consultations.models import Consultation
from consult.consultations.models_declared import Declared, OwnDeclaration
from consult.consultations.models_requests import ParticipationRequest, RequestState
from consult.consultations.queries_declared import read_network, read_reports
from consult.core.db import reading
from consult.demo.content_files import listed_stakeholders, scripted_registry
from consult.mail.models_delivery import OVER, PreparedDelivery
from consult.mailings.models import Campaign, CampaignKind, CampaignState
from consult.mailings.models_lists import Subscription, SubscriptionState
from consult.mailings.models_outreach import OutreachState, OutreachStep
from consult.mailings.queries_sending import Delivery, count_deliveries
from consult.rounds.models import Channel, Comment
from consult.stakeholders.models import Protection, Stakeholder
from consult.stakeholders.models_seats import Seat, SeatState

CAMPAIGNS = 6  # invitation, news to the list, reminder, the list’s own news, news to all who take part, debriefing
LETTERS = 4  # three that invite, and one that reminds whoever has neither answered nor moved


def counted_registry() -> dict[str, int]:
    """What the database holds."""
    asked = ParticipationRequest
    with reading() as db:
        news = db.scalars(
            select(Campaign)
            .where(Campaign.kind == CampaignKind.NEWS, Campaign.consultation_id.is_not(None))
            .order_by(Campaign.id.desc())
        ).first()
        news_became = count_deliveries(db, news) if news else {}
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
    return found | {one.value: news_became.get(one, 0) for one in (Delivery.CAME_BACK, Delivery.LEFT)}


def scripted_numbers() -> dict[str, int]:
    """What the script says."""
    script = scripted_registry()
    refused = sum(bool(one["refusal"]) for one in script["requests"])
    accepted = len(script["requests"]) - refused
    return {
        "entries": len(listed_stakeholders())
        + len(script["persons"])
        + len(script["protected"])
        + accepted
        + 1,  # the double
        "merged": 1,
        "seats": len(script["seats"]),
        "accepted": accepted,
        "refused": refused,
        "readers": sum(one["confirms"] for one in script["readers"]),
        "campaigns": CAMPAIGNS,
        "came_back": 1,
        "left": 1,
    }


def counted_beside_mail() -> dict[str, int]:
    """What the database holds of letters and calls, of the protected, and of what people say of themselves."""
    step, own = OutreachStep, OwnDeclaration
    noted = {
        "letters_posted": OutreachState.POSTED,
        "letters_back": OutreachState.RETURNED,
        "calls": OutreachState.TAKES_PART,
    }
    numbers = {name: select(func.count(step.id)).where(step.state == state) for name, state in noted.items()}
    numbers |= {
        "by_letter": select(func.count(Comment.id)).where(Comment.channel == Channel.LETTER),
        "protected": select(func.count(Stakeholder.id)).where(Stakeholder.protection == Protection.PROTECTED),
        "to_hand_over": select(func.count(PreparedDelivery.id)).where(PreparedDelivery.state.not_in(OVER)),
        "in_directory": select(func.count(Stakeholder.id)).where(Stakeholder.protection == Protection.PUBLIC),
        "reported": select(func.count(own.id)).where(own.what == Declared.PARALLEL_REPORT),
        "declared": select(func.count(own.stakeholder_id.distinct())).where(own.what != Declared.PARALLEL_REPORT),
    }
    with reading() as db:
        return {name: db.scalar(query) or 0 for name, query in numbers.items()}


def scripted_beside_mail() -> dict[str, int]:
    """What the script says."""
    script = scripted_registry()
    return {
        "letters_posted": LETTERS,
        "letters_back": 1,
        "calls": 1,
        "by_letter": 1,
        "protected": len(script["protected"]),
        "to_hand_over": 1,
        "in_directory": len(script["directory"]) + 1,  # and one by a yes on paper
        "reported": len(script["reported"]),
        "declared": len(script["declared"]),
    }


def shows_declared() -> bool:
    """Whether every page that counts what people declare has enough of it to show a number."""
    with reading() as db:
        network, reports = read_network(db), read_reports(db, db.query(Consultation.id).one()[0])
    make = network.participants
    return all((make.gender, make.disability, make.groups, reports.organisations, reports.others))
