"""One ordinary mail a day for each person and consultation, or list; also between workers, and for what was paused meanwhile."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from consult.consultations.models import Participant
from consult.consultations.queries import newest_window
from consult.core.db import Base
from consult.mail import operations_causes as mails
from consult.mailings import queries_turns, rules_reach
from consult.mailings.models import Campaign, CampaignRecipient
from consult.mailings.models_lists import Subscription
from consult.mailings.queries_mailboxes import has_other_ordinary, last_ordinary_of_mailboxes
from consult.stakeholders.models import Stakeholder

# Of PostgreSQL's advisory locks, with the id of the consultation, or else of the list, beside it.
HOLD, HOLD_LIST = 0x636F6E73, 0x6C697374


class Place(NamedTuple):
    """One on the list of a campaign, and who it is there: an entry, a participant or a subscription."""

    id: int
    entry_id: int | None
    participant_id: int | None
    subscription_id: int | None
    email: str  # as it is now; "" = none known


def hold_days(db: Session, campaign: Campaign) -> None:
    """Let nobody else decide, until the transaction ends, on which day people get ordinary mails about a consultation, or a list.

    Two campaigns that are queued in the same instant would not see each other. SQLite has one writer at a time anyway.
    """
    if campaign.kind in rules_reach.ORDINARY and db.get_bind().dialect.name == "postgresql":
        hold = text("SELECT pg_advisory_xact_lock(:what, :of)")
        of_list = {"what": HOLD_LIST, "of": campaign.list_id}
        db.execute(
            hold, of_list if campaign.consultation_id is None else {"what": HOLD, "of": campaign.consultation_id}
        )


def due_at(db: Session, campaign: Campaign, places: Sequence[Place], now: datetime) -> dict[int, datetime]:
    """From when on mails may go that come on the heels of another ordinary one, by their place on the list.

    Asked by whoever they are, and by the mailbox: an entry, a visitor and a reader of a list may be one person.
    What calls for comments goes at once where the closing would come before.
    """
    if campaign.kind not in rules_reach.ORDINARY or not has_other_ordinary(db, campaign, rules_reach.ORDINARY):
        return {}
    r = CampaignRecipient
    sorts: list[tuple[InstrumentedAttribute[Any], dict[int, list[int]]]] = [
        (r.stakeholder_id, _by((one.entry_id, one.id) for one in places)),
        (r.participant_id, _by((one.participant_id, one.id) for one in places)),
        (r.subscription_id, _by((one.subscription_id, one.id) for one in places)),
    ]
    about = campaign.consultation_id if campaign.calls_for_comments else None
    window = newest_window(db, about) if about is not None else None
    latest: dict[int, datetime] = {}
    for whose, ids in sorts:
        last = queries_turns.last_ordinary(db, campaign, whose, list(ids), rules_reach.ORDINARY) if ids else {}
        _later(latest, ((place, at) for of, at in last.items() for place in ids[of]))
    boxes = last_ordinary_of_mailboxes(db, campaign, [one.email for one in places], rules_reach.ORDINARY)
    _later(latest, ((one.id, boxes[one.email.casefold()]) for one in places if one.email.casefold() in boxes))
    turns = {place: rules_reach.due_after(at, now) for place, at in latest.items()}
    return {
        place: due for place, due in turns.items() if due is not None and (window is None or due < window.closes_at)
    }


def _later(latest: dict[int, datetime], found: Iterable[tuple[int, datetime]]) -> None:
    for place, at in found:
        latest[place] = max(at, latest.get(place, at))


def _by(pairs: Iterable[tuple[int | None, int]]) -> dict[int, list[int]]:
    """Places by whose they are: of entries that were merged since, one may have several."""
    found: dict[int, list[int]] = defaultdict(list)
    for whose, place in pairs:
        if whose is not None:
            found[whose].append(place)
    return found


def let_go(db: Session, campaign: Campaign, causes: list[str], *, now: datetime) -> bool:
    """Let the next of the held mails of a campaign go on, a day after the last ordinary one of each. Returns whether some are left."""
    if campaign.kind not in rules_reach.ORDINARY:
        return mails.release_mails(db, causes, now=now)
    hold_days(db, campaign)
    held = mails.next_held(db, causes)
    places = _places(db, campaign, [person for _, person in held])
    due = due_at(db, campaign, list(places.values()), now)
    turns = {mail: due.get(places[person].id, now) if person in places else now for mail, person in held}
    mails.release_these(db, turns)
    later = [{"row": place.id, "due": due.get(place.id, now)} for place in places.values()]
    if later:
        db.connection().execute(_DUE, later)
    return len(held) == mails.CHUNK


_table = Base.metadata.tables["campaign_recipient"]
_DUE = update(_table).where(_table.c.id == bindparam("row")).values(due_at=bindparam("due"))


def _places(db: Session, campaign: Campaign, persons: list[str]) -> dict[str, Place]:
    """The places of some on the list, by how the outbox calls them; of merged entries by the one that holds."""
    r, p, u, own, whole = CampaignRecipient, Participant, Subscription, aliased(Stakeholder), aliased(Stakeholder)
    query = (
        select(
            r.person,
            r.id,
            func.coalesce(own.merged_into, own.id),
            r.participant_id,
            r.subscription_id,
            func.coalesce(whole.email, p.email, u.address, ""),
        )
        .outerjoin(own, own.id == r.stakeholder_id)
        .outerjoin(whole, whole.id == func.coalesce(own.merged_into, own.id))
        .outerjoin(p, p.id == r.participant_id)
        .outerjoin(u, u.id == r.subscription_id)
        .where(r.campaign_id == campaign.id, r.person.in_(persons))
    )
    return {row[0]: Place(*row[1:]) for row in db.execute(query) if row[0]}
