"""A message that came to the mailbox for bounces or for leaving: what it says, done."""

from datetime import datetime

from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.core.settings import Settings
from consult.mail.bounces import parsed, read_returned, tokens_of
from consult.mail.keys import read_leave_token
from consult.mail.limits import Limits
from consult.mail.operations_bounces import Ingested, ingest_bounce
from consult.mailings.list_links import find_subscriber
from consult.mailings.models_leave_links import LeaveAct
from consult.mailings.models_leaving import LeavingScope, LeavingWay
from consult.mailings.models_lists import ListLeavingScope
from consult.mailings.operations_leave_links import ask_to_leave
from consult.mailings.operations_leaving import leave_mails
from consult.mailings.operations_lists_leaving import leave_list
from consult.mailings.queries_leave_links import Reader, has_no_mailbox


def take_message(db: Session, raw: bytes, settings: Settings, *, recipient: str = "", now: datetime) -> Ingested:
    """Do what a message says, if it came to an address of ours with a token of ours. May be done again: it changes nothing more.

    `recipient` is the envelope's, where the mail server tells it. Returns what it was.
    Records what `ingest_bounce` records; leaving is its reader's own act.
    """
    leaving = _leave_tokens(raw, settings.leave_address, recipient)
    if not leaving:
        returned = read_returned(raw, settings.bounce_address, recipient=recipient)
        return ingest_bounce(db, returned, now=now, limits=Limits.of(settings))
    done = [_leave(db, token, now=now) for token in leaving]
    return next((what for what in (Ingested.LEFT, Ingested.ASKED) if what in done), Ingested.NOT_OURS)


def _leave(db: Session, token: str, *, now: datetime) -> Ingested:
    """Leave what the mail with a token was about: a consultation, or a list. Returns what was done.

    By the token of a mail's body, which may be anybody's by now, a link is mailed to its mailbox instead.
    """
    token, at_once = read_leave_token(token)
    leaver, subscription = doors.find_leaver(db, token), find_subscriber(db, token)
    if leaver is not None and (at_once or has_no_mailbox(db, leaver.participant)):
        leave_mails(db, leaver, LeavingScope.CONSULTATION, way=LeavingWay.MAIL, now=now)
    elif leaver is not None:
        ask_to_leave(db, Reader(leaver.participant, None, leaver.consultation), LeaveAct.CONSULTATION, now=now)
        return Ingested.ASKED
    if subscription is not None and at_once:
        leave_list(db, subscription, ListLeavingScope.LIST, way=LeavingWay.MAIL, now=now)
    elif subscription is not None:
        ask_to_leave(db, Reader(None, subscription, None), LeaveAct.LIST, now=now)
        return Ingested.ASKED
    return Ingested.LEFT if leaver is not None or subscription is not None else Ingested.NOT_OURS


def _leave_tokens(raw: bytes, mailbox: str, recipient: str) -> tuple[str, ...]:
    """The tokens of a mail that somebody sent to the mailbox for leaving; none of an answer that a machine gave. RFC 3834."""
    message = parsed(raw)
    if message is None or str(message.get("Auto-Submitted", "no")).strip().lower() != "no":
        return ()
    return tokens_of(message, mailbox, recipient=recipient)
