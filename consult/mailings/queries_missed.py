"""Whom a campaign did not reach and may reach now: by a try that can arrive, and never those who got it."""

from datetime import datetime

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session, aliased

from consult.consultations.models import Participant
from consult.mail.keys import address_key
from consult.mail.models import Suppression
from consult.mail.queries_suppressions import suppressions_of
from consult.mailings.models import Campaign
from consult.mailings.models_lists import Subscription
from consult.mailings.queries_sending import Delivery, Followed, b, m, r
from consult.stakeholders.models import Protection, Stakeholder

PART = 500  # keys a statement
MISSED = (Delivery.FAILED, Delivery.CAME_BACK, Delivery.SUPPRESSED)


def list_missed(db: Session, campaign: Campaign) -> list[int]:
    """The ids on the list of those whom another try can reach.

    The mail was refused, was not sent because of earlier ones, or came back; and mail may go to the address that they have now.
    One that came back is tried again at another address, or once somebody has lifted what its coming back had brought about:
    before that nothing says that it would arrive.
    """
    s, own, p, u, followed = Stakeholder, aliased(Stakeholder), Participant, Subscription, Followed(campaign)
    known = case((s.protection != Protection.PROTECTED, s.email))
    query = followed.rows(r.id, followed.delivery, func.coalesce(known, p.email, u.address, ""), m.address_key, b.at)
    query = query.outerjoin(own, own.id == r.stakeholder_id).outerjoin(
        s, s.id == func.coalesce(own.merged_into, own.id)
    )
    query = query.outerjoin(p, p.id == r.participant_id).outerjoin(u, u.id == r.subscription_id)
    rows = [tuple(row) for row in db.execute(query.where(or_(*map(followed.are, MISSED))).order_by(r.id)) if row[2]]
    closed = suppressions_of(db, [row[2] for row in rows])
    lifted = _lifted(db, [row[3] for row in rows if row[1] == Delivery.CAME_BACK])
    found = []
    for place, delivery, address, went_to, back_at in rows:
        is_open = address not in closed
        if is_open and delivery == Delivery.CAME_BACK and address_key(address) == went_to:
            is_open = any(at > back_at for at in lifted.get(went_to, ()))
        if is_open:
            found.append(place)
    return found


def _lifted(db: Session, keys: list[bytes]) -> dict[bytes, list[datetime]]:
    """When it was said of some addresses that they may be written to again."""
    found: dict[bytes, list[datetime]] = {}
    for start in range(0, len(keys), PART):
        query = select(Suppression.address_key, Suppression.lifted_at)
        asked = Suppression.address_key.in_(keys[start : start + PART]), Suppression.lifted_at.is_not(None)
        for key, at in db.execute(query.where(*asked)):
            assert at is not None, "asked for above"
            found.setdefault(key, []).append(at)
    return found
