"""The mailboxes of a mailing list in the registry: which entries read them, and of whom nothing but the address is known."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, false, func, literal, select
from sqlalchemy.orm import Session, aliased

from consult.mailings.models import Campaign, WhyNot
from consult.mailings.models_lists import Subscription
from consult.mailings.queries_lists import subscribers
from consult.stakeholders.models import Stakeholder

u = Subscription
_own = aliased(Stakeholder)
_KEPT = func.coalesce(_own.merged_into, _own.id)  # the entry that holds for one
_KEY = func.lower(u.address)


def of_mailboxes(campaign: Campaign) -> ColumnElement[bool]:
    """Whether an entry, or one that was merged into it, reads a mailbox on the list of a campaign.

    For one look at all of them. A list that is made a chunk a transaction asks `entries_reading` instead: this goes through the
    whole mailing list each time.
    """
    if campaign.list_id is None:
        return false()
    on = subscribers(campaign.list_id, consultation_id=campaign.consultation_id).with_only_columns(_KEY)
    return Stakeholder.id.in_(select(_KEPT).where(_own.email_key.in_(on)))


def entries_reading(db: Session, addresses: Iterable[str]) -> dict[str, set[int]]:
    """The entries that read some mailboxes, by the mailbox (casefolded); of merged ones the one that holds."""
    keys = {one.casefold() for one in addresses if one}
    found: dict[str, set[int]] = defaultdict(set)
    for key, kept in db.execute(select(_own.email_key, _KEPT).where(_own.email_key.in_(keys))):
        found[key].add(kept)
    return found


def by_address_only(campaign: Campaign, *columns: Any) -> Select[Any]:
    """Those on the list of a campaign whose mailbox no entry reads. None where categories or groups are asked for: theirs is not known."""
    if campaign.list_id is None or not campaign.is_by_mailbox or campaign.categories or campaign.groups:
        return select(*columns).select_from(u).where(false())
    on = subscribers(campaign.list_id, consultation_id=campaign.consultation_id).with_only_columns(*columns)
    return on.where(~exists().where(_own.email_key == _KEY))


def why_not_by_address(campaign: Campaign) -> ColumnElement[Any]:
    """Why those get no mail."""
    return literal(WhyNot.NOT_INVITED.value)
