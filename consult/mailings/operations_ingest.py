"""A message that came to the mailbox for bounces or for leaving: what it says, done."""

from datetime import datetime

from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.core.settings import Settings
from consult.mail.bounces import parsed, read_returned, tokens_of
from consult.mail.limits import Limits
from consult.mail.operations_bounces import Ingested, ingest_bounce
from consult.mailings.list_links import find_subscriber
from consult.mailings.models import LeavingScope, LeavingWay
from consult.mailings.models_lists import ListLeavingScope
from consult.mailings.operations_leaving import leave_mails
from consult.mailings.operations_lists_leaving import leave_list


def take_message(db: Session, raw: bytes, settings: Settings, *, recipient: str = "", now: datetime) -> Ingested:
    """Do what a message says, if it came to an address of ours with a token of ours. May be done again: it changes nothing more.

    `recipient` is the envelope's, where the mail server tells it. Returns what it was.
    Records what `ingest_bounce` records; leaving is its reader's own act.
    """
    leaving = _leave_tokens(raw, settings.leave_address, recipient)
    if not leaving:
        returned = read_returned(raw, settings.bounce_address, recipient=recipient)
        return ingest_bounce(db, returned, now=now, limits=Limits.of(settings))
    left = [token for token in leaving if _leave(db, token, now=now)]
    return Ingested.LEFT if left else Ingested.NOT_OURS


def _leave(db: Session, token: str, *, now: datetime) -> bool:
    """Leave what the mail with a token was about: a consultation, or a list. Returns whether it is a token of ours."""
    leaver, subscription = doors.find_leaver(db, token), find_subscriber(db, token)
    if leaver is not None:
        leave_mails(db, leaver, LeavingScope.CONSULTATION, way=LeavingWay.MAIL, now=now)
    if subscription is not None:
        leave_list(db, subscription, ListLeavingScope.LIST, way=LeavingWay.MAIL, now=now)
    return leaver is not None or subscription is not None


def _leave_tokens(raw: bytes, mailbox: str, recipient: str) -> tuple[str, ...]:
    """The tokens of a mail that somebody sent to the mailbox for leaving; none of an answer that a machine gave. RFC 3834."""
    message = parsed(raw)
    if message is None or str(message.get("Auto-Submitted", "no")).strip().lower() != "no":
        return ()
    return tokens_of(message, mailbox, recipient=recipient)
