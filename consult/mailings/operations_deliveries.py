"""What officers hand over to protected people: which of it may go now, fetched with the sealed copies, and what became of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.accounts.models import Staff
from consult.audit import record
from consult.consultations.models import Participant
from consult.core.i18n import is_installed
from consult.custody.models import Officer
from consult.custody.operations_presence import note_there
from consult.custody.operations_sealed import hand_out
from consult.custody.queries_sealed import sealed_for
from consult.custody.rules_sealed import NoneChosen, Reason
from consult.custody.sealed_files import entry_file
from consult.mail.models_delivery import OVER, DeliveryState, PreparedDelivery
from consult.mail.operations_delivery import settle_delivery
from consult.mail.operations_handing_out import Letter, fetch_delivery
from consult.mailings.models import Campaign, CampaignState
from consult.mailings.queries_sending import causes
from consult.stakeholders.models import Protection, Stakeholder

AT_ONCE = 200  # deliveries on a page, and in a file


class ToDeliver(NamedTuple):
    """A delivery, and to whom by code."""

    delivery: PreparedDelivery
    entry: Stakeholder


def list_to_deliver(db: Session, *, now: datetime) -> list[ToDeliver]:
    """What waits for an officer, the oldest first, then what is with one. Not what is not due yet, nor of a campaign that is paused."""
    d = PreparedDelivery
    paused = db.scalars(select(Campaign.id).where(Campaign.state == CampaignState.PAUSED))
    held = [cause for campaign in paused for cause in causes(db, campaign)]
    query = select(d).where(d.state.not_in(OVER), d.not_before <= now, d.cause.not_in(held))
    found = list(db.scalars(query.order_by(d.state == DeliveryState.HANDED_OUT, d.id).limit(AT_ONCE)))
    entries = _entries_of(db, found)
    return [ToDeliver(one, entries[one.person]) for one in found if one.person in entries]


def _entries_of(db: Session, deliveries: Sequence[PreparedDelivery]) -> dict[str, Stakeholder]:
    """The protected entries that deliveries are for, by the reference of the person."""
    s = Stakeholder
    people = {one.person: one.person.partition(":") for one in deliveries}
    taking = {int(number): person for person, (kind, _, number) in people.items() if kind == "participant"}
    owners = {int(number): person for person, (kind, _, number) in people.items() if kind == "stakeholder"}
    hidden = select(s).where(s.protection == Protection.PROTECTED)
    found = {owners[one.id]: one for one in db.scalars(hidden.where(s.id.in_(owners)))}
    theirs = select(Participant.id, s).join(s, s.id == Participant.stakeholder_id)
    rows = db.execute(theirs.where(Participant.id.in_(taking), s.protection == Protection.PROTECTED))
    return found | {taking[participant]: entry for participant, entry in rows}


def entry_of(db: Session, delivery: PreparedDelivery) -> Stakeholder | None:
    """The protected entry that a delivery is for; None where it is none."""
    return _entries_of(db, [delivery]).get(delivery.person)


def fetch_deliveries(db: Session, officer: Officer, *, by: Staff, now: datetime) -> str:
    """The file with all that waits for those whom this officer can open, and with their sealed copies.

    What is not wanted any more is over instead. Raises NoneChosen, and what check_hand_out raises.
    Records ``entry.handed_out`` for each entry (stakeholder ref, why), the reason being to write to them.
    """
    note_there(db, by=by, now=now)
    waiting = list_to_deliver(db, now=now)
    held = sealed_for(db, [one.entry.id for one in waiting], officer)
    found: dict[str, list[Letter]] = {}
    entries: dict[str, Stakeholder] = {}
    for delivery, entry in waiting:
        language = entry.language if is_installed(entry.language) else delivery.language  # as they chose it since
        letter = fetch_delivery(db, delivery, language, now=now) if entry.id in held else None
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
    note_there(db, by=by, now=now)
    settle_delivery(db, delivery, reached=reached, now=now)
    entry = entry_of(db, delivery)
    record(
        db, "delivery.settled", by=by, delivery=delivery.ref, stakeholder=entry.ref if entry else None, reached=reached
    )
