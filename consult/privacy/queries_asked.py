"""What is held of whoever reads a mailbox: entries of the registry, lists, and who gave it with a comment."""

from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from consult.consultations.models import Participant
from consult.mail.keys import address_key
from consult.mailings.models_lists import Subscription, SubscriptionState
from consult.privacy.operations_own import visitors_of
from consult.stakeholders.models import Stakeholder
from consult.stakeholders.queries_duty import entries_of


class HeldOf(NamedTuple):
    """What is held of a mailbox. Protected entries are in none: their address is sealed."""

    entries: list[Stakeholder]
    subscriptions: list[Subscription]
    visitor: Participant | None  # the newest of those who gave it; a link of theirs is for all of them

    @property
    def rows(self) -> list[Stakeholder | Participant]:
        """Those to which a link can lead, in the order in which they are held."""
        return [*self.entries, *([self.visitor] if self.visitor is not None else [])]

    @property
    def person(self) -> tuple[str, str] | None:
        """To whom a mail goes, as an opaque reference, and in which language; None where nothing is held."""
        visitors = [self.visitor] if self.visitor is not None else []
        known: list[Stakeholder | Subscription | Participant] = [*self.entries, *self.subscriptions, *visitors]
        return (known[0].person_ref, known[0].language) if known else None


def held_of(db: Session, address: str) -> HeldOf:
    """What is held of the reader of an address."""
    s = Subscription
    on = select(s).where(s.key == address_key(address), s.state == SubscriptionState.CONFIRMED).order_by(s.id)
    visitor = select(Participant).where(visitors_of(address)).order_by(Participant.id.desc()).limit(1)
    return HeldOf(entries_of(db, address), list(db.scalars(on)), db.scalars(visitor).one_or_none())


def mailboxes_of(db: Session, address: str) -> list[str]:
    """The mailboxes that an address leads to: its own, and that of an entry into which one with this address was merged."""
    own, kept = aliased(Stakeholder), aliased(Stakeholder)
    query = select(kept.email).join(own, kept.id == func.coalesce(own.merged_into, own.id))
    query = query.where(own.email_key == address.casefold(), own.email != "", kept.email != "")
    found = {one.casefold(): one for one in (*db.scalars(query), address)}
    return [found[key] for key in sorted(found)]
