"""What `consult mail ingest` and `consult mail fetch` do: take messages that came to the mailbox for bounces or for leaving."""

import click
from sqlalchemy.exc import OperationalError

from consult.core import clock
from consult.core.db import writing
from consult.core.settings import Settings
from consult.mail.imap import TROUBLE
from consult.mail.operations_bounces import Ingested
from consult.mailings.fetching import fetch_messages
from consult.mailings.operations_ingest import take_message

TRY_LATER = 75  # EX_TEMPFAIL: the mail server keeps the message and comes again

SAID = {
    Ingested.LEFT: "Left.",
    Ingested.ASKED: "Asked.",
    Ingested.NOT_OURS: "It has no token of a mail of ours: nothing done.",
    Ingested.NO_BOUNCE: "It says nothing of the address: nothing done.",
    Ingested.NOTED: "Noted.",
    Ingested.SUPPRESSED: "Noted: nothing more goes to this address.",
}


def ingest(settings: Settings, raw: bytes, *, recipient: str = "") -> int:
    """Take one message. Prints what it was, without a word of it. Returns the exit code: 0, or "try later" for a fault of ours."""
    try:
        with writing() as db:
            taken = take_message(db, raw, settings, recipient=recipient, now=clock.now())
    except OperationalError:
        click.echo("The database cannot be reached. Try later.", err=True)
        return TRY_LATER
    click.echo(SAID[taken])
    return 0


def fetch(settings: Settings) -> int:
    """Take what waits in the mailbox. Prints how many messages were what. Returns the exit code: 0, 2 without a mailbox, or 75."""
    if not settings.imap_host:
        click.echo("imap_host is empty: there is no mailbox to fetch from.", err=True)
        return 2
    try:
        counts = fetch_messages(settings)
    except TROUBLE as problem:
        click.echo(f"The mailbox cannot be read: {problem}", err=True)
        return TRY_LATER
    except OperationalError:
        click.echo("The database cannot be reached. Try later.", err=True)
        return TRY_LATER
    for taken, number in counts.items():
        words = SAID[taken] if taken else "It cannot be read: marked in the mailbox for you to look at."
        click.echo(f"{number}  {words}")
    if not counts:
        click.echo("Nothing new.")
    return 0
