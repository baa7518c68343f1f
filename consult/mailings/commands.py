"""What `consult mail ingest` does: take a message that a mail server hands over, to the mailbox for bounces or for leaving."""

import click
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from consult.consultations import doors
from consult.core import clock
from consult.core.db import writing
from consult.core.settings import Settings
from consult.mail.bounces import Returned, parsed, read_returned, tokens_of
from consult.mail.operations_bounces import Ingested, ingest_bounce
from consult.mailings.list_links import find_subscriber
from consult.mailings.models import LeavingScope, LeavingWay
from consult.mailings.models_lists import ListLeavingScope
from consult.mailings.operations_leaving import leave_mails
from consult.mailings.operations_lists_leaving import leave_list

TRY_LATER = 75  # EX_TEMPFAIL: the mail server keeps the message and comes again

SAID = {
    Ingested.NOT_OURS: "It has no token of a mail of ours: nothing done.",
    Ingested.NO_BOUNCE: "It says nothing of the address: nothing done.",
    Ingested.NOTED: "Noted.",
    Ingested.SUPPRESSED: "Noted: nothing more goes to this address.",
}


def ingest(settings: Settings, raw: bytes, *, recipient: str = "") -> int:
    """Take one message. Prints what it was, without a word of it. Returns the exit code: 0, or "try later" for a fault of ours."""
    leaving = _leave_tokens(raw, settings.leave_address, recipient)
    returned = Returned(()) if leaving else read_returned(raw, settings.bounce_address, recipient=recipient)
    try:
        with writing() as db:
            if leaving:
                said = "Left." if [token for token in leaving if _leave(db, token)] else SAID[Ingested.NOT_OURS]
            else:
                said = SAID[ingest_bounce(db, returned, now=clock.now())]
    except OperationalError:
        click.echo("The database cannot be reached. Try later.", err=True)
        return TRY_LATER
    click.echo(said)
    return 0


def _leave(db: Session, token: str) -> bool:
    """Leave what the mail with a token was about: a consultation, or a list. Returns whether it is a token of ours."""
    leaver, subscription = doors.find_leaver(db, token), find_subscriber(db, token)
    if leaver is not None:
        leave_mails(db, leaver, LeavingScope.CONSULTATION, way=LeavingWay.MAIL, now=clock.now())
    if subscription is not None:
        leave_list(db, subscription, ListLeavingScope.LIST, way=LeavingWay.MAIL, now=clock.now())
    return leaver is not None or subscription is not None


def _leave_tokens(raw: bytes, mailbox: str, recipient: str) -> tuple[str, ...]:
    """The tokens of a mail that somebody sent to the mailbox for leaving; none of an answer that a machine gave. RFC 3834."""
    message = parsed(raw)
    if message is None or str(message.get("Auto-Submitted", "no")).strip().lower() != "no":
        return ()
    return tokens_of(message, mailbox, recipient=recipient)
