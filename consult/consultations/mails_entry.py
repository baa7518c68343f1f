"""Mails about one's own entry: a link for one act, and that the address was changed. None says what stands in the entry."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.consultations.models_entry import EntryAct, FreshLink
from consult.consultations.queries_entry import is_theirs
from consult.consultations.rules_entry import LINK_LASTS, over_at
from consult.core import clock
from consult.core.i18n import _l
from consult.mail.messages import MailTemplate, NotWanted, Values
from consult.stakeholders.queries import left_addresses


def fresh_token(link: FreshLink) -> str:
    """The token of a link for one act: made while its mail is rendered, and kept nowhere."""
    return doors.other_token(f"fresh-{link.act.value}", link.id, link.generation)


def _fresh(db: Session, parameters: Mapping[str, Any]) -> Values:
    link = db.get(FreshLink, parameters["link"])
    if link is None or link.digest is None or link.generation != parameters["generation"]:
        raise NotWanted  # used, or a newer one took its place
    if clock.now() >= over_at(link) or not is_theirs(db, link):
        raise NotWanted
    minutes = int(LINK_LASTS.total_seconds() // 60)
    return {"act": link.act.value, "token": fresh_token(link), "minutes": minutes}


def _moved(db: Session, parameters: Mapping[str, Any]) -> Values:
    if left_addresses(db, [parameters["old"]]):
        raise NotWanted
    return {"operator": parameters["operator"]}


FRESH_LINK = MailTemplate("fresh_link", _l("Your link, for half an hour"), load=_fresh)
ADDRESS_MOVED = MailTemplate("address_moved", _l("The address of your entry was changed"), load=_moved)
ACTS = (EntryAct.MOVE, EntryAct.TAKE)  # that one asks for behind one's door
