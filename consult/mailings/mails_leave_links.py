"""The mail with the link that stops mail: to the very mailbox, whoever asked. It holds no other link, and no name of anybody."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.core import clock
from consult.core.i18n import _, _l
from consult.mail.messages import MailTemplate, NotWanted, Values, isolated
from consult.mailings import queries_leave_links as queries
from consult.mailings import queries_lists
from consult.mailings.models_leave_links import LeaveAct, LeaveLink
from consult.mailings.queries_leave_links import Reader
from consult.mailings.rules_leave_links import LINK_LASTS
from consult.stakeholders.queries_duty import offices_of


def leave_link_token(link: LeaveLink) -> str:
    """The token of a link: made while its mail is rendered, and kept nowhere."""
    return doors.other_token(f"leave-{link.act.value}", link.id, link.generation)


def _load(db: Session, parameters: Mapping[str, Any]) -> Values:
    link = db.get(LeaveLink, parameters["link"])
    if link is None or link.generation != parameters["generation"] or link.used_at is not None:
        raise NotWanted  # used, or a newer one took its place
    reader = queries.reader_of(db, link)
    mailbox = queries.mailbox_of(db, reader)
    is_old = clock.now() >= link.made_at + LINK_LASTS
    if is_old or mailbox.key != link.key or not queries.is_reached(db, reader, mailbox, link.act):
        raise NotWanted
    return stopped_by(db, link) | {"token": leave_link_token(link), "hours": int(LINK_LASTS.total_seconds() // 3600)}


def stopped_by(db: Session, link: LeaveLink) -> dict[str, Any]:
    """What a link stops, in words of the current language, as its mail and its page say it."""
    reader = queries.reader_of(db, link)
    if reader.subscription is not None:
        is_office = bool(offices_of(db, queries.mailbox_of(db, reader).address))
    else:
        is_office = reader.participant is not None and doors.is_at_office(db, reader.participant)
    words = _of_office() if is_office else {}
    words = {
        LeaveAct.OFFICIAL: _("Mail about consultations"),
        LeaveAct.NEWS: _("News of the mechanism"),
        LeaveAct.EVERYTHING: _("All mail from this site, for good"),
    } | words
    return {"what": words.get(link.act) or _named(db, reader, link.act), "is_office": is_office}


def _of_office() -> dict[LeaveAct, str]:
    """Where official mail is a duty, and stays."""
    return {
        LeaveAct.EVERYTHING: _("News, and all mailing lists"),
        LeaveAct.CONSULTATION: _("News of the mechanism"),
    }


def _named(db: Session, reader: Reader, act: LeaveAct) -> str:
    """A list or a consultation, with its name set off from the words around it."""
    if act is LeaveAct.LIST and reader.subscription is not None:
        listed = queries_lists.read_list(db, reader.subscription.list_id)
        return _("Mail of the list: %(list)s", list=isolated(listed.words.name.shown().text))
    assert reader.consultation is not None, "an act about a consultation names it: CHECK"
    return _("Mail about: %(consultation)s", consultation=isolated(reader.consultation.title.shown().text))


LEAVE_LINK = MailTemplate("leave_link", _l("Please confirm: no more mail"), load=_load)
