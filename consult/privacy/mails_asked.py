"""The mail with the links to what is held of a mailbox, because its address was typed. Of entries it says a name where it has several."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from consult.consultations.mails_entry import fresh_token
from consult.consultations.models_entry import EntryAct, FreshLink
from consult.consultations.queries_entry import is_theirs
from consult.consultations.rules_entry import over_at
from consult.core import clock
from consult.core.i18n import _l
from consult.mail.messages import MailTemplate, NotWanted, Values, isolated
from consult.mailings import list_links, queries_lists
from consult.mailings.models_leave_links import LeaveLink
from consult.mailings.models_lists import Subscription, SubscriptionState
from consult.stakeholders.models import Stakeholder


def _load(db: Session, parameters: Mapping[str, Any]) -> Values:
    mailbox = db.get(LeaveLink, parameters["mailbox"])
    if mailbox is None or mailbox.generation != parameters["generation"]:
        raise NotWanted  # newer links took their place
    links = [link for row in parameters["links"] if (link := _current(db, *row)) is not None]
    entries = [link for link in links if link.act is EntryAct.OPEN]
    lists = [one for row in parameters["lists"] if (one := _list(db, row, mailbox.key)) is not None]
    if not links and not lists:
        raise NotWanted
    named = len(entries) > 1
    return {
        "entries": [{"name": _name(db, one) if named else "", "token": fresh_token(one)} for one in entries],
        "visits": {one.act.value: fresh_token(one) for one in links if one.act is not EntryAct.OPEN},
        "lists": lists,
        "minutes": round(parameters["hours"] * 60),
        "hours": int(parameters["hours"]),
    }


def _current(db: Session, link_id: int, generation: int) -> FreshLink | None:
    link = db.get(FreshLink, link_id)
    if link is None or link.digest is None or link.generation != generation or clock.now() >= over_at(link):
        return None
    return link if is_theirs(db, link) else None


def _name(db: Session, link: FreshLink) -> str:
    return isolated(db.get_one(Stakeholder, link.stakeholder_id).name)


def _list(db: Session, subscription_id: int, key: bytes) -> dict[str, str] | None:
    one = db.get(Subscription, subscription_id)
    if one is None or one.key != key or one.state is not SubscriptionState.CONFIRMED:
        return None
    words = queries_lists.read_list(db, one.list_id).words
    return {"name": isolated(words.name.shown().text), "token": list_links.leave_token_of(one)}


OWN_LINKS = MailTemplate("own_links", _l("Your links to what we hold of you"), load=_load, asked_for=True)
