"""What officers hand over to protected people: which of it may go now, fetched with the sealed copies, and what became of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.consultations.models import Participant
from consult.custody.models import Officer
from consult.custody.operations_sealed import hand_out
from consult.custody.queries_sealed import sealed_for
from consult.custody.rules_sealed import NoneChosen, Reason
from consult.custody.sealed_files import entry_file
from consult.mail.models_delivery import OVER, PreparedDelivery
from consult.mail.operations_delivery import settle_delivery
from consult.mail.operations_handing_out import Letter, fetch_delivery
from consult.mailings.models import CAUSE, Campaign, CampaignState
from consult.stakeholders.models import Stakeholder

AT_ONCE = 200  # deliveries on a page, and in a file


class ToDeliver(NamedTuple):
    """A delivery, and to whom by code."""

    delivery: PreparedDelivery
    entry: Stakeholder


def list_to_deliver(db: Session, *, now: datetime) -> list[ToDeliver]:
    """What waits for an officer, or is with one: the oldest first. Not what is not due yet, nor of a campaign that is paused."""
    d = PreparedDelivery
    query = select(d).where(d.state.not_in(OVER), d.not_before <= now).order_by(d.id).limit(AT_ONCE)
    paused = set(db.scalars(select(Campaign.id).where(Campaign.state == CampaignState.PAUSED)))
    found = [(one, entry_of(db, one)) for one in db.scalars(query) if _campaign_of(one) not in paused]
    return [ToDeliver(one, entry) for one, entry in found if entry is not None]


def _campaign_of(delivery: PreparedDelivery) -> int | None:
    return int(delivery.cause.split(":")[1]) if delivery.cause.startswith(CAUSE) else None


def entry_of(db: Session, delivery: PreparedDelivery) -> Stakeholder | None:
    """The protected entry that a delivery is for; None where it is none."""
    kind, _colon, number = delivery.person.partition(":")
    row_id: int | None = int(number)
    if kind == "participant":
        row_id = db.scalar(select(Participant.stakeholder_id).where(Participant.id == row_id))
    found = db.get(Stakeholder, row_id) if row_id is not None else None
    return found if found is not None and found.is_protected else None


def fetch_deliveries(db: Session, officer: Officer, *, by: Staff, now: datetime) -> str:
    """The file with all that waits for those whom this officer can open, and with their sealed copies.

    What is not wanted any more is over instead. Raises NoneChosen, and what check_hand_out raises.
    Records ``entry.handed_out`` for each entry (stakeholder ref, why), the reason being to write to them.
    """
    waiting = list_to_deliver(db, now=now)
    held = sealed_for(db, [one.entry.id for one in waiting], officer)
    found: dict[str, list[Letter]] = {}
    entries: dict[str, Stakeholder] = {}
    for delivery, entry in waiting:
        letter = fetch_delivery(db, delivery, now=now) if entry.id in held else None
        if letter is not None:
            entries[entry.ref] = entry
            found.setdefault(entry.ref, []).append(letter)
    if not entries:
        raise NoneChosen
    hand_out(db, list(entries.values()), officer, Reason.WRITE, by=by, now=now)
    return entry_file(db, officer, list(entries.values()), _as_file(found))


def _as_file(found: Mapping[str, Sequence[Letter]]) -> dict[str, list[dict[str, object]]]:
    return {
        ref: [{"id": one.ref, "language": one.language, "subject": one.subject, "text": one.text} for one in letters]
        for ref, letters in found.items()
    }


def close_delivery(db: Session, delivery: PreparedDelivery, *, reached: bool, by: Staff, now: datetime) -> None:
    """Note that an officer handed a message over, or could not reach the person.

    Raises DeliveryOver, DeliveryNotFetched.  Records ``delivery.settled`` (delivery ref, stakeholder ref, reached).
    """
    settle_delivery(db, delivery, reached=reached, now=now)
    entry = entry_of(db, delivery)
    record(
        db, "delivery.settled", by=by, delivery=delivery.ref, stakeholder=entry.ref if entry else None, reached=reached
    )
